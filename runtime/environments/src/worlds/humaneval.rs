//! `HumanEval` (Chen et al. 2021): 164 functions to complete in Python, all for test. Task ids are
//! `test/HumanEval/NUMBER`.

use super::programming::{OPTIONS, ProgramLists, ProgramWorld};
use crate::entry::WorldEntry;
use crate::rows::RowFile;
use crate::split::Purpose;

/// The registry's entry.
pub const ENTRY: WorldEntry = WorldEntry {
    name: "humaneval",
    about: "functions to complete in Python (HumanEval), from its data set",
    task_ids: "SPLIT/HumanEval/NUMBER",
    prompts: "programs",
    data: Some("humaneval"),
    options: OPTIONS,
    has_expert: false,
    replays: true,
    remembers: false,
    open: |options| Ok(Box::new(ProgramWorld::open(&HUMANEVAL, options)?)),
};

/// `HumanEval`.
pub static HUMANEVAL: ProgramLists = ProgramLists {
    name: ENTRY.name,
    lists: &[("", RowFile { set: "humaneval", path: "code/HumanEval.jsonl.gz" })],
    splits: &[("test", Purpose::Test)],
    default_split: "test",
};
