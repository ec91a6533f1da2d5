//! The bytes before the tensors: counts, keys with values, the table.

use super::value::ARRAY_ID;
use super::{Array, TensorShape, Value};

/// The head of a file whose tensors take `sizes` bytes and are aligned.
pub(super) fn bytes(
    metadata: &[(String, Value)],
    shapes: &[TensorShape],
    sizes: &[u64],
    alignment: u64,
) -> Vec<u8> {
    let mut head = Vec::new();
    head.extend_from_slice(b"GGUF");
    head.extend_from_slice(&3u32.to_le_bytes());
    head.extend_from_slice(&(shapes.len() as u64).to_le_bytes());
    head.extend_from_slice(&(metadata.len() as u64).to_le_bytes());
    for (key, value) in metadata {
        put_text(&mut head, key);
        head.extend_from_slice(&value.id().to_le_bytes());
        put_value(&mut head, value);
    }
    let mut offset = 0u64;
    for (shape, size) in shapes.iter().zip(sizes) {
        put_shape(&mut head, shape, offset);
        offset += size.next_multiple_of(alignment);
    }
    head
}

fn put_shape(head: &mut Vec<u8>, shape: &TensorShape, offset: u64) {
    put_text(head, &shape.name);
    let dimensions = u32::try_from(shape.ne.len()).expect("at most four dimensions");
    head.extend_from_slice(&dimensions.to_le_bytes());
    for count in &shape.ne {
        head.extend_from_slice(&count.to_le_bytes());
    }
    head.extend_from_slice(&shape.kind.id().to_le_bytes());
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
