//! Splits of a world's tasks for training, validation and test, which never overlap.

/// The purpose of a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Training.
    Train,
    /// Validation: choosing adapters, settings and methods.
    Validation,
    /// Test: the final evaluation only.
    Test,
}

/// Some of a world's tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The name in options and task ids.
    pub name: String,
    /// Its purpose.
    pub purpose: Purpose,
}

impl Split {
    /// A split of this name.
    pub fn new(name: impl Into<String>, purpose: Purpose) -> Self {
        Self { name: name.into(), purpose }
    }
}
