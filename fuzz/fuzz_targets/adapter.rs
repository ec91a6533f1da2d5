//! An adapter's file: its pairs of factors.
#![no_main]

use libfuzzer_sys::fuzz_target;
use models::adapter::Adapter;
use models::gguf::Gguf;

fuzz_target!(|bytes: &[u8]| {
    let Ok(gguf) = Gguf::from_bytes("fuzz", bytes.to_vec()) else { return };
    let Ok(adapter) = Adapter::from_gguf(gguf) else { return };
    // Types that llama.cpp reads and we do not are an error.
    let Ok(pairs) = adapter.pairs() else { return };
    for pair in pairs {
        let rank = pair.target.rank;
        assert_eq!(pair.a.len() as u64, rank * pair.target.inputs);
        assert_eq!(pair.b.len() as u64, rank * pair.target.outputs);
    }
});
