//! GGUF files: what is written is read, and hostile bytes are errors.

use models::gguf::{Array, GgmlType, Gguf, GgufError, NewTensor, Value, encode};
use models::shape::Shape;
use proptest::prelude::*;

#[test]
fn manifests_say_the_shapes_of_their_files() {
    for manifest in models::manifest::catalog() {
        let Some(path) = tests_needs::weights(&manifest.file) else { continue };
        let shape = Shape::of(&Gguf::open(&path).unwrap()).unwrap();
        assert_eq!(shape, manifest.shape, "{}", manifest.name);
    }
}

fn small_file() -> Vec<u8> {
    let texts = vec!["a".to_owned(), String::new(), "ü".to_owned()];
    let metadata = [
        ("general.architecture".to_owned(), Value::from("llama")),
        ("general.alignment".to_owned(), Value::U32(64)),
        ("texts".to_owned(), Value::Array(Array::Text(texts))),
        ("scores".to_owned(), Value::Array(Array::F32(vec![1.0, -2.5]))),
        ("count".to_owned(), Value::I64(-3)),
        ("flag".to_owned(), Value::Bool(true)),
    ];
    let quantized = NewTensor {
        name: "q".to_owned(),
        ne: vec![32, 2],
        kind: GgmlType::Q4_0,
        bytes: vec![7; 36].into(),
    };
    let tensors = [NewTensor::f32("w", &[3], &[1.0, 2.0, 3.0]), quantized];
    encode(&metadata, &tensors).unwrap()
}

fn read(bytes: Vec<u8>) -> Result<Gguf, GgufError> {
    Gguf::from_bytes("test.gguf", bytes)
}

fn check_error(bytes: Vec<u8>, expected: &str) {
    let message = read(bytes).unwrap_err().to_string();
    assert!(message.contains(expected), "{message}");
}

/// Changes the bytes at the only place where `from` stands.
fn replaced(from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = small_file();
    let places: Vec<usize> =
        (0..bytes.len() - from.len()).filter(|&at| bytes[at..].starts_with(from)).collect();
    assert_eq!(places.len(), 1, "the pattern stands once");
    bytes[places[0]..places[0] + to.len()].copy_from_slice(to);
    bytes
}

#[test]
fn what_is_written_is_read() {
    let gguf = read(small_file()).unwrap();

    assert_eq!(gguf.version(), 3);
    assert_eq!(gguf.architecture().unwrap(), "llama");
    assert_eq!(gguf.required_texts("texts").unwrap(), ["a", "", "ü"]);
    assert_eq!(gguf.get("scores"), Some(&Value::Array(Array::F32(vec![1.0, -2.5]))));
    assert_eq!(gguf.get("count"), Some(&Value::I64(-3)));
    assert_eq!(gguf.unsigned("count"), None);
    assert_eq!(gguf.flag("flag"), Some(true));
    let tensor = gguf.tensor("w").unwrap();
    assert_eq!((tensor.elements(), tensor.range.start % 64), (3, 0));
    assert_eq!(gguf.tensor_bytes("w").unwrap()[4..8], 2.0f32.to_le_bytes());
    assert_eq!(gguf.tensor_bytes("q").unwrap(), [7; 36]);
}

#[test]
fn every_type_of_value_survives() {
    let values = [
        Value::U8(1),
        Value::I8(-1),
        Value::U16(2),
        Value::I16(-2),
        Value::U32(3),
        Value::I32(-3),
        Value::U64(u64::MAX),
        Value::I64(i64::MIN),
        Value::F32(0.5),
        Value::F64(0.25),
        Value::Bool(false),
        Value::from("text"),
        Value::Array(Array::U8(vec![1, 2])),
        Value::Array(Array::I8(vec![-1])),
        Value::Array(Array::U16(vec![9])),
        Value::Array(Array::I16(vec![-9])),
        Value::Array(Array::U32(vec![])),
        Value::Array(Array::I32(vec![5, 6, 7])),
        Value::Array(Array::U64(vec![1 << 40])),
        Value::Array(Array::I64(vec![-1])),
        Value::Array(Array::F64(vec![0.1])),
        Value::Array(Array::Bool(vec![true, false])),
    ];
    let metadata: Vec<(String, Value)> =
        values.into_iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect();

    let gguf = read(encode(&metadata, &[]).unwrap()).unwrap();

    assert_eq!(gguf.metadata(), metadata);
}

#[test]
fn a_version_2_file_is_read() {
    let mut bytes = small_file();
    bytes[4] = 2;

    assert_eq!(read(bytes).unwrap().version(), 2);
}

#[test]
fn other_files_are_called_what_they_are() {
    check_error(b"<html><body>404".to_vec(), "test.gguf is a text file, not GGUF: it starts with");
    check_error(b"PK\x03\x04....".to_vec(), "a zip archive");
    check_error(vec![], "an empty file");
    check_error(b"\x7fELF\x01".to_vec(), "some other file");
}

#[test]
fn other_versions_are_refused() {
    let mut bytes = small_file();
    bytes[4] = 1;
    check_error(bytes.clone(), "expected 2 or 3 in little endian, found 1");
    bytes[4..8].copy_from_slice(&3u32.to_be_bytes());
    check_error(bytes, "found 50331648");
}

