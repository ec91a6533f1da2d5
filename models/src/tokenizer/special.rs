//! Special tokens cut out of text, in llama.cpp's order: the longest first,
//! wherever it stands, then the next longest in what is left.
//!
//! That differs from a search for the leftmost token, which the `tokenizers`
//! crate makes, where spellings overlap.

use aho_corasick::AhoCorasick;

use super::vocabulary::TokenTable;
use super::{Special, TokenizerError};

/// A stretch of text, or a token that stood there.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fragment<'a> {
    Text(&'a str),
    Token(u32),
}

struct SpecialToken {
    id: u32,
    text: String,
    /// Whether it is found only in text that may spell commands.
    command: bool,
}

pub(super) struct SpecialTokens {
    /// The longest first; of the same length, the smaller id first.
    tokens: Vec<SpecialToken>,
    /// Says in one pass which tokens occur at all: there may be thousands.
    occurring: AhoCorasick,
}

impl SpecialTokens {
    pub(super) fn new(vocabulary: &TokenTable) -> Result<Self, TokenizerError> {
        let mut tokens: Vec<SpecialToken> = (0u32..)
            .zip(vocabulary.texts())
            .filter(|&(id, _)| vocabulary.is_command(id) || vocabulary.is_user_defined(id))
            .map(|(id, text)| SpecialToken {
                id,
                text: text.clone(),
                command: vocabulary.is_command(id),
            })
            .collect();
        tokens.sort_by_key(|token| std::cmp::Reverse(token.text.len()));
        let occurring = AhoCorasick::new(tokens.iter().map(|token| &token.text))
            .map_err(|error| TokenizerError::SpecialTokens(error.to_string()))?;
        Ok(Self { tokens, occurring })
    }

    pub(super) fn partition<'a>(&self, text: &'a str, mode: Special) -> Vec<Fragment<'a>> {
        let mut fragments = if text.is_empty() { vec![] } else { vec![Fragment::Text(text)] };
        for token in self.tokens_in(text) {
            if token.command && mode == Special::Text {
                continue;
            }
            fragments = fragments.into_iter().flat_map(|part| cut(part, token)).collect();
        }
        fragments
    }

    /// The tokens that occur in the text, the longest first.
    fn tokens_in(&self, text: &str) -> impl Iterator<Item = &SpecialToken> {
        let mut found = Vec::new();
        let mut seen = vec![false; self.tokens.len()];
        for occurrence in self.occurring.find_overlapping_iter(text) {
            let index = occurrence.pattern().as_usize();
            if !std::mem::replace(&mut seen[index], true) {
                found.push(index);
            }
        }
        found.sort_unstable();
        found.into_iter().map(|index| &self.tokens[index])
    }
}

fn cut<'a>(fragment: Fragment<'a>, token: &SpecialToken) -> Vec<Fragment<'a>> {
    let Fragment::Text(mut rest) = fragment else { return vec![fragment] };
    let mut parts = Vec::new();
    while let Some(start) = rest.find(&token.text) {
        if start > 0 {
            parts.push(Fragment::Text(&rest[..start]));
        }
        parts.push(Fragment::Token(token.id));
        rest = &rest[start + token.text.len()..];
    }
    if !rest.is_empty() {
        parts.push(Fragment::Text(rest));
    }
    parts
}
