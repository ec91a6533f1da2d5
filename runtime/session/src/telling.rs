//! Events of a session as text: for a log, a status line, a page.
//!
//! ```text
//! events ─► status ───► the current arm         for a status line
//!   │         └───────► journal                 the lines of a log
//!   └─────────────────► paragraphs              observations, actions, reflections
//! ```
//!
//! Texts of models, worlds and endpoints are included unchanged, as one line in lines. A program
//! that prints them to a terminal must escape control characters.

mod status;
mod journal;
mod events;

pub use events::paragraphs;
pub use journal::Journal;
pub use status::ArmStatus;
