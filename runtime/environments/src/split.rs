//! What the tasks of a world are for: what is learned from, chosen by and judged by is never
//! the same.

/// What a split's tasks are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To learn from.
    Train,
    /// To choose adapters, settings and methods by.
    Validation,
    /// To judge the end by. Nothing is learned from them, and nothing chosen by them.
    Test,
}

/// Some of a world's tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// As options and task ids name it.
    pub name: String,
    /// What its tasks are for.
    pub purpose: Purpose,
}

impl Split {
    /// A split of this name.
    pub fn new(name: impl Into<String>, purpose: Purpose) -> Self {
        Self { name: name.into(), purpose }
    }
}
