//! Blocks: to the bit what llama.cpp's reference makes of them.
//!
//! `tests/blocks/record.py` recorded the expected numbers from llama.cpp.

use models::blocks::{BlockError, dequantize, quantize};
use models::gguf::GgmlType;
use proptest::prelude::*;

const READ: [GgmlType; 13] = [
    GgmlType::F32,
    GgmlType::F16,
    GgmlType::BF16,
    GgmlType::Q4_0,
    GgmlType::Q4_1,
    GgmlType::Q5_0,
    GgmlType::Q5_1,
    GgmlType::Q8_0,
    GgmlType::Q2_K,
    GgmlType::Q3_K,
    GgmlType::Q4_K,
    GgmlType::Q5_K,
    GgmlType::Q6_K,
];
const WRITTEN: [GgmlType; 5] =
    [GgmlType::F32, GgmlType::F16, GgmlType::BF16, GgmlType::Q4_0, GgmlType::Q8_0];
/// How many values each recording has.
const VALUES: usize = 1536;

fn stored_bytes(ggml_type: GgmlType, values: usize) -> usize {
    ggml_type.tensor_bytes(&[values as u64]).unwrap().try_into().unwrap()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let (words, []) = bytes.as_chunks() else { panic!("the recording is cut") };
    words.iter().map(|&word| f32::from_le_bytes(word)).collect()
}

/// What is not a number has no bits that machines agree on.
fn bits(value: f32) -> u32 {
    if value.is_nan() { f32::NAN.to_bits() } else { value.to_bits() }
}

fn check_dequantized(ggml_type: GgmlType, recording: &[u8]) {
    let (blocks, expected) = recording.split_at(stored_bytes(ggml_type, VALUES));
    let mut values = vec![0.0; VALUES];
    dequantize(ggml_type, blocks, &mut values).unwrap();
    for (index, (value, expected)) in values.into_iter().zip(floats(expected)).enumerate() {
        assert_eq!(bits(value), bits(expected), "{ggml_type} {index}: {value} for {expected}");
    }
}

fn check_quantized(ggml_type: GgmlType, recording: &[u8]) {
    let (values, expected) = recording.split_at(4 * VALUES);
    let mut blocks = vec![0; expected.len()];
    quantize(ggml_type, &floats(values), &mut blocks).unwrap();
    for (index, (byte, expected)) in blocks.iter().zip(expected).enumerate() {
        assert_eq!(byte, expected, "{ggml_type} byte {index}");
    }
}

#[test]
fn blocks_stand_for_the_numbers_that_llama_cpp_reads() {
    check_dequantized(GgmlType::F32, include_bytes!("../blocks/f32.bin"));
    check_dequantized(GgmlType::F16, include_bytes!("../blocks/f16.bin"));
    check_dequantized(GgmlType::BF16, include_bytes!("../blocks/bf16.bin"));
    check_dequantized(GgmlType::Q4_0, include_bytes!("../blocks/q4_0.bin"));
    check_dequantized(GgmlType::Q4_1, include_bytes!("../blocks/q4_1.bin"));
    check_dequantized(GgmlType::Q5_0, include_bytes!("../blocks/q5_0.bin"));
    check_dequantized(GgmlType::Q5_1, include_bytes!("../blocks/q5_1.bin"));
    check_dequantized(GgmlType::Q8_0, include_bytes!("../blocks/q8_0.bin"));
    check_dequantized(GgmlType::Q2_K, include_bytes!("../blocks/q2_k.bin"));
    check_dequantized(GgmlType::Q3_K, include_bytes!("../blocks/q3_k.bin"));
    check_dequantized(GgmlType::Q4_K, include_bytes!("../blocks/q4_k.bin"));
    check_dequantized(GgmlType::Q5_K, include_bytes!("../blocks/q5_k.bin"));
    check_dequantized(GgmlType::Q6_K, include_bytes!("../blocks/q6_k.bin"));
}

#[test]
fn numbers_are_rounded_as_llama_cpp_rounds_them() {
    check_quantized(GgmlType::F32, include_bytes!("../blocks/f32.quantized.bin"));
    check_quantized(GgmlType::F16, include_bytes!("../blocks/f16.quantized.bin"));
    check_quantized(GgmlType::BF16, include_bytes!("../blocks/bf16.quantized.bin"));
    check_quantized(GgmlType::Q4_0, include_bytes!("../blocks/q4_0.quantized.bin"));
    check_quantized(GgmlType::Q8_0, include_bytes!("../blocks/q8_0.quantized.bin"));
}

#[test]
fn lengths_that_do_not_belong_together_are_refused() {
    let mut values = [0.0; 32];
    let told = dequantize(GgmlType::Q4_0, &[0; 17], &mut values).unwrap_err().to_string();

    assert_eq!(told, "17 bytes of Q4_0 are not whole blocks of 32 values");
    assert!(dequantize(GgmlType::Q4_0, &[0; 18], &mut values[..31]).is_err());
    assert!(dequantize(GgmlType::Q4_K, &[0; 18], &mut values).is_err());
    assert!(quantize(GgmlType::Q8_0, &values, &mut [0; 35]).is_err());
    assert_eq!(dequantize(GgmlType::Q6_K, &[], &mut []), Ok(()));
}

#[test]
fn other_types_are_refused_by_name() {
    let read = dequantize(GgmlType::IQ4_NL, &[0; 18], &mut [0.0; 32]);
    let written = quantize(GgmlType::Q4_K, &[0.0; 256], &mut [0; 144]);

    assert_eq!(read, Err(BlockError::NotDequantized(GgmlType::IQ4_NL)));
    assert_eq!(written.unwrap_err().to_string(), "Q4_K cannot be quantized to");
}

proptest! {
    #[test]
    fn no_bytes_panic(which in 0..READ.len(), bytes in proptest::collection::vec(any::<u8>(), 0..500)) {
        let ggml_type = READ[which];
        let blocks = bytes.len() / usize::try_from(ggml_type.block_bytes()).unwrap();
        let values = blocks * usize::try_from(ggml_type.block_elements()).unwrap();
        let _ = dequantize(ggml_type, &bytes, &mut vec![0.0; values]);
        let whole = &bytes[..stored_bytes(ggml_type, values)];
        dequantize(ggml_type, whole, &mut vec![0.0; values]).unwrap();
    }

    #[test]
    fn no_values_panic(which in 0..WRITTEN.len(), words in proptest::array::uniform32(any::<u32>())) {
        let ggml_type = WRITTEN[which];
        let mut bytes = vec![0; stored_bytes(ggml_type, 32)];
        quantize(ggml_type, &words.map(f32::from_bits), &mut bytes).unwrap();
        dequantize(ggml_type, &bytes, &mut [0.0; 32]).unwrap();
    }
}
