//! Worlds, one a file: tasks, steps, scoring.
//!
//! ```text
//! worlds::open(name) ─► World ─► tasks
//!                         └────► environment ◄─ actions
//! ```
//!
//! [`worlds`] is the registry. [`alfworld`](worlds::alfworld) plays the official games from their
//! files, [`household`](worlds::household) makes games of the same kind from a seed. Both are text
//! games: [`pddl`] says what can be done, [`text`] how it is said, [`game`] plays.
//! [`node`](worlds::node) is a microcontroller at the end of a line. Models, prompts and memory
//! are for others.

pub mod world;
pub mod entry;
pub mod split;
pub mod selection;
pub mod worlds;
pub mod expert;
mod text_game;
pub mod game;
pub mod text;
pub mod pddl;
pub mod objects;
pub mod facts;
