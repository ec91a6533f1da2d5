//! From bytes to a checked [`Gguf`].

use std::collections::HashMap;

use super::cursor::Cursor;
use super::value::ARRAY_ID;
use super::{Array, Bytes, DEFAULT_ALIGNMENT_BYTES, DIMENSIONS_MAX, GgmlType, Gguf, GgufError};
use super::{TENSOR_NAME_BYTES_MAX, Tensor, Value};

/// A key takes at least its length, its type and one byte of value.
const KEY_BYTES_MIN: u64 = 8 + 4 + 1;
/// A tensor takes at least its name's length, dimension count, type and offset.
const TENSOR_BYTES_MIN: u64 = 8 + 4 + 4 + 8;

pub(super) fn parse(name: String, bytes: Bytes) -> Result<Gguf, GgufError> {
    check_magic(&name, &bytes)?;
    let mut cursor = Cursor::new(&name, &bytes, 4);
    let version = cursor.u32("version")?;
    if !matches!(version, 2 | 3) {
        return Err(GgufError::Version { file: name, found: version });
    }
    let tensor_count = cursor.count(TENSOR_BYTES_MIN, "number of tensors")?;
    let key_count = cursor.count(KEY_BYTES_MIN, "number of keys")?;
    let (metadata, keys) = read_metadata(&mut cursor, key_count)?;
    let alignment = read_alignment(&cursor, &metadata, &keys)?;
    let mut tensors = read_tensors(&mut cursor, tensor_count)?;
    let data_start = (cursor.position() as u64).next_multiple_of(alignment);
    for (tensor, offset) in &mut tensors {
        tensor.range = place(&cursor, tensor, (data_start, *offset, alignment), bytes.len())?;
    }
    let tensors: Vec<Tensor> = tensors.into_iter().map(|(tensor, _)| tensor).collect();
    let tensor_names = index_names(&cursor, &tensors)?;
    Ok(Gguf { name, version, alignment, metadata, keys, tensors, tensor_names, bytes })
}

fn check_magic(name: &str, bytes: &[u8]) -> Result<(), GgufError> {
    if bytes.starts_with(b"GGUF") {
        return Ok(());
    }
    let head = &bytes[..bytes.len().min(24)];
    let text = std::str::from_utf8(head)
        .or_else(|error| std::str::from_utf8(&head[..error.valid_up_to()]))
        .unwrap_or_default();
    let is_text = text.len() + 4 > head.len()
        && text.chars().all(|letter| !letter.is_control() || letter.is_whitespace());
    let what = match head {
        [] => "an empty file",
        [b'P', b'K', 3, 4, ..] => "a zip archive (a wheel?)",
        [b'F', b'U', b'G', b'G', ..] => "a big-endian file",
        _ if is_text => "a text file",
        _ => "some other file",
    };
    let start = if is_text { format!("{text:?}") } else { format!("bytes {head:02x?}") };
    Err(GgufError::NotGguf { file: name.to_owned(), what, start })
}

type Metadata = (Vec<(String, Value)>, HashMap<String, usize>);

fn read_metadata(cursor: &mut Cursor<'_>, count: usize) -> Result<Metadata, GgufError> {
    let mut metadata = Vec::new();
    let mut keys = HashMap::new();
    for index in 0..count {
        let key = cursor.text(&format!("key {index}"))?;
        check_name(cursor, &format!("key {index}"), key)?;
        if keys.insert(key.to_owned(), index).is_some() {
            return Err(cursor.invalid(&format!("key {key}"), "a key once", "it twice".into()));
        }
        let field = format!("value of {key}");
        let kind = cursor.u32(&field)?;
        metadata.push((key.to_owned(), read_value(cursor, kind, &field)?));
    }
    Ok((metadata, keys))
}

/// Names are C strings to other readers, which end at the first NUL.
fn check_name(cursor: &Cursor<'_>, field: &str, name: &str) -> Result<(), GgufError> {
    if !name.is_empty() && !name.contains('\0') {
        return Ok(());
    }
    Err(cursor.invalid(field, "a name without NUL, not empty", format!("{name:?}")))
}

