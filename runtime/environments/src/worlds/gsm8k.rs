//! GSM8K (Cobbe et al. 2021): word problems whose answer is a number.
//!
//! Validation is every fifteenth problem of the file to train on, from the first. Task ids are
//! `SPLIT/PLACE`, the place in the file from 0.

use runtime_core::task::Difficulty;

use super::mathematics::{Mathematics, OPTIONS, Problem, Subject};
use crate::answer::{extract, number};
use crate::entry::WorldEntry;
use crate::rows::{Row, RowError, RowFile};

/// The registry's entry.
pub const ENTRY: WorldEntry = WorldEntry {
    name: "gsm8k",
    about: "grade school word problems, from its data set",
    task_ids: "SPLIT/NUMBER",
    prompts: "mathematics",
    data: Some("gsm8k"),
    options: OPTIONS,
    has_expert: false,
    replays: true,
    remembers: false,
    open: |options| Ok(Box::new(Mathematics::open(&GSM8K, options)?)),
};

/// GSM8K.
pub static GSM8K: Subject = Subject {
    name: ENTRY.name,
    train: RowFile { set: "gsm8k", path: "gsm8k/gsm8k-train.jsonl" },
    test: RowFile { set: "gsm8k", path: "gsm8k/gsm8k-test.jsonl" },
    solution_tokens: 320,
    ending: "a line `#### NUMBER`",
    read,
    equal: number::equal,
};

/// Greatest number of steps of an easy problem: half of the problems have no more.
const EASY_STEPS_MAX: usize = 3;

fn read(row: &Row<'_>) -> Result<Problem, RowError> {
    let solution = row.text("answer")?;
    let wrong = || {
        let found = serde_json::Value::from(solution);
        row.wrong("answer", "a solution that ends in #### and a number", &found)
    };
    let (steps, answer) = solution.rsplit_once(extract::MARK).ok_or_else(wrong)?;
    number::parse(answer).ok_or_else(wrong)?;
    let steps = steps.lines().filter(|line| !line.trim().is_empty()).count();
    let is_easy = steps <= EASY_STEPS_MAX;
    Ok(Problem {
        id: String::new(),
        kind: ENTRY.name.to_owned(),
        question: row.text("question")?.to_owned(),
        solution: solution.to_owned(),
        answer: answer.trim().to_owned(),
        difficulty: Some(if is_easy { Difficulty::Easy } else { Difficulty::Hard }),
    })
}
