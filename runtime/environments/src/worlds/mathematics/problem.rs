//! A problem with its gold solution.

use runtime_core::task::Difficulty;

/// A problem with its gold solution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The task's id: split and place in the file.
    pub id: String,
    /// What results are grouped by: MATH's subject, or `gsm8k`.
    pub kind: String,
    /// What is asked.
    pub question: String,
    /// The worked solution, with its marks.
    pub solution: String,
    /// The final answer.
    pub answer: String,
    /// How hard it is, where that is known.
    pub difficulty: Option<Difficulty>,
}
