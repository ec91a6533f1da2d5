//! A file of internal tests that is begun, or gone on with.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use runtime_environments::programs::internal::{
    InternalTestsAbout, InternalTestsLine, ProblemTests, Proposed,
};
use runtime_store::line_log::LineLog;

/// What was proposed, by the problem's id.
pub(super) type Done = BTreeMap<String, Proposed>;

/// Opens the file for what is asked, or begins it; returns the problems that it has, too.
pub(super) fn begin(
    path: &Path,
    about: InternalTestsAbout,
) -> anyhow::Result<(LineLog<InternalTestsLine>, Done)> {
    let (mut log, lines) = LineLog::open(path)?;
    let in_file = || format!("in {}", path.display());
    let mut lines = lines.into_iter();
    match lines.next() {
        None => log.append(&InternalTestsLine::About(about))?,
        Some(InternalTestsLine::About(found)) => {
            let as_value = |about| serde_json::to_value(about);
            let (found, asked) = (as_value(&found)?, as_value(&about)?);
            let fields = found.as_object().into_iter().flatten();
            if let Some((key, _)) = fields.into_iter().find(|(key, value)| asked[*key] != **value) {
                bail!(
                    "{} was begun with another `{key}`; ask for the same to go on, or choose \
                     another --out",
                    path.display()
                );
            }
        }
        Some(InternalTestsLine::Problem(_)) => {
            return Err(anyhow!("expected what decided the tests in the first line"))
                .with_context(in_file);
        }
    }
    let mut done = Done::new();
    for line in lines {
        let InternalTestsLine::Problem(ProblemTests { id, proposed }) = line else {
            return Err(anyhow!("expected what decided the tests in the first line alone"))
                .with_context(in_file);
        };
        done.insert(id, proposed);
    }
    Ok((log, done))
}
