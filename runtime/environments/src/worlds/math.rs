//! MATH (Hendrycks et al. 2021): problems of competitions, and MATH-500 (Lightman et al. 2023) to
//! test with.
//!
//! The final answer is read from the gold solution's box. Validation is every fifteenth problem of
//! the file to train on, from the first. Task ids are `SPLIT/PLACE`, the place in the file from 0.

use runtime_core::task::Difficulty;

use super::mathematics::{Mathematics, OPTIONS, Problem, Subject};
use crate::answer::{extract, math};
use crate::entry::WorldEntry;
use crate::rows::{Row, RowError, RowFile};

/// The registry's entry.
pub const ENTRY: WorldEntry = WorldEntry {
    name: "math",
    about: "problems of mathematical competitions (MATH), from its data set",
    task_ids: "SPLIT/NUMBER",
    prompts: "mathematics",
    data: Some("math"),
    options: OPTIONS,
    has_expert: false,
    replays: true,
    remembers: false,
    open: |options| Ok(Box::new(Mathematics::open(&MATH, options)?)),
};

/// MATH.
pub static MATH: Subject = Subject {
    name: ENTRY.name,
    train: RowFile { set: "math", path: "math/math-train.jsonl" },
    test: RowFile { set: "math", path: "math/math-500.jsonl" },
    solution_tokens: 512,
    ending: "`\\boxed{ANSWER}`",
    read,
    equal: math::equal,
};

/// Greatest level of an easy problem, of 1 to 5.
const EASY_LEVEL_MAX: u64 = 3;

/// Two gold solutions count primes, find none, and leave their boxes empty.
const EMPTY_BOX: [&str; 2] = ["\\boxed{}", "\\boxed{0}"];

fn read(row: &Row<'_>) -> Result<Problem, RowError> {
    let solution = row.text("solution")?.replace(EMPTY_BOX[0], EMPTY_BOX[1]);
    let answer = extract::boxed(&solution).ok_or_else(|| {
        let found = serde_json::Value::from(solution.as_str());
        row.wrong("solution", "a solution with \\boxed{…}", &found)
    })?;
    let level = row.value("level").map(|_| row.count("level")).transpose()?;
    let is_easy = |level| level <= EASY_LEVEL_MAX;
    Ok(Problem {
        id: String::new(),
        kind: row.text("subject")?.to_lowercase().replace('&', "and").replace(' ', "_"),
        question: row.text("problem")?.to_owned(),
        answer: answer.to_owned(),
        solution,
        difficulty: level
            .map(|level| if is_easy(level) { Difficulty::Easy } else { Difficulty::Hard }),
    })
}
