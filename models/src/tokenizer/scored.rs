//! Merges by score, as `SentencePiece`'s BPE and llama.cpp do it.
//!
//! Two neighbors merge where their text is a token; the best score goes first,
//! of equal ones the leftmost. The `tokenizers` crate ranks *pairs* instead, so
//! two ways to split one token never tie there, and where they overlap its ids
//! would differ. Hence this merge loop is our own.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::vocabulary::TokenTable;
use super::{Position, TokenizerError};
use crate::gguf::{Array, Gguf, Value};

pub(super) struct Scored {
    scores: Vec<f32>,
    /// A token for each byte, for characters that no token spells.
    bytes: Vec<Option<u32>>,
    space_prefix: bool,
    token_bytes_max: usize,
}

/// A stretch of the text; an empty one has been merged into its left neighbor.
#[derive(Clone, Copy)]
struct Symbol {
    start: usize,
    length: usize,
    before: Option<usize>,
    after: Option<usize>,
}

/// Two neighbors whose text is a token.
struct Merge {
    score: f32,
    left: usize,
    right: usize,
    length: usize,
}

impl Ord for Merge {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then_with(|| other.left.cmp(&self.left))
    }
}

impl PartialOrd for Merge {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Merge {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Merge {}

impl Scored {
    pub(super) fn from_gguf(gguf: &Gguf, tokens: &TokenTable) -> Result<Self, TokenizerError> {
        let scores = scores(gguf, tokens.len())?;
        let bytes = (0..=u8::MAX)
            .map(|byte| {
                let as_text = std::str::from_utf8(std::slice::from_ref(&byte)).ok();
                tokens
                    .id(&format!("<0x{byte:02X}>"))
                    .or_else(|| as_text.and_then(|text| tokens.id(text)))
            })
            .collect();
        let space_prefix = gguf.flag("tokenizer.ggml.add_space_prefix").unwrap_or(true);
        let token_bytes_max = tokens.texts().iter().map(String::len).max().unwrap_or(0);
        Ok(Self { scores, bytes, space_prefix, token_bytes_max })
    }

    pub(super) fn encode(
        &self,
        tokens: &TokenTable,
        text: &str,
        position: Position,
        ids: &mut Vec<u32>,
    ) {
        let mut escaped = String::with_capacity(text.len() + 3);
        if self.space_prefix && position == Position::Start {
            escaped.push('▁');
        }
        text.chars().for_each(|letter| escaped.push(if letter == ' ' { '▁' } else { letter }));
        let symbols = self.merge(tokens, &escaped);
        let mut next = (!symbols.is_empty()).then_some(0);
        while let Some(index) = next {
            let symbol = symbols[index];
            let spelled = &escaped[symbol.start..symbol.start + symbol.length];
            match tokens.id(spelled) {
                Some(id) => ids.push(id),
                None => ids.extend(spelled.bytes().filter_map(|byte| self.byte(tokens, byte))),
            }
            next = symbol.after;
        }
    }

    fn byte(&self, tokens: &TokenTable, byte: u8) -> Option<u32> {
        self.bytes[usize::from(byte)].or_else(|| tokens.unknown())
    }

    fn merge(&self, tokens: &TokenTable, text: &str) -> Vec<Symbol> {
        let mut symbols = characters(text);
        let mut queue = BinaryHeap::new();
        for right in 1..symbols.len() {
            queue.extend(self.candidate(tokens, text, &symbols, (right - 1, right)));
        }
        while let Some(merge) = queue.pop() {
            let (left, right) = (symbols[merge.left], symbols[merge.right]);
            let outdated = left.length == 0 || right.length == 0;
            if outdated || left.length + right.length != merge.length {
                continue;
            }
            symbols[merge.left].length = merge.length;
            symbols[merge.left].after = right.after;
            symbols[merge.right].length = 0;
            if let Some(after) = right.after {
                symbols[after].before = Some(merge.left);
                let pair = (merge.left, after);
                queue.extend(self.candidate(tokens, text, &symbols, pair));
            }
            if let Some(before) = left.before {
                let pair = (before, merge.left);
                queue.extend(self.candidate(tokens, text, &symbols, pair));
            }
        }
        symbols
    }

    fn candidate(
        &self,
        tokens: &TokenTable,
        text: &str,
        symbols: &[Symbol],
        (left, right): (usize, usize),
    ) -> Option<Merge> {
        let length = symbols[left].length + symbols[right].length;
        if length > self.token_bytes_max {
            return None;
        }
        let start = symbols[left].start;
        let id = tokens.id(&text[start..start + length])?;
        Some(Merge { score: self.scores[id as usize], left, right, length })
    }
}

fn characters(text: &str) -> Vec<Symbol> {
    let mut symbols: Vec<Symbol> = text
        .char_indices()
        .enumerate()
        .map(|(index, (start, letter))| Symbol {
            start,
            length: letter.len_utf8(),
            before: index.checked_sub(1),
            after: Some(index + 1),
        })
        .collect();
    if let Some(last) = symbols.last_mut() {
        last.after = None;
    }
    symbols
}

fn scores(gguf: &Gguf, count: usize) -> Result<Vec<f32>, TokenizerError> {
    let key = "tokenizer.ggml.scores";
    match gguf.get(key) {
        None => Ok(vec![0.0; count]),
        Some(Value::Array(Array::F32(scores))) if scores.len() >= count => Ok(scores.clone()),
        Some(other) => Err(TokenizerError::Inconsistent {
            key,
            expected: format!("an array of f32, one for each of {count} tokens"),
            found: other.kind_name().to_owned(),
        }),
    }
}
