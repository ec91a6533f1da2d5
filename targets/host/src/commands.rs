//! The commands, one a file: the struct is the help text, `run` does it.

pub(crate) mod demo;
pub(crate) mod run;
pub(crate) mod compare;
pub(crate) mod demonstrate;
pub(crate) mod collect;
pub(crate) mod learn;
pub(crate) mod play;
pub(crate) mod score;
pub(crate) mod models;
pub(crate) mod data;
pub(crate) mod records;
pub(crate) mod report;
pub(crate) mod show;
pub(crate) mod prompts;
pub(crate) mod adapter;
pub(crate) mod node;
pub(crate) mod devices;
pub(crate) mod doctor;
pub(crate) mod train;
pub(crate) mod pages;
