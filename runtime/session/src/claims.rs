//! Claims on the folders of runs, which keep other processes out.

use std::path::Path;

use anyhow::Context;
use runtime_store::claim::{Claim, ClaimError};
use runtime_store::plain::check_plain;

use crate::circumstances;
use crate::options::RunOptions;
use crate::program::{Guard, Surroundings};
use crate::run_name::RUNS;

/// Claims the folder that the options name, whatever it contains, or else creates one named
/// after the environment and the time.
pub(crate) fn claim(
    options: &RunOptions,
    environment: &str,
    surroundings: &Surroundings,
) -> anyhow::Result<Claimed> {
    let folder = match (&options.out, &options.name) {
        (Some(out), _) => out.clone(),
        (None, Some(name)) => name.folder(),
        (None, None) => {
            let name = default_name(environment, &circumstances::now());
            let claim = Claim::take_new(Path::new(RUNS), &name, &circumstances::process())?;
            return Ok(Claimed::new(claim, surroundings));
        }
    };
    check_plain(&folder)?;
    take(&folder, surroundings).context("cannot begin a run")
}

/// Claims a folder for this process until it ends.
pub(crate) fn take(folder: &Path, surroundings: &Surroundings) -> Result<Claimed, ClaimError> {
    let claim = Claim::take(folder, &circumstances::process())?;
    Ok(Claimed::new(claim, surroundings))
}

/// A claim that is also released if a signal ends the program.
pub(crate) struct Claimed {
    claim: Claim,
    _left: Guard,
}

impl Claimed {
    fn new(claim: Claim, surroundings: &Surroundings) -> Self {
        let left = surroundings.program.before_end(Box::new(claim.leaving()));
        Self { claim, _left: left }
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        self.claim.folder()
    }

    /// Keeps the folder after the claim is released.
    pub(crate) fn keep(&self) {
        self.claim.keep();
    }
}

/// The default name, which sorts by time and is a valid folder name for any environment.
fn default_name(environment: &str, now: &str) -> String {
    let can_stand = |part: char| part.is_ascii_alphanumeric() || part == '_';
    let environment = environment.replace(|part| !can_stand(part), "-");
    format!("{environment}-{}", now.trim_end_matches('Z').replace(':', "-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_name_says_the_environment_and_the_time() {
        let name = default_name("household", "2026-11-23T01:15:02Z");

        assert_eq!(name, "household-2026-11-23T01-15-02");
        assert_eq!(default_name("../x", "2026-11-23T01:15:02Z"), "---x-2026-11-23T01-15-02");
    }
}
