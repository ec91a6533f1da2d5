//! Writes the tiny model of the tests as a file, for scripts that record what other
//! programs make of it.
#![allow(clippy::print_stderr)]

use std::path::PathBuf;
use std::process::ExitCode;

use models::tiny::{TinyConfig, write_llama};

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: tiny FILE");
        return ExitCode::from(2);
    };
    match write_llama(&path, &TinyConfig::default()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
