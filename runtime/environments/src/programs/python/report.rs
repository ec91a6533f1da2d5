//! What the tests' process says of a program, as a verdict.

use serde::Deserialize;

use crate::programs::verdict::{Fault, ProgramVerdict, TestOutcome, TestResult};

/// What stands for the verdict of tests that were ended.
pub(super) const BROKEN_TESTS: &str = r#"{"end": "gone", "sites": []}"#;

#[derive(Deserialize)]
struct Report {
    /// Why nothing could be judged.
    judge: Option<String>,
    /// How the tests ended: `whole`, `gone` with the program, or by an exception.
    end: Option<String>,
    #[serde(default)]
    sites: Vec<Site>,
}

/// An assertion.
#[derive(Deserialize)]
struct Site {
    test: String,
    /// `passed`, `failed`, `raised`, `begun` or `missed`.
    outcome: String,
    /// Left and right of what failed, or what was raised.
    texts: Vec<String>,
}

/// The verdict of a report, where the program ended by `fault` if it did; otherwise why nothing
/// could be judged.
pub(super) fn verdict(
    report: &[u8],
    fault: Option<Fault>,
    output: String,
) -> Result<ProgramVerdict, String> {
    let report: Report = serde_json::from_slice(report).map_err(|error| error.to_string())?;
    if let Some(reason) = report.judge {
        return Err(reason);
    }
    let end = report.end.unwrap_or_default();
    let is_whole = end == "whole";
    // What the tests did not come to in a whole run is no test.
    let made = report.sites.into_iter().filter(|site| !is_whole || site.outcome != "missed");
    let results: Vec<TestResult> = made.map(Site::result).collect();
    if is_whole && results.is_empty() {
        return Err("they have no assertion".to_owned());
    }
    let broken = if is_whole { None } else { Some(Fault::Tests(end)) };
    Ok(ProgramVerdict { results, fault: fault.or(broken), output })
}

impl Site {
    fn result(self) -> TestResult {
        let mut texts = self.texts.into_iter();
        let mut text = || texts.next().unwrap_or_default();
        let outcome = match &*self.outcome {
            "passed" => TestOutcome::Passed,
            "failed" => TestOutcome::Failed { left: text(), right: text() },
            "raised" => TestOutcome::Raised(text()),
            "begun" => TestOutcome::Ended,
            _ => TestOutcome::NotMade,
        };
        TestResult { test: self.test, outcome }
    }
}
