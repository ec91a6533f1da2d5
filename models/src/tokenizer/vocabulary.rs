//! The tokens of a file: their spelling, their bytes, and what they are for.
//!
//! llama.cpp finds out what a token is for from its type, from the ids that
//! keys name, and from a list of well-known spellings. So does this module.

mod spellings;

use std::collections::{BTreeSet, HashMap};

use super::TokenizerError;
use crate::gguf::{Array, Gguf, Value};
use spellings::{END_SPELLINGS, INFILL, INFILL_END, WORD_SPELLINGS};

/// What a token is for, as a set: a control-looking word is both.
#[derive(Clone, Copy)]
struct TokenKind(u8);

impl TokenKind {
    const NOTHING: Self = Self(0);
    const NORMAL: Self = Self(1);
    const UNKNOWN: Self = Self(1 << 1);
    const CONTROL: Self = Self(1 << 2);
    const USER_DEFINED: Self = Self(1 << 3);
    const BYTE: Self = Self(1 << 4);

    /// The type of `tokenizer.ggml.token_type`.
    fn from_number(number: i32) -> Self {
        match number {
            1 => Self::NORMAL,
            2 => Self::UNKNOWN,
            3 => Self::CONTROL,
            4 => Self::USER_DEFINED,
            6 => Self::BYTE,
            _ => Self::NOTHING,
        }
    }

