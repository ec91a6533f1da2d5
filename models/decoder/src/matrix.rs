//! A weight matrix as it lies in the file: quantized rows.

use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use models::gguf::{GgmlType, Gguf};

use crate::error::DecoderError;

/// Types that the kernels can multiply by.
pub const KINDS: [GgmlType; 13] = [
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

/// How a matrix's words are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Packing {
    /// How blocks are stored; one of [`KINDS`].
    pub kind: GgmlType,
    /// Rows: what the linear layer puts out.
    pub rows: usize,
    /// Columns: what it takes in; whole blocks.
    pub columns: usize,
    /// What products with it multiply.
    pub operands: Operands,
}

/// The operands of products; sums are in f32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Operands {
    /// f32.
    #[default]
    Exact,
    /// Both rounded to bf16, where the processor multiplies that twice as fast (AVX-512 BF16).
    Rounded,
}

impl Packing {
    /// Bytes of `columns` elements of a row; `columns` are whole blocks.
    pub fn bytes(&self, columns: usize) -> usize {
        columns / self.block() * to_usize(self.kind.block_bytes())
    }

    /// Bytes of one row.
    pub fn row_bytes(&self) -> usize {
        self.bytes(self.columns)
    }

    /// Elements that are stored together.
    pub fn block(&self) -> usize {
        to_usize(self.kind.block_elements())
    }
}

/// A quantized matrix `[rows, columns]` on a device.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// The rows' bytes, one behind the other, as little-endian words; zeros fill
    /// the last word.
    pub words: Tensor<1, Int>,
    /// How to read them.
    pub packing: Packing,
}

impl Matrix {
    /// Brings a tensor of the file to a device.
    pub fn load(
        gguf: &Gguf,
        tensor: &str,
        [rows, columns]: [usize; 2],
        device: &Device,
    ) -> Result<Self, DecoderError> {
        let packing = packing(gguf, tensor, [rows, columns])?;
        let bytes = gguf.tensor_bytes(tensor).unwrap_or_default();
        let words: Vec<u32> = bytes
            .chunks(4)
            .map(|chunk| {
                let mut word = [0; 4];
                word[..chunk.len()].copy_from_slice(chunk);
                u32::from_le_bytes(word)
            })
            .collect();
        let count = words.len();
        let words = Tensor::from_data(TensorData::new(words, [count]), (device, DType::U32));
        Ok(Self { words, packing })
    }
}

/// How a tensor of the file is packed, where it has this shape.
pub fn packing(
    gguf: &Gguf,
    tensor: &str,
    [rows, columns]: [usize; 2],
) -> Result<Packing, DecoderError> {
    let file = || gguf.name().to_owned();
    let found = gguf
        .tensor(tensor)
        .ok_or_else(|| DecoderError::Missing { file: file(), tensor: tensor.into() })?;
    let expected = vec![columns as u64, rows as u64];
    if found.ne != expected {
        let found = found.ne.clone();
        return Err(DecoderError::Shape { file: file(), tensor: tensor.into(), expected, found });
    }
    if !KINDS.contains(&found.kind) {
        let kind = found.kind.to_string();
        return Err(DecoderError::Kind { file: file(), tensor: tensor.into(), kind });
    }
    Ok(Packing { kind: found.kind, rows, columns, operands: Operands::default() })
}

/// A small tensor of one dimension: a norm's or a bias's values.
pub(crate) fn vector(gguf: &Gguf, tensor: &str, length: usize) -> Result<Vec<f32>, DecoderError> {
    let file = || gguf.name().to_owned();
    let found = gguf
        .tensor(tensor)
        .ok_or_else(|| DecoderError::Missing { file: file(), tensor: tensor.into() })?;
    if found.ne != [length as u64] {
        let (expected, found) = (vec![length as u64], found.ne.clone());
        return Err(DecoderError::Shape { file: file(), tensor: tensor.into(), expected, found });
    }
    let mut values = vec![0.0; length];
    models::blocks::dequantize(
        found.kind,
        gguf.tensor_bytes(tensor).unwrap_or_default(),
        &mut values,
    )
    .map_err(|_| DecoderError::Kind {
        file: file(),
        tensor: tensor.into(),
        kind: found.kind.to_string(),
    })?;
    Ok(values)
}

fn to_usize(value: u64) -> usize {
    usize::try_from(value).expect("a block is small")
}
