//! Problems whose answers are programs, and what becomes of a program under their tests.
//!
//! ```text
//! row ─► Problem ─┬─ prompt ─► model ─► answer ─► program ─┐
//!                 └─ tests ────────────────────────────────┴─► judge ─► ProgramVerdict
//! ```
//!
//! A program may be hostile: it runs confined, in a process where neither the tests nor the verdict
//! is. Of [`python`] a second process has the tests and gets plain values from the first; of [`rust`]
//! the program is a crate of its own, and the verdict carries a number that it cannot know.

pub mod answer;
pub mod judge;
mod limits;
pub mod internal;
pub mod problem;
pub mod python;
pub mod rust;
pub mod stricter;
pub mod verdict;
