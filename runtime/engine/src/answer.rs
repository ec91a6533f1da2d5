//! An answer while it is generated: its tokens, their bytes, and stop texts.

use runtime_core::model::{StopReason, Token};

/// The answer so far.
#[derive(Debug)]
pub(crate) struct PartialAnswer {
    /// The tokens, the one that ended the answer included.
    pub(crate) tokens: Vec<Token>,
    bytes: Vec<u8>,
    stops: Vec<Vec<u8>>,
    /// Number of bytes that [`PartialAnswer::fresh_text`] has returned.
    streamed: usize,
    /// The text's length, once a stop text was generated.
    cut: Option<usize>,
}

impl PartialAnswer {
    /// An empty answer that ends before any of `stops`; empty ones are ignored.
    pub(crate) fn new(stops: &[String]) -> Self {
        let stops =
            stops.iter().filter(|stop| !stop.is_empty()).map(|stop| stop.as_bytes().to_vec());
        Self {
            tokens: Vec::new(),
            bytes: Vec::new(),
            stops: stops.collect(),
            streamed: 0,
            cut: None,
        }
    }

    /// Adds a token with its `bytes`; returns a reason if a stop text was generated.
    ///
    /// The text then ends before the stop text. Tokens inside the stop text are
    /// dropped. A token across its beginning also belongs to the text and stays, so
    /// `tokens` covers the text and may exceed it by a part of one token.
    pub(crate) fn push(&mut self, token: Token, bytes: &[u8]) -> Option<StopReason> {
        let before = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.tokens.push(token);
        let cut = self.stop_from(before)?;
        self.cut = Some(cut);
        if cut <= before {
            self.tokens.pop();
        }
        Some(StopReason::StopText)
    }

    /// The start of the first stop text that ends after `before`.
    fn stop_from(&self, before: usize) -> Option<usize> {
        let positions = self.stops.iter().filter_map(|stop| {
            let start = before.saturating_sub(stop.len() - 1);
            let tail = &self.bytes[start..];
            tail.windows(stop.len()).position(|window| window == stop).map(|at| start + at)
        });
        positions.min()
    }

    /// Drops the tokens that begin after the cut; `length` is the number of bytes
    /// of a token.
    pub(crate) fn drop_tokens_behind_the_cut(&mut self, length: impl Fn(u32) -> usize) {
        let Some(cut) = self.cut else { return };
        let mut start = 0;
        let covered = self.tokens.iter().take_while(|token| {
            let begins_before = start < cut;
            start += length(token.id);
            begins_before
        });
        let count = covered.count();
        self.tokens.truncate(count);
    }

    /// The whole text, with U+FFFD for invalid UTF-8.
    pub(crate) fn text(&self) -> String {
        let end = self.cut.unwrap_or(self.bytes.len());
        String::from_utf8_lossy(&self.bytes[..end]).into_owned()
    }

    /// The text that was not returned yet and can no longer change: whole
    /// characters, and no possible beginning of a stop text.
    pub(crate) fn fresh_text(&mut self) -> String {
        let end = self.cut.unwrap_or_else(|| self.bytes.len() - self.held_back());
        let fresh = self.bytes.get(self.streamed..end).unwrap_or_default();
        let whole = match std::str::from_utf8(fresh) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => fresh.len(),
        };
        let text = String::from_utf8_lossy(&fresh[..whole]).into_owned();
        self.streamed += whole;
        text
    }

    /// Number of last bytes that may be the beginning of a stop text.
    fn held_back(&self) -> usize {
        let begun = |stop: &Vec<u8>| {
            let longest = stop.len().saturating_sub(1).min(self.bytes.len());
            (1..=longest).rev().find(|&length| self.bytes.ends_with(&stop[..length]))
        };
        self.stops.iter().filter_map(begun).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(stops: &[&str], pieces: &[&[u8]]) -> (PartialAnswer, Option<StopReason>) {
        let stops: Vec<String> = stops.iter().map(ToString::to_string).collect();
        let mut answer = PartialAnswer::new(&stops);
        let mut reason = None;
        for (id, piece) in (0_u32..).zip(pieces) {
            reason = answer.push(Token::forced(id), piece);
            if reason.is_some() {
                break;
            }
        }
        answer.drop_tokens_behind_the_cut(|id| pieces[id as usize].len());
        (answer, reason)
    }

    #[test]
    fn a_text_ends_before_its_first_stop_text() {
        let (answer, reason) = answer(&["\n", "END"], &[b"go", b" on", b"\n", b"never"]);

        assert_eq!(answer.text(), "go on");
        assert_eq!(answer.tokens.len(), 2);
        assert_eq!(reason, Some(StopReason::StopText));
    }

    #[test]
    fn a_stop_text_may_spread_over_tokens() {
        let (answer, _) = answer(&["END"], &[b"x", b"E", b"N", b"D!"]);

        assert_eq!(answer.text(), "x");
        assert_eq!(answer.tokens.len(), 1);
    }

    #[test]
    fn a_token_that_straddles_the_stop_text_is_kept() {
        let (answer, _) = answer(&["\n"], &[b"go", b".\n"]);

        assert_eq!(answer.text(), "go.");
        assert_eq!(answer.tokens.len(), 2);
    }

    #[test]
    fn a_broken_character_at_the_end_is_replaced() {
        let (answer, reason) = answer(&[], &[b"a", &[0xe2, 0x82]]);

        assert_eq!(answer.text(), "a\u{fffd}");
        assert_eq!(reason, None);
    }

    #[test]
    fn streamed_text_comes_in_whole_characters_and_never_holds_a_stop() {
        let mut answer = PartialAnswer::new(&["END".to_owned()]);
        let mut streamed = Vec::new();
        for piece in [&[0xe2_u8, 0x82][..], &[0xac], b"E", b"x", b"EN", b"D"] {
            answer.push(Token::forced(0), piece);
            streamed.push(answer.fresh_text());
        }

        assert_eq!(streamed, ["", "€", "", "Ex", "", ""]);
    }
}
