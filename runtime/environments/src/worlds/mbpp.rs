//! MBPP (Austin et al. 2021): 974 basic problems in Python. Their split goes by their number, as its
//! authors have it: 11 to 510 test, 511 to 600 validation, 601 to 974 training; 1 to 10 are examples
//! for prompts. Task ids are `SPLIT/mbpp/NUMBER`.

use super::programming::{OPTIONS_MBPP, ProgramLists, ProgramWorld};
use crate::entry::WorldEntry;
use crate::rows::RowFile;
use crate::split::Purpose;

/// The registry's entry.
pub const ENTRY: WorldEntry = WorldEntry {
    name: "mbpp",
    about: "basic problems in Python (MBPP), from its data set",
    task_ids: "SPLIT/mbpp/NUMBER",
    prompts: "programs",
    data: Some("mbpp"),
    options: OPTIONS_MBPP,
    has_expert: false,
    replays: true,
    remembers: false,
    open: |options| Ok(Box::new(ProgramWorld::open(&MBPP, options)?)),
};

/// MBPP.
pub static MBPP: ProgramLists = ProgramLists {
    name: ENTRY.name,
    lists: &[("", RowFile { set: "mbpp", path: "code/mbpp.jsonl" })],
    splits: &[
        ("train", Purpose::Train),
        ("validation", Purpose::Validation),
        ("test", Purpose::Test),
    ],
    default_split: "validation",
};
