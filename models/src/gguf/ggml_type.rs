//! ggml's element types: their numbers, names and block sizes.
//!
//! How a block's bits make numbers is not here: this is arithmetic on sizes.

/// How a tensor's elements are stored: numbers, or blocks of quantized ones.
#[allow(non_camel_case_types, reason = "the names that every GGUF tool prints")]
#[allow(missing_docs, reason = "ggml's names say all there is to say")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GgmlType {
    F32,
    F16,
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q8_1,
    Q2_K,
    Q3_K,
    Q4_K,
    Q5_K,
    Q6_K,
    Q8_K,
    IQ2_XXS,
    IQ2_XS,
    IQ3_XXS,
    IQ1_S,
    IQ4_NL,
    IQ3_S,
    IQ2_S,
    IQ4_XS,
    I8,
    I16,
    I32,
    I64,
    F64,
    IQ1_M,
    BF16,
    TQ1_0,
    TQ2_0,
    MXFP4,
    NVFP4,
    Q1_0,
    Q2_0,
}

struct Row {
    kind: GgmlType,
    id: u32,
    name: &'static str,
    block_elements: u64,
    block_bytes: u64,
}

const fn row(kind: GgmlType, id: u32, name: &'static str, block: (u64, u64)) -> Row {
    Row { kind, id, name, block_elements: block.0, block_bytes: block.1 }
}

/// In the order of the enum, so that a type finds its row by its discriminant.
const TABLE: [Row; 35] = [
    row(GgmlType::F32, 0, "F32", (1, 4)),
    row(GgmlType::F16, 1, "F16", (1, 2)),
    row(GgmlType::Q4_0, 2, "Q4_0", (32, 18)),
    row(GgmlType::Q4_1, 3, "Q4_1", (32, 20)),
    row(GgmlType::Q5_0, 6, "Q5_0", (32, 22)),
    row(GgmlType::Q5_1, 7, "Q5_1", (32, 24)),
    row(GgmlType::Q8_0, 8, "Q8_0", (32, 34)),
    row(GgmlType::Q8_1, 9, "Q8_1", (32, 36)),
    row(GgmlType::Q2_K, 10, "Q2_K", (256, 84)),
    row(GgmlType::Q3_K, 11, "Q3_K", (256, 110)),
    row(GgmlType::Q4_K, 12, "Q4_K", (256, 144)),
    row(GgmlType::Q5_K, 13, "Q5_K", (256, 176)),
    row(GgmlType::Q6_K, 14, "Q6_K", (256, 210)),
    row(GgmlType::Q8_K, 15, "Q8_K", (256, 292)),
    row(GgmlType::IQ2_XXS, 16, "IQ2_XXS", (256, 66)),
    row(GgmlType::IQ2_XS, 17, "IQ2_XS", (256, 74)),
    row(GgmlType::IQ3_XXS, 18, "IQ3_XXS", (256, 98)),
    row(GgmlType::IQ1_S, 19, "IQ1_S", (256, 50)),
    row(GgmlType::IQ4_NL, 20, "IQ4_NL", (32, 18)),
    row(GgmlType::IQ3_S, 21, "IQ3_S", (256, 110)),
    row(GgmlType::IQ2_S, 22, "IQ2_S", (256, 82)),
    row(GgmlType::IQ4_XS, 23, "IQ4_XS", (256, 136)),
    row(GgmlType::I8, 24, "I8", (1, 1)),
    row(GgmlType::I16, 25, "I16", (1, 2)),
    row(GgmlType::I32, 26, "I32", (1, 4)),
    row(GgmlType::I64, 27, "I64", (1, 8)),
    row(GgmlType::F64, 28, "F64", (1, 8)),
    row(GgmlType::IQ1_M, 29, "IQ1_M", (256, 56)),
    row(GgmlType::BF16, 30, "BF16", (1, 2)),
    row(GgmlType::TQ1_0, 34, "TQ1_0", (256, 54)),
    row(GgmlType::TQ2_0, 35, "TQ2_0", (256, 66)),
    row(GgmlType::MXFP4, 39, "MXFP4", (32, 17)),
    row(GgmlType::NVFP4, 40, "NVFP4", (64, 36)),
    row(GgmlType::Q1_0, 41, "Q1_0", (128, 18)),
    row(GgmlType::Q2_0, 42, "Q2_0", (64, 18)),
];

impl GgmlType {
    /// The type of that number; none for numbers that ggml has retired or not given.
    pub fn from_id(id: u32) -> Option<Self> {
        TABLE.iter().find(|row| row.id == id).map(|row| row.kind)
    }

    /// The type's number in files.
    pub fn id(self) -> u32 {
        self.row().id
    }

    /// The name that tools print, such as `Q4_K`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Number of elements in a block.
    pub fn block_elements(self) -> u64 {
        self.row().block_elements
    }

    /// Number of bytes of a block.
    pub fn block_bytes(self) -> u64 {
        self.row().block_bytes
    }

    /// The bytes of a tensor of these dimensions; `None` if its rows are not
    /// whole blocks or the size overflows.
    pub fn tensor_bytes(self, ne: &[u64]) -> Option<u64> {
        let first = ne.first().copied().unwrap_or(1);
        if !first.is_multiple_of(self.block_elements()) {
            return None;
        }
        let row_bytes = (first / self.block_elements()).checked_mul(self.block_bytes())?;
        ne.iter().skip(1).try_fold(row_bytes, |bytes, &count| bytes.checked_mul(count))
    }

    fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }
}

impl std::fmt::Display for GgmlType {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_finds_its_own_row() {
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(row.kind as usize, index);
            assert_eq!(GgmlType::from_id(row.id), Some(row.kind));
            assert_eq!(format!("{:?}", row.kind), row.name);
        }
    }

    #[test]
    fn retired_numbers_are_no_type() {
        for id in [4, 5, 31, 32, 33, 36, 37, 38, 43, u32::MAX] {
            assert_eq!(GgmlType::from_id(id), None);
        }
    }

    #[test]
    fn a_row_is_whole_blocks() {
        assert_eq!(GgmlType::Q4_1.tensor_bytes(&[576, 2]), Some(2 * 18 * 20));
        assert_eq!(GgmlType::Q4_1.tensor_bytes(&[33]), None);
        assert_eq!(GgmlType::F32.tensor_bytes(&[u64::MAX, 2]), None);
        assert_eq!(GgmlType::F32.tensor_bytes(&[]), Some(4));
    }
}
