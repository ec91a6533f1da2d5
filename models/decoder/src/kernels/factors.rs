//! Products with an adapter's narrow factors on the CPU, shared out among the threads.

use rayon::prelude::*;

use super::shared::{Target, View, Write, written};

/// `lhs · rhs`, times `scale`, in rows; parts of the longer side are computed at once.
pub(super) fn multiply(lhs: View<'_>, rhs: View<'_>, scale: f32) -> Vec<f32> {
    let ([m, _], [_, n]) = (lhs.shape, rhs.shape);
    let threads = rayon::current_num_threads();
    let part = m.max(n).div_ceil(threads).max(1);
    let each_part = |target: Target| {
        (0..m.max(n).div_ceil(part)).into_par_iter().for_each(|index| {
            let first = index * part;
            let (offset, operands) = if m >= n {
                (first * n, (lhs.rows_from(first, part), rhs))
            } else {
                (first, (lhs, rhs.transposed().rows_from(first, part).transposed()))
            };
            // SAFETY: the target outlives the loop; parts are different rows or columns of it.
            #[allow(unsafe_code, reason = "threads write parts of one slice")]
            unsafe {
                target.write((offset, n), operands, scale, Write::Replace);
            }
        });
    };
    // SAFETY: the parts are all rows or all columns, and each is replaced.
    #[allow(unsafe_code, reason = "zeros would be written for nothing")]
    unsafe {
        written(m * n, each_part)
    }
}
