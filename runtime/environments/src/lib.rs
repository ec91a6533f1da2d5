//! Worlds: tasks, steps and scoring.
//!
//! ```text
//! worlds::open(name) ─► World ─► tasks
//!                         └────► environment ◄─ actions
//! ```
//!
//! [`worlds`] is the registry. [`alfworld`](worlds::alfworld) plays the official games from their
//! files, [`household`](worlds::household) makes games of the same kind from a seed. Both are text
//! games: [`pddl`] defines the actions, [`text`] the observations, and [`game`] plays them.
//! [`gsm8k`](worlds::gsm8k) and [`math`](worlds::math) are problems whose final answers [`answer`]
//! compares, [`webshop`](worlds::webshop) is a shop, [`hotpotqa`](worlds::hotpotqa) asks questions over
//! documents; [`programs`] are judged by the tests of their problems; [`rows`] reads data sets of JSON lines, [`bm25`] searches documents by words.
//! [`node`](worlds::node) is a microcontroller on a serial line or socket. Models, prompts and
//! memory are in other crates.

pub mod world;
pub mod entry;
pub mod split;
pub mod selection;
pub mod rows;
pub mod preparation;
pub mod worlds;
pub mod check;
pub mod expert;
pub mod answer;
pub mod programs;
pub mod bm25;
mod text_game;
mod traits;
mod truth;
mod draws;
pub mod game;
pub mod text;
pub mod pddl;
pub mod objects;
pub mod facts;
