//! Our tokenizer gives llama.cpp's ids.

use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use models::gguf::Gguf;
use models::tokenizer::{Special, Tokenizer, mixed_text};

use tests_needs::{GEMMA, SMOLLM2, weights};

use crate::support::Tiny;

const TEXT_BYTES: usize = 1 << 20;
/// Each piece is compared by itself, as prompts are tokenized.
const PIECE_CHARACTERS: usize = 4000;

#[test]
fn a_megabyte_of_mixed_text_has_the_same_ids() {
    // Any engine makes llama.cpp ready and sends its log away.
    let _engine = Tiny::new();
    let text: Vec<char> = mixed_text(1, TEXT_BYTES).chars().collect();
    for name in [SMOLLM2, GEMMA] {
        let Some(path) = weights(name) else { continue };
        let ours = Tokenizer::from_gguf(&Gguf::open(&path).unwrap()).unwrap();
        let params = LlamaModelParams::default().with_vocab_only(true);
        let backend = std::mem::ManuallyDrop::new(LlamaBackend {});
        let theirs = LlamaModel::load_from_file(&backend, &path, &params).unwrap();

        for piece in text.chunks(PIECE_CHARACTERS) {
            let piece: String = piece.iter().collect();
            for special in [Special::Text, Special::Parse] {
                let parse = special == Special::Parse;
                let expected = theirs.vocab().tokenize(piece.as_bytes(), false, parse);
                let expected: Vec<u32> =
                    expected.into_iter().map(|token| token.0.cast_unsigned()).collect();

                assert!(ours.encode(&piece, special) == expected, "{name}, {special:?}: {piece}");
            }
        }
    }
}
