//! Numbers that are none: found in floats, and in the scales of blocks, without computing values.

use crate::gguf::GgmlType;

/// What is expected of values.
pub(super) const EXPECTED: &str = "finite numbers";

/// The bits of a half float's exponent: all set, it is infinite or no number.
const F16_EXPONENT: u16 = 0x7c00;
/// The same of a bfloat.
const BF16_EXPONENT: u16 = 0x7f80;
/// The same of a float.
const F32_EXPONENT: u32 = 0x7f80_0000;

/// The first value or scale of some blocks that is not finite, and where; `None` if all are.
pub(crate) fn not_finite(kind: GgmlType, bytes: &[u8]) -> Option<String> {
    match kind {
        GgmlType::F32 => first(bytes, |value: [u8; 4]| {
            let bits = u32::from_le_bytes(value);
            (bits & F32_EXPONENT == F32_EXPONENT).then(|| f32::from_bits(bits).to_string())
        }),
        GgmlType::F16 => first(bytes, |value| told(value, F16_EXPONENT)),
        GgmlType::BF16 => first(bytes, |value| told(value, BF16_EXPONENT)),
        GgmlType::F64 => first(bytes, |value: [u8; 8]| {
            let value = f64::from_le_bytes(value);
            (!value.is_finite()).then(|| value.to_string())
        }),
        blocks => {
            let block_bytes = usize::try_from(blocks.block_bytes()).ok()?;
            scales(blocks).iter().find_map(|&at| scale(bytes, block_bytes, at))
        }
    }
}

fn first<const N: usize>(
    bytes: &[u8],
    wrong: impl Fn([u8; N]) -> Option<String>,
) -> Option<String> {
    let (values, _) = bytes.as_chunks::<N>();
    let found = values.iter().enumerate().find_map(|(index, &value)| Some((index, wrong(value)?)));
    found.map(|(index, told)| format!("{told} at {index}"))
}

fn scale(bytes: &[u8], block_bytes: usize, at: usize) -> Option<String> {
    let blocks = bytes.chunks_exact(block_bytes).enumerate();
    let mut wrong = blocks.filter_map(|(index, block)| {
        Some((index, told([block[at], block[at + 1]], F16_EXPONENT)?))
    });
    wrong.next().map(|(index, told)| format!("{told} as the scale of block {index}"))
}

fn told(value: [u8; 2], exponent: u16) -> Option<String> {
    let bits = u16::from_le_bytes(value);
    let is_infinite = bits & !(exponent | 0x8000) == 0;
    (bits & exponent == exponent).then(|| if is_infinite { "inf" } else { "NaN" }.to_owned())
}

/// Where the half floats lie that a block's values are multiples of; none where ours do not say.
fn scales(kind: GgmlType) -> &'static [usize] {
    match kind {
        GgmlType::Q4_1 | GgmlType::Q5_1 | GgmlType::Q4_K | GgmlType::Q5_K => &[0, 2],
        GgmlType::Q2_K => &[80, 82],
        GgmlType::Q3_K => &[108],
        GgmlType::Q6_K => &[208],
        GgmlType::Q4_0
        | GgmlType::Q5_0
        | GgmlType::Q8_0
        | GgmlType::IQ2_XXS
        | GgmlType::IQ2_XS
        | GgmlType::IQ2_S
        | GgmlType::IQ3_XXS
        | GgmlType::IQ3_S
        | GgmlType::IQ1_S
        | GgmlType::IQ4_NL
        | GgmlType::IQ4_XS => &[0],
        _ => &[],
    }
}
