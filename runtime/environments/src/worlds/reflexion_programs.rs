//! The lists that Reflexion (Shinn et al. 2023) was measured on: of `HumanEval` and MBPP, in Python and
//! Rust. MBPP's mix its numbers, so they are parted as MBPP is. Task ids are `LIST/SPLIT/NAME`.

use super::programming::{OPTIONS, ProgramLists, ProgramWorld};
use crate::entry::WorldEntry;
use crate::rows::RowFile;
use crate::split::Purpose;

/// The registry's entry.
pub const ENTRY: WorldEntry = WorldEntry {
    name: "reflexion-programs",
    about: "Reflexion's lists of HumanEval and MBPP, in Python and Rust, from its data set",
    task_ids: "LIST/SPLIT/NAME",
    prompts: "programs",
    data: Some("reflexion-programs"),
    options: OPTIONS,
    has_expert: false,
    replays: true,
    remembers: false,
    open: |options| Ok(Box::new(ProgramWorld::open(&REFLEXION, options)?)),
};

const fn list(path: &'static str) -> RowFile {
    RowFile { set: "reflexion-programs", path }
}

/// Reflexion's lists.
pub static REFLEXION: ProgramLists = ProgramLists {
    name: ENTRY.name,
    lists: &[
        ("humaneval-py", list("code/reflexion-humaneval-py.jsonl")),
        ("humaneval-py-hardest50", list("code/reflexion-humaneval-py-hardest50.jsonl")),
        ("humaneval-rs", list("code/reflexion-humaneval-rs.jsonl")),
        ("humaneval-rs-hardest50", list("code/reflexion-humaneval-rs-hardest50.jsonl")),
        ("mbpp-py", list("code/reflexion-mbpp-py.jsonl")),
        ("mbpp-rs", list("code/reflexion-mbpp-rs.jsonl")),
    ],
    splits: &[
        ("mbpp-py/train", Purpose::Train),
        ("mbpp-rs/train", Purpose::Train),
        ("mbpp-py/validation", Purpose::Validation),
        ("mbpp-rs/validation", Purpose::Validation),
        ("humaneval-py/test", Purpose::Test),
        ("humaneval-py-hardest50/test", Purpose::Test),
        ("humaneval-rs/test", Purpose::Test),
        ("humaneval-rs-hardest50/test", Purpose::Test),
        ("mbpp-py/test", Purpose::Test),
        ("mbpp-rs/test", Purpose::Test),
    ],
    default_split: "mbpp-py/validation",
};