#[test]
fn a_truncated_file_says_which_tensor_is_cut() {
    let mut bytes = small_file();
    let length = bytes.len();
    bytes.truncate(length - 64);

    check_error(bytes, "is truncated: tensor q needs bytes");
}

#[test]
fn counts_are_checked_before_anything_is_allocated() {
    let mut bytes = small_file();
    bytes[8..16].copy_from_slice(&u64::MAX.to_le_bytes());
    check_error(bytes.clone(), "number of tensors needs bytes");
    bytes[8..16].copy_from_slice(&2u64.to_le_bytes());
    bytes[16..24].copy_from_slice(&(1u64 << 60).to_le_bytes());
    check_error(bytes, "number of keys needs bytes");
    let count = [[6, 0, 0, 0].as_slice(), &2u64.to_le_bytes()].concat();
    let huge = [[6, 0, 0, 0].as_slice(), &(u64::MAX / 2).to_le_bytes()].concat();
    check_error(replaced(&count, &huge), "value of scores needs bytes");
}

#[test]
fn a_name_that_stands_twice_is_refused() {
    check_error(replaced(b"count", b"texts"), "expected a key once, found it twice");
    let name = |letter: u8| [1u64.to_le_bytes().as_slice(), &[letter]].concat();
    let named_q = [name(b'q'), vec![2, 0, 0, 0]].concat();
    check_error(replaced(&named_q, &name(b'w')), "expected a tensor once, found it twice");
}

#[test]
fn tensors_are_made_of_whole_blocks_in_their_file() {
    let ne = [32u64.to_le_bytes(), 2u64.to_le_bytes()].concat();
    let odd = [33u64.to_le_bytes(), 2u64.to_le_bytes()].concat();
    let huge = [(1u64 << 62).to_le_bytes(), 8u64.to_le_bytes()].concat();
    let none = [0u64.to_le_bytes(), 2u64.to_le_bytes()].concat();

    check_error(replaced(&ne, &odd), "tensor q: expected rows of whole blocks of 32");
    check_error(replaced(&ne, &huge), "tensor q: expected dimensions whose product");
    check_error(replaced(&ne, &none), "tensor q: expected dimensions whose product");
}

#[test]
fn offsets_are_aligned() {
    let at = [[2, 0, 0, 0].as_slice(), &64u64.to_le_bytes()].concat();
    let off = [[2, 0, 0, 0].as_slice(), &32u64.to_le_bytes()].concat();

    check_error(replaced(&at, &off), "tensor q: expected an offset that is a multiple of 64");
}

#[test]
fn a_missing_key_is_named() {
    let error = read(small_file()).unwrap().required_unsigned("llama.block_count").unwrap_err();

    let told = "test.gguf: key llama.block_count: expected a whole number, found nothing";
    assert_eq!(error.to_string(), told);
}

#[test]
fn a_file_that_is_not_there_is_an_error_with_its_name() {
    let error = Gguf::open("no-such-file.gguf".as_ref()).unwrap_err();

    assert_eq!(error.to_string(), "cannot use no-such-file.gguf");
}

#[test]
fn a_mapped_file_is_read_like_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.gguf");
    std::fs::write(&path, small_file()).unwrap();

    let mapped = Gguf::open(&path).unwrap();

    assert_eq!(mapped.metadata(), read(small_file()).unwrap().metadata());
    assert_eq!(mapped.tensor_bytes("q").unwrap(), [7; 36]);
    assert!(Gguf::open(folder.path()).is_err(), "a folder is no file");
}

#[test]
fn what_cannot_be_read_is_not_written() {
    let twice = [NewTensor::f32("w", &[1], &[1.0]), NewTensor::f32("w", &[1], &[1.0])];
    let short = [NewTensor::f32("w", &[2], &[1.0])];
    let long_name = [NewTensor::f32(&"w".repeat(64), &[1], &[1.0])];

    assert!(encode(&[], &twice).is_err());
    assert!(encode(&[], &short).is_err());
    assert!(encode(&[], &long_name).is_err());
    assert!(encode(&[("general.alignment".to_owned(), Value::U32(3))], &[]).is_err());
}

/// Reads every tensor of what can be read, so that a wrong range would panic.
fn touch(bytes: Vec<u8>) {
    if let Ok(gguf) = read(bytes) {
        for tensor in gguf.tensors() {
            let bytes = gguf.tensor_bytes(&tensor.name).unwrap();
            assert_eq!(Some(bytes.len() as u64), tensor.kind.tensor_bytes(&tensor.ne));
        }
    }
}

#[test]
fn no_truncation_panics() {
    let bytes = small_file();
    (0..bytes.len()).for_each(|length| touch(bytes[..length].to_vec()));
}

#[test]
fn no_flipped_bit_panics() {
    let bytes = small_file();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        touch(flipped);
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        touch([b"GGUF\x03\0\0\0".as_slice(), &bytes].concat());
        touch(bytes);
    }

    #[test]
    fn no_eight_bytes_anywhere_panic(at in 4usize..300, word in any::<u64>()) {
        let mut bytes = small_file();
        let end = (at + 8).min(bytes.len());
        bytes[at.min(end)..end].copy_from_slice(&word.to_le_bytes()[..end - at.min(end)]);
        touch(bytes);
    }
}