    fn is(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

pub(super) struct TokenTable {
    texts: Vec<String>,
    ids: HashMap<String, u32>,
    kinds: Vec<TokenKind>,
    /// All tokens' bytes; token `i` has those between ends `i - 1` and `i`.
    bytes: Vec<u8>,
    ends: Vec<usize>,
    pub(super) bos: Option<u32>,
    pub(super) eos: Option<u32>,
    pub(super) add_bos: bool,
    pub(super) end_of_generation: Vec<u32>,
}

impl TokenTable {
    pub(super) fn from_gguf(gguf: &Gguf) -> Result<Self, TokenizerError> {
        let scored = gguf.text("tokenizer.ggml.model") == Some("llama");
        let texts = token_texts(gguf)?;
        let ids = index(&texts)?;
        let kinds = token_kinds(gguf, texts.len())?;
        let default = |id: u32| Some(id).filter(|&id| (id as usize) < texts.len());
        let (bos, eos) = if scored { (1, 2) } else { (11, 11) };
        let named = |key: &str, otherwise| special_id(gguf, key, texts.len()).or(otherwise);
        let bos = named("tokenizer.ggml.bos_token_id", default(bos));
        let eos = named("tokenizer.ggml.eos_token_id", default(eos));
        let llama3 = !scored && super::pre_tokenizer::adds_bos(gguf.text("tokenizer.ggml.pre"));
        let add_bos = gguf.flag("tokenizer.ggml.add_bos_token").unwrap_or(scored || llama3);
        let (bytes, ends, end_of_generation) = (Vec::new(), Vec::new(), Vec::new());
        let mut vocabulary =
            Self { texts, ids, kinds, bytes, ends, bos, eos, add_bos, end_of_generation };
        vocabulary.find_special_tokens(gguf);
        vocabulary.spell_out(scored);
        Ok(vocabulary)
    }

    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    pub(super) fn id(&self, text: &str) -> Option<u32> {
        self.ids.get(text).copied()
    }

    pub(super) fn text(&self, id: u32) -> Option<&str> {
        self.texts.get(id as usize).map(String::as_str)
    }

    pub(super) fn texts(&self) -> &[String] {
        &self.texts
    }

    pub(super) fn bytes(&self, id: u32) -> &[u8] {
        let index = id as usize;
        let Some(&end) = self.ends.get(index) else { return &[] };
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..end]
    }

    pub(super) fn is_control(&self, id: u32) -> bool {
        self.kind(id).is(TokenKind::CONTROL)
    }

    /// Whether text is searched for the token only when it may spell commands.
    pub(super) fn is_command(&self, id: u32) -> bool {
        self.kind(id).is(TokenKind::CONTROL.and(TokenKind::UNKNOWN))
    }

    pub(super) fn is_user_defined(&self, id: u32) -> bool {
        self.kind(id).is(TokenKind::USER_DEFINED)
    }

    /// The token that stands for what cannot be spelled.
    pub(super) fn unknown(&self) -> Option<u32> {
        let index = self.kinds.iter().position(|kind| kind.is(TokenKind::UNKNOWN))?;
        u32::try_from(index).ok()
    }

    fn find_special_tokens(&mut self, gguf: &Gguf) {
        let mut ends: BTreeSet<u32> = BTreeSet::new();
        for (key, spellings) in INFILL {
            self.infill_token(gguf, key, spellings);
        }
        for (key, spellings) in INFILL_END {
            ends.extend(self.infill_token(gguf, key, spellings));
        }
        for spelling in END_SPELLINGS {
            if let Some(id) = self.id(spelling) {
                self.make_control(id);
                ends.insert(id);
            }
        }
        for spelling in WORD_SPELLINGS {
            self.make_word(spelling);
        }
        ends.extend(self.eos);
        for key in ["tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"] {
            ends.extend(special_id(gguf, key, self.len()));
        }
        self.keep_harmony_end(&mut ends);
        self.end_of_generation = ends.into_iter().collect();
    }

    /// The token that a key names, or else the first spelling that is there.
    fn infill_token(&mut self, gguf: &Gguf, key: &str, spellings: &[&str]) -> Option<u32> {
        if let Some(id) = special_id(gguf, key, self.len()) {
            return Some(id);
        }
        let id = spellings.iter().find_map(|spelling| self.id(spelling))?;
        self.make_control(id);
        Some(id)
    }

    /// Vocabularies with tool calls in them use `<|end|>` inside an answer, and
    /// those with a tool response have a plain word `</s>`.
    fn keep_harmony_end(&mut self, ends: &mut BTreeSet<u32>) {
        let has =
            |ends: &BTreeSet<u32>, spelling| self.id(spelling).is_some_and(|id| ends.contains(&id));
        let call = has(ends, "<|call|>") || has(ends, "<|calls|>");
        let inside = call && (has(ends, "<|return|>") || has(ends, "<|flush|>"));
        let plain = has(ends, "<|tool_response>") || has(ends, "<|plamo:eos|>");
        if inside && let Some(id) = self.id("<|end|>") {
            ends.remove(&id);
            self.make_word("<|end|>");
        }
        if plain && let Some(id) = self.id("</s>") {
            ends.remove(&id);
            self.kinds[id as usize] = TokenKind::NORMAL;
        }
    }

    fn kind(&self, id: u32) -> TokenKind {
        self.kinds.get(id as usize).copied().unwrap_or(TokenKind::NOTHING)
    }

    fn make_control(&mut self, id: u32) {
        let kind = &mut self.kinds[id as usize];
        *kind = kind.and(TokenKind::CONTROL);
    }

    fn make_word(&mut self, spelling: &str) {
        if let Some(id) = self.id(spelling) {
            self.kinds[id as usize] = TokenKind::USER_DEFINED;
        }
    }

    /// Fills `bytes` and `ends`.
    fn spell_out(&mut self, scored: bool) {
        let byte_of = super::byte_alphabet::byte_of_char();
        for (text, kind) in self.texts.iter().zip(&self.kinds) {
            if kind.is(TokenKind::CONTROL.and(TokenKind::UNKNOWN)) {
                // They say nothing.
            } else if kind.is(TokenKind::USER_DEFINED) {
                self.bytes.extend_from_slice(text.as_bytes());
            } else if kind.is(TokenKind::BYTE) {
                self.bytes.extend(byte_of_spelling(text));
            } else if kind.is(TokenKind::NORMAL) && scored {
                self.bytes.extend_from_slice(text.replace('▁', " ").as_bytes());
            } else if kind.is(TokenKind::NORMAL) {
                for letter in text.chars() {
                    match byte_of.get(&letter) {
                        Some(&byte) => self.bytes.push(byte),
                        None => self.bytes.extend_from_slice(letter.to_string().as_bytes()),
                    }
                }
            }
            self.ends.push(self.bytes.len());
        }
    }
}

/// The byte of a token like `<0x0A>`.
fn byte_of_spelling(text: &str) -> Option<u8> {
    let digits = text.strip_prefix("<0x")?.strip_suffix('>')?;
    u8::from_str_radix(digits, 16).ok()
}

fn token_texts(gguf: &Gguf) -> Result<Vec<String>, TokenizerError> {
    let mut texts = gguf.required_texts("tokenizer.ggml.tokens")?.to_vec();
    for (id, text) in texts.iter_mut().enumerate() {
        if text.is_empty() {
            *text = format!("[EMPTY_{id}]");
        }
    }
    Ok(texts)
}

fn index(texts: &[String]) -> Result<HashMap<String, u32>, TokenizerError> {
    let key = "tokenizer.ggml.tokens";
    let mut ids = HashMap::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        let id = u32::try_from(index).map_err(|_| TokenizerError::Inconsistent {
            key,
            expected: "fewer than 2^32 tokens".to_owned(),
            found: texts.len().to_string(),
        })?;
        if let Some(before) = ids.insert(text.clone(), id) {
            let expected = format!("{text:?} once");
            let found = format!("it at {before} and {id}");
            return Err(TokenizerError::Inconsistent { key, expected, found });
        }
    }
    Ok(ids)
}

fn token_kinds(gguf: &Gguf, count: usize) -> Result<Vec<TokenKind>, TokenizerError> {
    let key = "tokenizer.ggml.token_type";
    let numbers = match gguf.get(key) {
        None => return Ok(vec![TokenKind::NORMAL; count]),
        Some(Value::Array(Array::I32(numbers))) if numbers.len() >= count => numbers,
        Some(other) => {
            let expected = format!("an array of i32, one for each of {count} tokens");
            let found = other.kind_name().to_owned();
            return Err(TokenizerError::Inconsistent { key, expected, found });
        }
    };
    Ok(numbers.iter().take(count).map(|&number| TokenKind::from_number(number)).collect())
}

fn special_id(gguf: &Gguf, key: &str, count: usize) -> Option<u32> {
    let id = gguf.unsigned(key).and_then(|id| u32::try_from(id).ok())?;
    Some(id).filter(|&id| (id as usize) < count)
}
