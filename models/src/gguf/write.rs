//! From metadata and tensors to the bytes of a version 3 file.
//!
//! The same arguments make the same bytes: nothing is added, nothing sorted.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::{self, Read, Write};

use super::head;
use super::{DEFAULT_ALIGNMENT_BYTES, DIMENSIONS_MAX, GgmlType, GgufError};
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

/// What a file's table says of a tensor before its bytes come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorShape {
    /// Its name.
    pub name: String,
    /// Its dimensions in ggml's order: the contiguous one first.
    pub ne: Vec<u64>,
    /// How its bytes will be stored.
    pub kind: GgmlType,
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
    let shape = |tensor: &NewTensor<'_>| {
        let NewTensor { name, ne, kind, .. } = tensor;
        TensorShape { name: name.clone(), ne: ne.clone(), kind: *kind }
    };
    let shapes: Vec<TensorShape> = tensors.iter().map(shape).collect();
    for (shape, tensor) in shapes.iter().zip(tensors) {
        let bytes = tensor.bytes.len() as u64;
        if shape.kind.tensor_bytes(&shape.ne) != Some(bytes) {
            return Err(wrong_length(shape, bytes));
        }
    }
    write_each(out, metadata, &shapes, &mut |index, out| out.write_all(&tensors[index].bytes))
}

/// Writes a file whose tensors need not be in memory at once: `put` writes the bytes
/// of the tensor of that index, and is called for one after the other.
///
/// Tensors are aligned as in [`write()`].
pub fn write_each(
    out: &mut dyn Write,
    metadata: &[(String, Value)],
    shapes: &[TensorShape],
    put: &mut dyn FnMut(usize, &mut dyn Write) -> io::Result<()>,
) -> Result<(), GgufError> {
    let (alignment, sizes) = check(metadata, shapes)?;
    let head = head::bytes(metadata, shapes, &sizes, alignment);
    out.write_all(&head).map_err(unwritten)?;
    pad(out, head.len() as u64, alignment).map_err(unwritten)?;
    for (index, (shape, &size)) in shapes.iter().zip(&sizes).enumerate() {
        let mut counted = Counted { out: &mut *out, bytes: 0 };
        put(index, &mut counted).map_err(unwritten)?;
        if counted.bytes != size {
            return Err(wrong_length(shape, counted.bytes));
        }
        pad(out, size, alignment).map_err(unwritten)?;
    }
    out.flush().map_err(unwritten)
}

/// Writes the zeros that follow `length` bytes.
fn pad(out: &mut dyn Write, length: u64, alignment: u64) -> io::Result<()> {
    let missing = length.next_multiple_of(alignment) - length;
    io::copy(&mut io::repeat(0).take(missing), out).map(|_| ())
}

/// Counts what goes through.
struct Counted<'a> {
    out: &'a mut dyn Write,
    bytes: u64,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// What errors call a file that has no name yet.
const UNNAMED: &str = "the new file";

fn unwritten(source: io::Error) -> GgufError {
    GgufError::Io { file: UNNAMED.to_owned(), source }
}

/// The alignment, and how many bytes each tensor takes.
fn check(
    metadata: &[(String, Value)],
    shapes: &[TensorShape],
) -> Result<(u64, Vec<u64>), GgufError> {
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
    let mut sizes = Vec::with_capacity(shapes.len());
    for shape in shapes {
        if !names.insert(&shape.name) {
            let field = format!("tensor {}", shape.name);
            return Err(invalid(field, "a tensor once", "it twice".into()));
        }
        sizes.push(check_shape(shape)?);
    }
    Ok((alignment, sizes))
}

fn check_shape(shape: &TensorShape) -> Result<u64, GgufError> {
    let TensorShape { name, ne, kind } = shape;
    let field = format!("tensor {name}");
    if name.len() >= TENSOR_NAME_BYTES_MAX || ne.len() > DIMENSIONS_MAX {
        let expected = "a name of fewer than 64 bytes and at most 4 dimensions";
        return Err(invalid(field, expected, format!("{} bytes and {ne:?}", name.len())));
    }
    kind.tensor_bytes(ne).ok_or_else(|| {
        let expected = format!("rows of whole blocks of {}", kind.block_elements());
        invalid(field, &expected, format!("{kind} {ne:?}"))
    })
}

fn wrong_length(shape: &TensorShape, bytes: u64) -> GgufError {
    let expected = format!("the bytes of {} {:?}", shape.kind, shape.ne);
    invalid(format!("tensor {}", shape.name), &expected, format!("{bytes} bytes"))
}

fn invalid(field: String, expected: &str, found: String) -> GgufError {
    let (file, expected) = (UNNAMED.to_owned(), expected.to_owned());
    GgufError::Invalid { file, field, expected, found }
}