fn read_value(cursor: &mut Cursor<'_>, kind: u32, field: &str) -> Result<Value, GgufError> {
    Ok(match kind {
        0 => Value::U8(u8::from_le_bytes(cursor.fixed(field)?)),
        1 => Value::I8(i8::from_le_bytes(cursor.fixed(field)?)),
        2 => Value::U16(u16::from_le_bytes(cursor.fixed(field)?)),
        3 => Value::I16(i16::from_le_bytes(cursor.fixed(field)?)),
        4 => Value::U32(cursor.u32(field)?),
        5 => Value::I32(i32::from_le_bytes(cursor.fixed(field)?)),
        6 => Value::F32(f32::from_le_bytes(cursor.fixed(field)?)),
        7 => Value::Bool(cursor.fixed::<1>(field)? != [0]),
        8 => Value::Text(cursor.text(field)?.to_owned()),
        ARRAY_ID => Value::Array(read_array(cursor, field)?),
        10 => Value::U64(cursor.u64(field)?),
        11 => Value::I64(i64::from_le_bytes(cursor.fixed(field)?)),
        12 => Value::F64(f64::from_le_bytes(cursor.fixed(field)?)),
        _ => return Err(cursor.invalid(field, "a value type from 0 to 12", kind.to_string())),
    })
}

fn read_array(cursor: &mut Cursor<'_>, field: &str) -> Result<Array, GgufError> {
    let kind = cursor.u32(field)?;
    Ok(match kind {
        0 => Array::U8(elements(cursor, field, u8::from_le_bytes)?),
        1 => Array::I8(elements(cursor, field, i8::from_le_bytes)?),
        2 => Array::U16(elements(cursor, field, u16::from_le_bytes)?),
        3 => Array::I16(elements(cursor, field, i16::from_le_bytes)?),
        4 => Array::U32(elements(cursor, field, u32::from_le_bytes)?),
        5 => Array::I32(elements(cursor, field, i32::from_le_bytes)?),
        6 => Array::F32(elements(cursor, field, f32::from_le_bytes)?),
        7 => Array::Bool(elements(cursor, field, |byte: [u8; 1]| byte != [0])?),
        8 => Array::Text(texts(cursor, field)?),
        10 => Array::U64(elements(cursor, field, u64::from_le_bytes)?),
        11 => Array::I64(elements(cursor, field, i64::from_le_bytes)?),
        12 => Array::F64(elements(cursor, field, f64::from_le_bytes)?),
        _ => {
            let expected = "an array of a scalar type or of strings";
            return Err(cursor.invalid(field, expected, format!("element type {kind}")));
        }
    })
}

fn elements<const N: usize, T>(
    cursor: &mut Cursor<'_>,
    field: &str,
    from_bytes: impl Fn([u8; N]) -> T,
) -> Result<Vec<T>, GgufError> {
    let count = cursor.count(N as u64, field)?;
    let bytes = cursor.take((count * N) as u64, field)?;
    let (chunks, _) = bytes.as_chunks::<N>();
    Ok(chunks.iter().map(|&chunk| from_bytes(chunk)).collect())
}

fn texts(cursor: &mut Cursor<'_>, field: &str) -> Result<Vec<String>, GgufError> {
    let count = cursor.count(8, field)?;
    (0..count).map(|_| cursor.text(field).map(str::to_owned)).collect()
}

fn read_alignment(
    cursor: &Cursor<'_>,
    metadata: &[(String, Value)],
    keys: &HashMap<String, usize>,
) -> Result<u64, GgufError> {
    let Some(&index) = keys.get("general.alignment") else {
        return Ok(DEFAULT_ALIGNMENT_BYTES);
    };
    match metadata[index].1 {
        Value::U32(alignment) if alignment.is_power_of_two() => Ok(alignment.into()),
        ref other => {
            let expected = "a u32 that is a power of two";
            Err(cursor.invalid("key general.alignment", expected, format!("{other:?}")))
        }
    }
}

