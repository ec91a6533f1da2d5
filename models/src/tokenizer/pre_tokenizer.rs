//! How text is split into words before merging, by the file's `tokenizer.ggml.pre`.
//!
//! The patterns are those that llama.cpp uses for these names. They are applied
//! in turn, each to what the ones before left; what no pattern matches is a
//! word of its own.

use super::TokenizerError;

const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)";
const LLAMA3: &str = r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN2: &str = r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN35: &str = r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// A rule for words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PreTokenizer {
    /// Applied in turn.
    pub(super) patterns: &'static [&'static str],
    /// Whether a word that is a token is that token, however merges go.
    pub(super) whole_words: bool,
}

struct Family {
    names: &'static [&'static str],
    rule: PreTokenizer,
}

const FAMILIES: [Family; 6] = [
    Family {
        names: &["default"],
        rule: PreTokenizer {
            patterns: &[r"[\p{P}\$\+<=>\^~\|]+", GPT2, r"\p{N}+", r"[0-9][0-9][0-9]"],
            whole_words: false,
        },
    },
    Family {
        names: &["gpt-2", "phi-2", "mpt", "olmo", "mellum", "exaone4", "a.x-4.0", "trillion"],
        rule: PreTokenizer { patterns: &[GPT2], whole_words: false },
    },
    Family {
        names: &["smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"],
        rule: PreTokenizer { patterns: &[r"\p{N}", GPT2], whole_words: false },
    },
    Family {
        names: &["qwen2", "deepseek-r1-qwen", "stablelm2", "hunyuan", "megrez", "kormo"],
        rule: PreTokenizer { patterns: &[QWEN2], whole_words: false },
    },
    Family { names: &["qwen35"], rule: PreTokenizer { patterns: &[QWEN35], whole_words: false } },
    Family { names: LLAMA3_NAMES, rule: PreTokenizer { patterns: &[LLAMA3], whole_words: true } },
];

const LLAMA3_NAMES: &[&str] = &["llama3", "llama-v3", "llama-bpe", "falcon3", "lfm2", "pixtral"];

/// The rule of that name; a file without one has the rule `default`.
pub(super) fn named(name: Option<&str>) -> Result<PreTokenizer, TokenizerError> {
    let name = name.unwrap_or("default");
    let family = FAMILIES.iter().find(|family| family.names.contains(&name));
    family.map(|family| family.rule).ok_or_else(|| {
        let names: Vec<&str> = FAMILIES.iter().flat_map(|family| family.names).copied().collect();
        let (found, supported) = (name.to_owned(), names.join(", "));
        TokenizerError::UnknownPreTokenizer { found, supported }
    })
}

/// Whether files with this rule want a beginning-of-sequence token unless they
/// say otherwise.
pub(super) fn adds_bos(name: Option<&str>) -> bool {
    name.is_some_and(|name| LLAMA3_NAMES.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_rule_is_an_error_that_lists_the_known_ones() {
        let message = named(Some("klingon")).unwrap_err().to_string();

        assert!(message.contains("klingon is not supported"), "{message}");
        assert!(message.contains("smollm") && message.contains("llama-bpe"), "{message}");
    }

    #[test]
    fn only_llama_3_wants_a_first_token_unasked() {
        assert!(adds_bos(Some("llama-bpe")));
        assert!(!adds_bos(Some("smollm")));
        assert!(!adds_bos(None));
    }
}
