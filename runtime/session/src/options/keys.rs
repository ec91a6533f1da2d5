//! What there is to know of an option's key, beside its type.

/// A key of a run's file.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The option's field.
    pub(super) field: &'static str,
    /// What a text of it is.
    pub text: Text,
    /// Whether a resume may change it.
    pub on_resume: OnResume,
    /// What it is to a loop.
    pub in_loop: InLoop,
}

/// What the text of a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// What it says, or no text.
    Plain,
    /// A path; in a file it goes from the file's folder.
    Path,
    /// A known name, or a path.
    NameOrFile,
}

/// Whether an option may change under a run that was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnResume {
    /// It decides what is played.
    Fixed,
    /// It decides nothing of what is played.
    Free,
}

/// What an option is to the runs of a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InLoop {
    /// All of them share it.
    Shared,
    /// The loop sets it for each.
    Set,
    /// None may have it: under it reflections are not the retrospective's own draws.
    Foreign,
}

impl Key {
    /// How files and flags write it.
    pub fn name(&self) -> String {
        self.field.replace('_', "-")
    }
}