/// Reads the tensor table: each tensor, its range still empty, and its offset.
fn read_tensors(cursor: &mut Cursor<'_>, count: usize) -> Result<Vec<(Tensor, u64)>, GgufError> {
    (0..count).map(|index| read_tensor(cursor, index)).collect()
}

fn read_tensor(cursor: &mut Cursor<'_>, index: usize) -> Result<(Tensor, u64), GgufError> {
    let name = cursor.text(&format!("name of tensor {index}"))?.to_owned();
    let field = format!("tensor {name}");
    check_name(cursor, &format!("name of tensor {index}"), &name)?;
    if name.len() >= TENSOR_NAME_BYTES_MAX {
        let expected = format!("a name of fewer than {TENSOR_NAME_BYTES_MAX} bytes");
        return Err(cursor.invalid(&field, &expected, name.len().to_string()));
    }
    let dimensions = cursor.u32(&field)?;
    if dimensions as usize > DIMENSIONS_MAX {
        let expected = format!("at most {DIMENSIONS_MAX} dimensions");
        return Err(cursor.invalid(&field, &expected, dimensions.to_string()));
    }
    let ne = (0..dimensions).map(|_| cursor.u64(&field)).collect::<Result<Vec<_>, _>>()?;
    let elements = ne.iter().try_fold(1u64, |product, &count| product.checked_mul(count));
    if elements.is_none_or(|elements| elements == 0 || elements > i64::MAX as u64) {
        let expected = "dimensions whose product is above 0 and below 2^63";
        return Err(cursor.invalid(&field, expected, format!("{ne:?}")));
    }
    let id = cursor.u32(&field)?;
    let kind = GgmlType::from_id(id).ok_or_else(|| {
        cursor.invalid(&field, "an element type that ggml has", format!("type {id}"))
    })?;
    let offset = cursor.u64(&field)?;
    Ok((Tensor { name, ne, kind, range: 0..0 }, offset))
}

/// The range of a tensor's bytes in the file; `at` is the start of the data,
/// the tensor's offset from there, and the alignment.
fn place(
    cursor: &Cursor<'_>,
    tensor: &Tensor,
    at: (u64, u64, u64),
    file_bytes: usize,
) -> Result<std::ops::Range<usize>, GgufError> {
    let (data_start, offset, alignment) = at;
    let field = format!("tensor {}", tensor.name);
    let Some(size) = tensor.kind.tensor_bytes(&tensor.ne) else {
        let expected = format!("rows of whole blocks of {}", tensor.kind.block_elements());
        let found = format!("{} {:?}", tensor.kind, tensor.ne);
        return Err(cursor.invalid(&field, &expected, found));
    };
    if !offset.is_multiple_of(alignment) {
        let expected = format!("an offset that is a multiple of {alignment}");
        return Err(cursor.invalid(&field, &expected, offset.to_string()));
    }
    let start = data_start.saturating_add(offset);
    let end = start.saturating_add(size);
    if end > file_bytes as u64 {
        let file = cursor.file().to_owned();
        return Err(GgufError::Truncated {
            file,
            field,
            start,
            end,
            file_bytes: file_bytes as u64,
        });
    }
    let inside = |position| usize::try_from(position).expect("it lies inside the mapped file");
    Ok(inside(start)..inside(end))
}

fn index_names(
    cursor: &Cursor<'_>,
    tensors: &[Tensor],
) -> Result<HashMap<String, usize>, GgufError> {
    let mut names = HashMap::with_capacity(tensors.len());
    for (index, tensor) in tensors.iter().enumerate() {
        if names.insert(tensor.name.clone(), index).is_some() {
            let field = format!("tensor {}", tensor.name);
            return Err(cursor.invalid(&field, "a tensor once", "it twice".into()));
        }
    }
    Ok(names)
}
