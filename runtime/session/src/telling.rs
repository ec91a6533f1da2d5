//! What happens in a session, in words: for a log, a line of standing, a page.
//!
//! ```text
//! events ─► standing ─► how an arm stands now     whoever draws asks for it
//!   │         └───────► journal                   lines for a log, those that are worth one
//!   └─────────────────► paragraphs                what was seen, done and learned
//! ```
//!
//! What models, worlds and endpoints wrote stands in it as they wrote it, in one line where lines
//! are told: whoever prints it to a terminal spells what would steer that.

mod status;
mod journal;
mod events;

pub use events::paragraphs;
pub use journal::Journal;
pub use status::ArmStatus;
