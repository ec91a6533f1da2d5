//! What strangers made is tried by a child of this program, before this process does it.
//!
//! ```text
//! program ─► Child::start ─► the same program, confined, under a hidden command
//!    │ ask                        │ serve
//!    └── a line of JSON ─────────►┤ renders a template, loads a model …
//!    ◄── a line of JSON ──────────┘ or dies, or takes too long: an error here
//! ```
//!
//! Of templates that is enough: they see nothing but what they are given, so that what ended once
//! ends again. A program allows it by [`allow`]; without that, as in a library, nothing is tried.
//! What was tried stays so in a file of the user's, [`Remembered`]. What a child does is for those
//! who ask it to say; this crate knows templates.

mod child;
mod serving;
mod remembered;
mod chat;
mod prompts;

pub use chat::chat_templates;
pub use child::{Child, ChildLimits, Kind, ProbeError, allow, is_allowed};
pub use prompts::confine_prompts;
pub use remembered::Remembered;
pub use serving::{serve, serve_templates};
