//! Sessions without a terminal: what they play, what they tell, and what they refuse.

mod support;
mod playing;
mod resuming;
mod collecting;
mod games;
mod learning;
mod suite;
