//! Internal tests: assertions that a model proposes for a problem before any program is tried
//! (Reflexion, Shinn et al. 2023, section 4.3).
//!
//! ```text
//! answer ─► assertions ─► without repeats and tautologies ─► what the language takes ─► 6 drawn by a seed
//! ```
//!
//! They may be wrong: nobody who knows the hidden tests has seen them.

mod assertion;
mod file;

use std::collections::BTreeSet;

use runtime_core::seed::mix;
use serde::{Deserialize, Serialize};

use super::judge::{JudgeError, ProgramJudge};
use super::problem::Problem;
use assertion::{Found, assertion};

pub use file::{InternalTests, InternalTestsAbout, InternalTestsLine, KIND, ProblemTests, VERSION};

/// Greatest number of internal tests of a problem, as in Reflexion.
pub const TESTS_MAX: usize = 6;
/// Greatest number of assertions that are read of one answer.
const ASSERTIONS_MAX: usize = 64;

/// The internal tests of a problem, and what was dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposed {
    /// Assertions of the form `assert f(…) == …`, or in Rust `assert_eq!(f(…), …);`.
    pub tests: Vec<String>,
    /// What was proposed beside them.
    pub dropped: Dropped,
}

/// Proposed assertions that are no tests, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// Those of another form, and those beyond the first 64 of an answer.
    pub malformed: u64,
    /// Those that say nothing of the function: they do not call it, or both sides are the same text.
    pub tautologies: u64,
    /// Those that stood there before.
    pub repeats: u64,
    /// Those that the language refuses: its syntax, its types, values that cannot be made.
    pub refused: u64,
    /// Those that were not drawn, of more than 6.
    pub undrawn: u64,
}

impl Dropped {
    /// The number of all of them.
    pub fn all(&self) -> u64 {
        self.malformed + self.tautologies + self.repeats + self.refused + self.undrawn
    }
}

/// The assertions in an answer, in order, without repeats and tautologies. A line that does not begin
/// as an assertion is passed over.
pub fn read(problem: &Problem, answer: &str) -> Proposed {
    let mut proposed = Proposed::default();
    let mut seen = BTreeSet::new();
    for (place, line) in answer.lines().filter(|line| assertion::begins(line)).enumerate() {
        let dropped = &mut proposed.dropped;
        match assertion(problem, line) {
            Found::Test(test) if place < ASSERTIONS_MAX => {
                if seen.insert(test.clone()) {
                    proposed.tests.push(test);
                } else {
                    dropped.repeats += 1;
                }
            }
            Found::Tautology => dropped.tautologies += 1,
            Found::Test(_) | Found::Malformed => dropped.malformed += 1,
        }
    }
    proposed
}

/// Whether a text is an internal test of a problem, in the form that [`read`] gives.
pub fn is_test(problem: &Problem, test: &str) -> bool {
    matches!(assertion(problem, test), Found::Test(found) if found == test)
}

/// Drops what the problem's language refuses.
pub fn check(
    problem: &Problem,
    proposed: &mut Proposed,
    judge: &mut ProgramJudge,
) -> Result<(), JudgeError> {
    if proposed.tests.is_empty() || judge.accepts(problem, &proposed.tests)? {
        return Ok(());
    }
    let mut accepted = Vec::new();
    for test in std::mem::take(&mut proposed.tests) {
        if judge.accepts(problem, std::slice::from_ref(&test))? {
            accepted.push(test);
        } else {
            proposed.dropped.refused += 1;
        }
    }
    proposed.tests = accepted;
    Ok(())
}

/// Keeps [`TESTS_MAX`] of the tests, drawn by a seed, in their order.
pub fn draw(proposed: &mut Proposed, seed: u64) {
    let lots = (0..proposed.tests.len() as u64).map(|place| mix(mix(seed) ^ place));
    let mut drawn: Vec<(u64, usize)> = lots.zip(0..).collect();
    drawn.sort_unstable();
    let drawn: BTreeSet<usize> =
        drawn.into_iter().take(TESTS_MAX).map(|(_, place)| place).collect();
    let mut place = 0;
    proposed.tests.retain(|_| {
        place += 1;
        drawn.contains(&(place - 1))
    });
    proposed.dropped.undrawn += (place - proposed.tests.len()) as u64;
}

#[cfg(test)]
mod tests;
