//! Text to token ids and back, from the keys of a GGUF file.
//!
//! ```text
//! text ─► special tokens cut out ─► byte-level BPE (gpt2)      ─► ids
//!                                └► merges by score (llama)
//! ```
//!
//! The ids equal llama.cpp's, since what one engine tokenized another one
//! decodes. Nothing is added to a text: whether a beginning-of-sequence token
//! belongs before a prompt is the caller's to ask ([`Tokenizer::bos_to_add`]).

mod byte_alphabet;
mod vocabulary;
mod special;
mod pre_tokenizer;
mod byte_level;
mod scored;
mod mixed_text;

use crate::gguf::{Gguf, GgufError};
pub(crate) use byte_alphabet::char_of_byte;
use byte_level::ByteLevel;
#[doc(hidden)]
pub use mixed_text::mixed_text;
use scored::Scored;
use special::{Fragment, SpecialTokens};
use vocabulary::TokenTable;

/// Whether text may spell control tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// Control tokens in the text are just text: for everything that a user, a
    /// world or a model wrote.
    ///
    /// Tokens that the file calls user-defined are matched all the same, as in
    /// llama.cpp: they are words, not commands.
    Text,
    /// Control tokens in the text are those tokens: for a template's own text.
    Parse,
}

/// Where a text stands, for vocabularies that begin a sequence with a space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// At the beginning of a sequence or right after a control token.
    Start,
    /// After other text, whose tokens stay as they are.
    Continuation,
}

/// Why a file gives no tokenizer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenizerError {
    /// A key is missing or holds what it must not.
    #[error("the tokenizer's keys are incomplete")]
    Keys(#[from] GgufError),
    /// The kind of tokenizer is not read here.
    #[error("tokenizer.ggml.model: expected gpt2 or llama, found {found}")]
    UnknownModel {
        /// What the file says.
        found: String,
    },
    /// The rule that splits text into words is not known here.
    #[error("tokenizer.ggml.pre: {found} is not supported (supported: {supported})")]
    UnknownPreTokenizer {
        /// What the file says.
        found: String,
        /// What would be understood.
        supported: String,
    },
    /// Two keys do not agree, or one with itself.
    #[error("{key}: expected {expected}, found {found}")]
    Inconsistent {
        /// The key.
        key: &'static str,
        /// The expected value.
        expected: String,
        /// The value found.
        found: String,
    },
    /// The word splitter or the merges could not be built.
    #[error("the merges make no tokenizer: {0}")]
    Merges(String),
    /// The search for special tokens could not be built.
    #[error("the special tokens make no search: {0}")]
    SpecialTokens(String),
}

/// A tokenizer that gives llama.cpp's ids.
pub struct Tokenizer {
    vocabulary: TokenTable,
    special: SpecialTokens,
    words: Words,
}

enum Words {
    ByteLevel(Box<ByteLevel>),
    Scored(Scored),
}

impl Tokenizer {
    /// Builds the tokenizer that the file's `tokenizer.ggml` keys describe.
    pub fn from_gguf(gguf: &Gguf) -> Result<Self, TokenizerError> {
        let vocabulary = TokenTable::from_gguf(gguf)?;
        let words = match gguf.required_text("tokenizer.ggml.model")? {
            "gpt2" => Words::ByteLevel(Box::new(ByteLevel::from_gguf(gguf, &vocabulary)?)),
            "llama" => Words::Scored(Scored::from_gguf(gguf, &vocabulary)?),
            other => return Err(TokenizerError::UnknownModel { found: other.to_owned() }),
        };
        let special = SpecialTokens::new(&vocabulary)?;
        Ok(Self { vocabulary, special, words })
    }

    /// The ids of a text that begins a sequence or follows a control token.
    pub fn encode(&self, text: &str, mode: Special) -> Vec<u32> {
        self.encode_at(text, mode, Position::Start)
    }

    /// The ids of a text at `position`.
    ///
    /// The position matters only to vocabularies with `add_space_prefix`
    /// (Llama 2, not Gemma): they see a space before a text at the start and
    /// after each control token.
    pub fn encode_at(&self, text: &str, mode: Special, position: Position) -> Vec<u32> {
        let mut ids = Vec::new();
        let mut position = position;
        for fragment in self.special.partition(text, mode) {
            match fragment {
                Fragment::Token(id) => {
                    ids.push(id);
                    position = Position::Start;
                }
                Fragment::Text(text) => {
                    match &self.words {
                        Words::ByteLevel(words) => words.encode(text, &mut ids),
                        Words::Scored(words) => {
                            words.encode(&self.vocabulary, text, position, &mut ids);
                        }
                    }
                    position = Position::Continuation;
                }
            }
        }
        ids
    }

    /// The token that belongs before every prompt, where the file wants one.
    pub fn bos_to_add(&self) -> Option<u32> {
        self.vocabulary.bos.filter(|_| self.vocabulary.add_bos)
    }

    /// The beginning-of-sequence token, added or not.
    pub fn bos(&self) -> Option<u32> {
        self.vocabulary.bos
    }

    /// The end-of-sequence token.
    pub fn eos(&self) -> Option<u32> {
        self.vocabulary.eos
    }

    /// The tokens at which generation stops, ascending: llama.cpp's rule.
    pub fn end_of_generation(&self) -> &[u32] {
        &self.vocabulary.end_of_generation
    }

    /// The raw bytes of a token; none for control tokens and unknown ids.
    ///
    /// The bytes of one token need not be whole characters.
    pub fn token_bytes(&self, id: u32) -> &[u8] {
        self.vocabulary.bytes(id)
    }

    /// The token as the file spells it, control tokens too; none for unknown ids.
    pub fn token_text(&self, id: u32) -> Option<&str> {
        self.vocabulary.text(id)
    }

    /// The id of a token spelled as in the file.
    pub fn token_id(&self, text: &str) -> Option<u32> {
        self.vocabulary.id(text)
    }

    /// The bytes of many tokens, one after the other.
    ///
    /// A space that [`Position::Start`] put before the text is kept.
    pub fn decode(&self, ids: &[u32]) -> Vec<u8> {
        ids.iter().flat_map(|&id| self.token_bytes(id)).copied().collect()
    }

    /// As [`Tokenizer::decode`], with U+FFFD for what is not UTF-8.
    pub fn decode_lossy(&self, ids: &[u32]) -> String {
        String::from_utf8_lossy(&self.decode(ids)).into_owned()
    }

    /// How many tokens there are; ids are below this.
    pub fn vocabulary_len(&self) -> usize {
        self.vocabulary.len()
    }

    /// Whether the token commands the model instead of saying something.
    pub fn is_control(&self, id: u32) -> bool {
        self.vocabulary.is_control(id)
    }
}

impl std::fmt::Debug for Tokenizer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.words {
            Words::ByteLevel(_) => "byte-level",
            Words::Scored(_) => "scored",
        };
        write!(formatter, "Tokenizer({kind}, {} tokens)", self.vocabulary_len())
    }
}
