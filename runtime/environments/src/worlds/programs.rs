//! One's own problems whose answers are programs, from a file in the form of `HumanEval`, MBPP or
//! MultiPL-E. They are for test, but those that are numbered as MBPP's to train on or to validate
//! with. Task ids are `SPLIT/ID`.

use super::programming::{OPTIONS_OWN, ProgramLists, ProgramWorld};
use crate::entry::WorldEntry;
use crate::split::Purpose;

/// The registry's entry.
pub const ENTRY: WorldEntry = WorldEntry {
    name: "programs",
    about: "your own problems in Python or Rust, from the file that --problems names",
    task_ids: "SPLIT/ID",
    prompts: "programs",
    data: None,
    options: OPTIONS_OWN,
    has_expert: false,
    replays: true,
    remembers: false,
    open: |options| Ok(Box::new(ProgramWorld::open(&PROGRAMS, options)?)),
};

/// One's own problems.
pub static PROGRAMS: ProgramLists = ProgramLists {
    name: ENTRY.name,
    lists: &[],
    splits: &[
        ("train", Purpose::Train),
        ("validation", Purpose::Validation),
        ("test", Purpose::Test),
    ],
    default_split: "test",
};
