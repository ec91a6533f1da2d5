//! A scripted expert for games like ALFWorld's, whose actions are training data.
//!
//! ```text
//! instruction ───────────► goal ──┐
//! opening, observations ─► notes ─┼─► choose ─► one of the admissible actions
//! advice ──────────────────► │    │
//!                            └──► │ ─► advise ─► what the next trial should know
//! what lies where ─► usual places ┘
//! ```
//!
//! The expert sees what an agent sees: a [`Sight`] contains nothing of the game's
//! state. Its knowledge of the house comes from observations; the admissible actions
//! only tell which form of an action works here. So each of its actions follows from
//! text that a model reads, too.

mod goal;
mod notes;
mod usual_places;
mod player;
mod advice;
mod claims;

pub use advice::advise;
pub use claims::check_claims;
pub use player::{Sight, choose};

#[cfg(test)]
mod tests;
