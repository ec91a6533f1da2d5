//! A model's file: metadata, tensors, numbers, tokenizer and chat template.
#![no_main]

use libfuzzer_sys::fuzz_target;
use models::blocks::dequantize;
use models::gguf::Gguf;
use models::tokenizer::Special;
use models::vocabulary::Vocabulary;

/// More numbers at a time would only be slower.
const ELEMENTS_MAX: u64 = 1 << 16;

fuzz_target!(|bytes: &[u8]| {
    let Ok(gguf) = Gguf::from_bytes("fuzz", bytes.to_vec()) else { return };
    for tensor in gguf.tensors() {
        let stored = gguf.tensor_bytes(&tensor.name).expect("a tensor of the table has bytes");
        if tensor.elements() <= ELEMENTS_MAX {
            let mut values = vec![0.0; tensor.elements() as usize];
            let _ = dequantize(tensor.kind, stored, &mut values);
        }
    }
    if let Ok(vocabulary) = Vocabulary::from_gguf(&gguf) {
        let ids = vocabulary.tokenizer.encode("a door <|im_end|> \u{1f6aa}", Special::Parse);
        let _ = vocabulary.tokenizer.decode(&ids);
    }
});
