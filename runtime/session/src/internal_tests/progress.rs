//! How far proposals are.

/// How far the proposals for a number of problems are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProposalProgress {
    /// Number of problems.
    pub problems: u64,
    /// Of which have their tests.
    pub done: u64,
    /// Number of tests.
    pub tests: u64,
    /// Number of proposed assertions that were dropped.
    pub dropped: u64,
    /// Problems for which no test is left.
    pub without: u64,
}

impl ProposalProgress {
    /// What there is to say beside the number of problems.
    pub fn counts(&self) -> String {
        let Self { tests, dropped, without, .. } = self;
        format!("{tests} tests, {dropped} assertions dropped, {without} problems without tests")
    }

    /// All of it as a line.
    pub fn line(&self) -> String {
        format!("{} of {} problems: {}", self.done, self.problems, self.counts())
    }
}
