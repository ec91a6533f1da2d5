//! From metadata and tensors to the bytes of a version 3 file.
//!
//! The same arguments make the same bytes: nothing is added, nothing sorted.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::Write;

use super::value::ARRAY_ID;
use super::{Array, DEFAULT_ALIGNMENT_BYTES, DIMENSIONS_MAX, GgmlType, GgufError};
use super::{TENSOR_NAME_BYTES_MAX, Value};

/// A tensor to be written.
#[derive(Clone, Debug)]
pub struct NewTensor<'a> {
    /// Its name.
    pub name: String,
    /// Its dimensions in ggml's order: the contiguous one first.
    pub ne: Vec<u64>,
    /// How its bytes are stored.
    pub kind: GgmlType,
    /// Its bytes, as many as `kind` needs for `ne`.
    pub bytes: Cow<'a, [u8]>,
}

impl NewTensor<'_> {
    /// A tensor of 32-bit floats.
    pub fn f32(name: &str, ne: &[u64], values: &[f32]) -> NewTensor<'static> {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let bytes = Cow::Owned(bytes);
        NewTensor { name: name.to_owned(), ne: ne.to_vec(), kind: GgmlType::F32, bytes }
    }
}

/// The bytes of a file with this metadata and these tensors, in this order.
pub fn encode(
    metadata: &[(String, Value)],
    tensors: &[NewTensor<'_>],
) -> Result<Vec<u8>, GgufError> {
    let mut bytes = Vec::new();
    write(&mut bytes, metadata, tensors)?;
    Ok(bytes)
}

/// Writes a file with this metadata and these tensors, in this order.
///
/// Tensors are aligned as the key `general.alignment` says, or to
/// [`DEFAULT_ALIGNMENT_BYTES`].
pub fn write(
    out: &mut dyn Write,
    metadata: &[(String, Value)],
    tensors: &[NewTensor<'_>],
) -> Result<(), GgufError> {
    let alignment = check(metadata, tensors)?;
    let mut head = Vec::new();
    head.extend_from_slice(b"GGUF");
    head.extend_from_slice(&3u32.to_le_bytes());
    head.extend_from_slice(&(tensors.len() as u64).to_le_bytes());
    head.extend_from_slice(&(metadata.len() as u64).to_le_bytes());
    for (key, value) in metadata {
        put_text(&mut head, key);
        head.extend_from_slice(&value.id().to_le_bytes());
        put_value(&mut head, value);
    }
    let mut offset = 0u64;
    for tensor in tensors {
        put_tensor(&mut head, tensor, offset);
        offset += (tensor.bytes.len() as u64).next_multiple_of(alignment);
    }
    let padding = vec![0; usize::try_from(alignment).unwrap_or(usize::MAX)];
    let pad_after = |length: usize| &padding[..length.next_multiple_of(padding.len()) - length];
    let mut put = |bytes: &[u8]| out.write_all(bytes).map_err(unwritten);
    put(&head)?;
    put(pad_after(head.len()))?;
    for tensor in tensors {
        put(&tensor.bytes)?;
        put(pad_after(tensor.bytes.len()))?;
    }
    out.flush().map_err(unwritten)
}

/// What errors call a file that has no name yet.
const UNNAMED: &str = "the new file";

fn unwritten(source: std::io::Error) -> GgufError {
    GgufError::Io { file: UNNAMED.to_owned(), source }
}

fn check(metadata: &[(String, Value)], tensors: &[NewTensor<'_>]) -> Result<u64, GgufError> {
    let mut alignment = DEFAULT_ALIGNMENT_BYTES;
    let mut keys = HashSet::new();
    for (key, value) in metadata {
        if !keys.insert(key) {
            return Err(invalid(format!("key {key}"), "a key once", "it twice".into()));
        }
        if key == "general.alignment" {
            alignment = match value {
                Value::U32(bytes) if bytes.is_power_of_two() => u64::from(*bytes),
                other => {
                    let found = format!("{other:?}");
                    return Err(invalid(key.clone(), "a u32 that is a power of two", found));
                }
            };
        }
    }
    let mut names = HashSet::new();
    for tensor in tensors {
        if !names.insert(&tensor.name) {
            let field = format!("tensor {}", tensor.name);
            return Err(invalid(field, "a tensor once", "it twice".into()));
        }
        check_tensor(tensor)?;
    }
    Ok(alignment)
}

fn check_tensor(tensor: &NewTensor<'_>) -> Result<(), GgufError> {
    let field = format!("tensor {}", tensor.name);
    if tensor.name.len() >= TENSOR_NAME_BYTES_MAX || tensor.ne.len() > DIMENSIONS_MAX {
        let expected = "a name of fewer than 64 bytes and at most 4 dimensions";
        let found = format!("{} bytes and {:?}", tensor.name.len(), tensor.ne);
        return Err(invalid(field, expected, found));
    }
    if tensor.kind.tensor_bytes(&tensor.ne) != Some(tensor.bytes.len() as u64) {
        let expected = format!("the bytes of {} {:?}", tensor.kind, tensor.ne);
        return Err(invalid(field, &expected, format!("{} bytes", tensor.bytes.len())));
    }
    Ok(())
}

fn invalid(field: String, expected: &str, found: String) -> GgufError {
    let (file, expected) = (UNNAMED.to_owned(), expected.to_owned());
    GgufError::Invalid { file, field, expected, found }
}

fn put_tensor(head: &mut Vec<u8>, tensor: &NewTensor<'_>, offset: u64) {
    put_text(head, &tensor.name);
    let dimensions = u32::try_from(tensor.ne.len()).expect("at most four dimensions");
    head.extend_from_slice(&dimensions.to_le_bytes());
    for count in &tensor.ne {
        head.extend_from_slice(&count.to_le_bytes());
    }
    head.extend_from_slice(&tensor.kind.id().to_le_bytes());
    head.extend_from_slice(&offset.to_le_bytes());
}

fn put_text(head: &mut Vec<u8>, text: &str) {
    head.extend_from_slice(&(text.len() as u64).to_le_bytes());
    head.extend_from_slice(text.as_bytes());
}

fn put_value(head: &mut Vec<u8>, value: &Value) {
    match value {
        Value::U8(number) => head.push(*number),
        Value::I8(number) => head.extend_from_slice(&number.to_le_bytes()),
        Value::U16(number) => head.extend_from_slice(&number.to_le_bytes()),
        Value::I16(number) => head.extend_from_slice(&number.to_le_bytes()),
        Value::U32(number) => head.extend_from_slice(&number.to_le_bytes()),
        Value::I32(number) => head.extend_from_slice(&number.to_le_bytes()),
        Value::F32(number) => head.extend_from_slice(&number.to_le_bytes()),
        Value::Bool(flag) => head.push(u8::from(*flag)),
        Value::Text(text) => put_text(head, text),
        Value::Array(array) => put_array(head, array),
        Value::U64(number) => head.extend_from_slice(&number.to_le_bytes()),
        Value::I64(number) => head.extend_from_slice(&number.to_le_bytes()),
        Value::F64(number) => head.extend_from_slice(&number.to_le_bytes()),
    }
}

fn put_array(head: &mut Vec<u8>, array: &Array) {
    debug_assert_ne!(array.element_id(), ARRAY_ID);
    head.extend_from_slice(&array.element_id().to_le_bytes());
    match array {
        Array::U8(items) => put_items(head, items, |&item| item.to_le_bytes()),
        Array::I8(items) => put_items(head, items, |&item| item.to_le_bytes()),
        Array::U16(items) => put_items(head, items, |&item| item.to_le_bytes()),
        Array::I16(items) => put_items(head, items, |&item| item.to_le_bytes()),
        Array::U32(items) => put_items(head, items, |&item| item.to_le_bytes()),
        Array::I32(items) => put_items(head, items, |&item| item.to_le_bytes()),
        Array::F32(items) => put_items(head, items, |&item| item.to_le_bytes()),
        Array::Bool(items) => put_items(head, items, |&item| [u8::from(item)]),
        Array::U64(items) => put_items(head, items, |&item| item.to_le_bytes()),
        Array::I64(items) => put_items(head, items, |&item| item.to_le_bytes()),
        Array::F64(items) => put_items(head, items, |&item| item.to_le_bytes()),
        Array::Text(items) => {
            head.extend_from_slice(&(items.len() as u64).to_le_bytes());
            for item in items {
                put_text(head, item);
            }
        }
    }
}

fn put_items<const N: usize, T>(head: &mut Vec<u8>, items: &[T], bytes: impl Fn(&T) -> [u8; N]) {
    head.extend_from_slice(&(items.len() as u64).to_le_bytes());
    for item in items {
        head.extend_from_slice(&bytes(item));
    }
}
