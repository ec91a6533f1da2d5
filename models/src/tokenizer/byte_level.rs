//! Byte-level BPE, as GPT-2 made it: the `tokenizers` crate, set up as
//! llama.cpp reads a file.

use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::pre_tokenizers::byte_level::ByteLevel as ByteAlphabet;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{
    DecoderWrapper, NormalizerWrapper, PostProcessorWrapper, SplitDelimiterBehavior, TokenizerImpl,
};

use super::vocabulary::TokenTable;
use super::{TokenizerError, pre_tokenizer};
use crate::gguf::Gguf;

type Inner = TokenizerImpl<BPE, NormalizerWrapper, Sequence, PostProcessorWrapper, DecoderWrapper>;

/// No token of a vocabulary is spelled like this: a byte-level one has no NUL.
const MISSING: &str = "\0missing\0";

pub(super) struct ByteLevel {
    inner: Inner,
    /// The id of a byte that no token spells. It stands between its neighbors,
    /// so that they do not merge, and is left out in the end.
    missing: u32,
}

impl ByteLevel {
    pub(super) fn from_gguf(gguf: &Gguf, tokens: &TokenTable) -> Result<Self, TokenizerError> {
        let rule = pre_tokenizer::named(gguf.text("tokenizer.ggml.pre"))?;
        let missing = u32::try_from(tokens.len()).map_err(unbuilt)?;
        let mut vocabulary: Vocab = tokens.texts().iter().cloned().zip(0..).collect();
        vocabulary.insert(MISSING.to_owned(), missing);
        let model = BPE::builder()
            .vocab_and_merges(vocabulary, merges(gguf)?)
            .unk_token(MISSING.to_owned())
            .fuse_unk(false)
            // Its cache lies in each thread that encodes, and outlives the tokenizer.
            .cache_capacity(0)
            .ignore_merges(rule.whole_words)
            .build()
            .map_err(unbuilt)?;
        let mut steps = Vec::new();
        for &pattern in rule.patterns {
            let pattern = SplitPattern::Regex(pattern.to_owned());
            let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false);
            steps.push(split.map_err(unbuilt)?.into());
        }
        steps.push(ByteAlphabet::new(false, false, false).into());
        let mut inner = Inner::new(model);
        inner.with_pre_tokenizer(Some(Sequence::new(steps)));
        Ok(Self { inner, missing })
    }

    pub(super) fn encode(&self, text: &str, ids: &mut Vec<u32>) {
        if let Ok(encoding) = self.inner.encode_fast(text, false) {
            ids.extend(encoding.get_ids().iter().filter(|&&id| id != self.missing));
            return;
        }
        // Only the regex engine can give up, on text that it backtracks over too
        // often. Half the text halves that; a single character never gets there.
        let middle = text.floor_char_boundary(text.len() / 2);
        if middle > 0 {
            self.encode(&text[..middle], ids);
            self.encode(&text[middle..], ids);
        }
    }
}

fn unbuilt(error: impl std::fmt::Display) -> TokenizerError {
    TokenizerError::Merges(error.to_string())
}

/// The merges in the order of their ranks; of a pair that stands twice, the first.
fn merges(gguf: &Gguf) -> Result<Vec<(String, String)>, TokenizerError> {
    let lines = gguf.required_texts("tokenizer.ggml.merges")?;
    let mut seen = std::collections::HashSet::with_capacity(lines.len());
    let mut merges = Vec::with_capacity(lines.len());
    for line in lines.iter().filter(|line| seen.insert(line.as_str())) {
        // A token may begin with a space, but then it is not a space alone.
        let first_bytes = line.chars().next().map_or(0, char::len_utf8);
        let Some(space) = line[first_bytes..].find(' ') else {
            return Err(TokenizerError::Inconsistent {
                key: "tokenizer.ggml.merges",
                expected: "two tokens with a space between".to_owned(),
                found: format!("{line:?}"),
            });
        };
        let (left, right) = line.split_at(first_bytes + space);
        merges.push((left.to_owned(), right[1..].to_owned()));
    }
    Ok(merges)
}
