//! What there is to know of an option's key.

use super::kinds::Kind;

/// A key of a run's file.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// How files and flags write it.
    pub name: &'static str,
    /// What it says, and what is meant without it.
    pub help: &'static str,
    /// What stands for its value in a help.
    pub value: &'static str,
    /// What it is about.
    pub about: About,
    /// How often it is needed.
    pub need: Need,
    /// What its value is.
    pub kind: Kind,
    /// What a text of it is.
    pub text: Text,
    /// Whether a resume may change it.
    pub on_resume: OnResume,
    /// What it is to a loop.
    pub in_loop: InLoop,
}

/// What an option is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The environment and its tasks.
    Tasks,
    /// One environment alone.
    World,
    /// The models, their adapters, prompts and sampling.
    Models,
    /// What computes them, and its limits.
    Engine,
    /// Models behind an endpoint.
    Endpoints,
    /// The run's folder.
    Folder,
}

/// How often an option is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A first look should show it.
    Often,
    /// It need not.
    Seldom,
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

/// A field's name as files and flags write it.
pub(super) const fn kebab<const BYTES: usize>(field: &str) -> [u8; BYTES] {
    let mut name = [0; BYTES];
    let mut place = 0;
    while place < BYTES {
        let byte = field.as_bytes()[place];
        name[place] = if byte == b'_' { b'-' } else { byte };
        place += 1;
    }
    name
}

/// The text of a name.
pub(super) const fn text(name: &'static [u8]) -> &'static str {
    match str::from_utf8(name) {
        Ok(name) => name,
        Err(_) => panic!("fields have names in ASCII"),
    }
}
