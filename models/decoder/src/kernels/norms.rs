//! Root mean square normalization on the CPU.

use super::vectors::{dot, in_rows};

/// Rows times the weights `[width]`, divided by the root of their mean square; and what each row
/// was multiplied by for it.
pub(super) fn normalize(x: &[f32], weight: &[f32], epsilon: f32) -> [Vec<f32>; 2] {
    let width = weight.len();
    in_rows(
        x.len() / width,
        [width, 1],
        #[inline(always)]
        |first, [out, scales]| {
            let rows = out.chunks_exact_mut(width).zip(x[first * width..].chunks_exact(width));
            for ((out, x), scale) in rows.zip(scales) {
                *scale = 1.0 / (dot(x, x) / width as f32 + epsilon).sqrt();
                for ((out, x), weight) in out.iter_mut().zip(x).zip(weight) {
                    *out = x * *scale * weight;
                }
            }
        },
    )
}

/// The gradient of `x` from that of the rows, and from what they were multiplied by.
///
/// With `s` that scale and `u` the weighted gradient: `s · u − x · s³ · Σ u · x / width`.
pub(super) fn normalize_backward(
    x: &[f32],
    weight: &[f32],
    [scales, gradient]: [&[f32]; 2],
) -> Vec<f32> {
    let width = weight.len();
    let [out] = in_rows(
        x.len() / width,
        [width],
        #[inline(always)]
        |first, [out]| {
            let (x, gradient) = (&x[first * width..], &gradient[first * width..]);
            let rows = x.chunks_exact(width).zip(gradient.chunks_exact(width));
            let rows = rows.zip(&scales[first..]);
            for (out, ((x, gradient), scale)) in out.chunks_exact_mut(width).zip(rows) {
                for ((out, gradient), weight) in out.iter_mut().zip(gradient).zip(weight) {
                    *out = gradient * weight;
                }
                let along = dot(out, x) * scale * scale * scale / width as f32;
                for (out, x) in out.iter_mut().zip(x) {
                    *out = *out * scale - x * along;
                }
            }
        },
    );
    out
}
