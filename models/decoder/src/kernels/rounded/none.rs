//! Processors without the instructions: nothing is rounded, so that nothing else is called.

use super::Tile;
use crate::kernels::shared::Write;

/// Whether this processor has the instructions.
pub(super) fn is_supported() -> bool {
    false
}

/// See the other form of this module.
///
/// # Safety
///
/// Never called.
pub(super) unsafe fn round(_: &[f32], _: &mut [u32]) {
    unreachable!("nothing is rounded here");
}

/// See the other form of this module.
///
/// # Safety
///
/// Never called.
pub(super) unsafe fn pack(_: Tile<'_>, _: &mut [u32]) {
    unreachable!("nothing is rounded here");
}

/// See the other form of this module.
///
/// # Safety
///
/// Never called.
pub(super) unsafe fn multiply(
    _: (*const u32, [usize; 2]),
    _: (*const u32, usize),
    _: (*mut f32, usize, Write),
    _: usize,
) {
    unreachable!("nothing is rounded here");
}
