//! What is said of tasks for the analysis of runs.

use runtime_core::task::{Difficulty, TaskTraits};

/// The abilities that a household's task needs: `AgentBoard`'s weights of `ALFWorld`.
const ABILITIES: [(&str, u8); 6] = [
    ("memory", 1),
    ("planning", 1),
    ("world modelling", 3),
    ("self-reflection", 3),
    ("grounding", 2),
    ("spatial navigation", 2),
];

/// The traits of a household's task by its type, `ALFWorld`'s name: hard are those in which more is
/// to be done than to find a thing and to bring it somewhere.
pub(crate) fn of_household(kind: &str) -> TaskTraits {
    let is_easy = matches!(kind, "pick_and_place_simple" | "look_at_obj_in_light");
    TaskTraits {
        difficulty: Some(if is_easy { Difficulty::Easy } else { Difficulty::Hard }),
        abilities: ABILITIES.map(|(name, weight)| (name.to_owned(), weight)).into(),
    }
}
