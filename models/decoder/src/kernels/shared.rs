//! Matrices in memory, multiplied by the `gemm` crate.
//!
//! The only unsafe code of the CPU's kernels: each view's extent is checked
//! against its slice before `gemm` is given a pointer.
#![allow(unsafe_code, reason = "gemm takes pointers; the views are checked here")]

/// A matrix that is read.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    /// The numbers, from the first element on.
    pub(crate) values: &'a [f32],
    /// Rows and columns.
    pub(crate) shape: [usize; 2],
    /// Elements from one row, and from one column, to the next.
    pub(crate) strides: [usize; 2],
}

impl<'a> View<'a> {
    /// Rows that lie `stride` elements apart.
    pub(crate) fn rows(values: &'a [f32], shape: [usize; 2], stride: usize) -> Self {
        Self { values, shape, strides: [stride, 1] }
    }

    /// Rows and columns exchanged.
    pub(crate) fn transposed(self) -> Self {
        let Self { values, shape: [rows, columns], strides: [row, column] } = self;
        Self { values, shape: [columns, rows], strides: [column, row] }
    }

    /// At most `count` rows from one on.
    pub(crate) fn rows_from(self, first: usize, count: usize) -> Self {
        let Self { values, shape: [rows, columns], strides } = self;
        let shape = [count.min(rows - first), columns];
        Self { values: &values[first * strides[0]..], shape, strides }
    }

    fn check(&self) {
        assert!(self.values.len() >= extent(self.shape, self.strides), "a view leaves its slice");
    }
}

/// Elements from the first to behind the last.
pub(super) fn extent([rows, columns]: [usize; 2], [row, column]: [usize; 2]) -> usize {
    if rows == 0 || columns == 0 { 0 } else { (rows - 1) * row + (columns - 1) * column + 1 }
}

/// A matrix that several threads write, each its own part.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    pub(super) pointer: *mut f32,
    pub(super) length: usize,
}

// SAFETY: `write` is unsafe and asks its callers to keep their parts apart.
unsafe impl Send for Target {}
// SAFETY: as above.
unsafe impl Sync for Target {}

impl Target {
    /// A target over the whole slice, which stays borrowed by the caller.
    pub(crate) fn new(values: &mut [f32]) -> Self {
        Self { pointer: values.as_mut_ptr(), length: values.len() }
    }

    /// A target over the room of an empty vector, which stays borrowed by the caller; its
    /// numbers are not written yet.
    pub(crate) fn over_room(out: &mut Vec<f32>) -> Self {
        Self { pointer: out.as_mut_ptr(), length: out.capacity() }
    }

    /// Computes `lhs · rhs`, times `scale`, into the part at `offset` whose rows
    /// lie `stride` elements apart; adds to what is there if `Write::Add`.
    ///
    /// # Safety
    ///
    /// The slice that the target was made of is alive, and nobody else reads or
    /// writes the part meanwhile.
    pub(crate) unsafe fn write(
        self,
        (offset, stride): (usize, usize),
        (lhs, rhs): (View<'_>, View<'_>),
        scale: f32,
        write: Write,
    ) {
        let ([m, k], [inner, n]) = (lhs.shape, rhs.shape);
        assert_eq!(k, inner, "the inner dimensions differ");
        lhs.check();
        rhs.check();
        assert!(self.length >= offset + extent([m, n], [stride, 1]), "a part leaves the target");
        // SAFETY: all three extents were checked against their slices above; the
        // caller vouches for the part.
        unsafe {
            gemm::gemm(
                m,
                n,
                k,
                self.pointer.add(offset),
                1,
                signed(stride),
                write == Write::Add,
                lhs.values.as_ptr(),
                signed(lhs.strides[1]),
                signed(lhs.strides[0]),
                rhs.values.as_ptr(),
                signed(rhs.strides[1]),
                signed(rhs.strides[0]),
                1.0,
                scale,
                false,
                false,
                false,
                gemm::Parallelism::None,
            );
        }
    }

    /// The part `offset..offset + length` as a slice.
    ///
    /// # Safety
    ///
    /// As for [`Target::write`], as long as the slice lives.
    pub(crate) unsafe fn part<'a>(self, offset: usize, length: usize) -> &'a mut [f32] {
        assert!(self.length >= offset + length, "a part leaves the target");
        // SAFETY: inside the slice by the assertion; the caller vouches for the rest.
        unsafe { std::slice::from_raw_parts_mut(self.pointer.add(offset), length) }
    }

    /// Zeros in the part `offset..offset + length`, and the part as a slice.
    ///
    /// # Safety
    ///
    /// As for [`Target::part`].
    pub(crate) unsafe fn zeroed<'a>(self, offset: usize, length: usize) -> &'a mut [f32] {
        assert!(self.length >= offset + length, "a part leaves the target");
        // SAFETY: inside the room by the assertion; the caller vouches for the rest. No
        // reference exists before its numbers are written.
        unsafe {
            let start = self.pointer.add(offset);
            start.write_bytes(0, length);
            std::slice::from_raw_parts_mut(start, length)
        }
    }
}

/// A vector of `length` numbers, all of which `work` writes.
///
/// # Safety
///
/// When `work` returns it has written every number of the target, by [`Target::write`] that
/// replaces or by [`Target::zeroed`].
pub(crate) unsafe fn written(length: usize, work: impl FnOnce(Target)) -> Vec<f32> {
    let mut out = Vec::with_capacity(length);
    work(Target::over_room(&mut out));
    // SAFETY: there is room for them, and the caller vouches that they are written.
    unsafe { out.set_len(length) };
    out
}

/// What happens to what stood in a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    /// It is replaced.
    Replace,
    /// It is added to.
    Add,
}

/// `lhs · rhs`, times `scale`, into `out`, whose rows lie `stride` apart.
pub(crate) fn multiply(
    (out, stride): (&mut [f32], usize),
    operands: (View<'_>, View<'_>),
    scale: f32,
    write: Write,
) {
    // SAFETY: the target is borrowed mutably for the whole call.
    unsafe { Target::new(out).write((0, stride), operands, scale, write) }
}

/// `lhs · rhs`, times `scale`: row behind row.
pub(crate) fn multiplied((lhs, rhs): (View<'_>, View<'_>), scale: f32) -> Vec<f32> {
    let ([m, _], [_, n]) = (lhs.shape, rhs.shape);
    // SAFETY: the target is this vector alone, and all of it is replaced.
    unsafe { written(m * n, |target| target.write((0, n), (lhs, rhs), scale, Write::Replace)) }
}

fn signed(stride: usize) -> isize {
    isize::try_from(stride).expect("a slice is shorter than half the address space")
}
