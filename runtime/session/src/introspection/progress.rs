//! How far attempts are.

/// How far the attempts at a number of problems are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IntrospectionProgress {
    /// Number of problems.
    pub problems: u64,
    /// Of which no attempt is missing.
    pub done: u64,
    /// Problems with a right attempt.
    pub solved: u64,
    /// Number of attempts.
    pub attempts: u64,
    /// Of which were degenerate.
    pub degenerate: u64,
}

impl IntrospectionProgress {
    /// What there is to say beside the number of problems.
    pub fn counts(&self) -> String {
        let Self { solved, attempts, degenerate, .. } = self;
        format!("{solved} solved, {attempts} attempts, {degenerate} degenerate")
    }

    /// All of it as a line.
    pub fn line(&self) -> String {
        format!("{} of {} problems: {}", self.done, self.problems, self.counts())
    }
}
