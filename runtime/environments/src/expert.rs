//! A scripted player of ALFWorld's kind of games, for models to imitate.
//!
//! ```text
//! instruction ───────────► goal ──┐
//! opening, observations ─► notes ─┼─► choose ─► one of the admissible actions
//! advice ──────────────────► │    │
//!                            └──► │ ─► advise ─► what the next trial should know
//! what lies where ─► usual places ┘
//! ```
//!
//! It has seen what an agent has seen: a [`Sight`] holds nothing of the game
//! itself. What it knows of the house it knows from observations; the
//! admissible actions only tell which way of doing something works here. So
//! each of its actions follows from a text that a model reads, too.

mod goal;
mod notes;
mod usual_places;
mod player;
mod advice;

pub use advice::advise;
pub use player::{Sight, choose};

#[cfg(test)]
mod tests;
