//! A claim of a gain: several trainings that differ in their seed, against one arm or each against
//! its own.
//!
//! For each task the outcomes of the trainings are averaged; the interval is the percentile
//! bootstrap's over tasks, so that it is about other tasks, with these trainings. The claim holds
//! if the mean reaches the least gain that was asked, the interval excludes zero, and every
//! training gains.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use runtime_core::seed::{mix, unit};

use crate::Named;

/// Draws of the bootstrap.
const DRAWS: usize = 10_000;

/// A claim, as `NAME=DIR,DIR,…>CONTROL+POINTS`, where CONTROL is an arm, or as many as there are folders.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) name: String,
    pub(crate) folders: Vec<PathBuf>,
    controls: Vec<String>,
    least: f64,
}

impl Claim {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let form = || format!("a claim is NAME=DIR,DIR>CONTROL+POINTS; found {text}");
        let (name, rest) = text.split_once('=').with_context(form)?;
        let (folders, rest) = rest.split_once('>').with_context(form)?;
        let (controls, least) = rest.rsplit_once('+').with_context(form)?;
        let folders: Vec<PathBuf> = folders.split(',').map(PathBuf::from).collect();
        let controls: Vec<String> = controls.split(',').map(str::to_owned).collect();
        ensure!(controls.len() == 1 || controls.len() == folders.len(), form());
        Ok(Self {
            name: name.to_owned(),
            folders,
            controls,
            least: least.parse().with_context(form)?,
        })
    }

    /// What the claim comes to at a trial.
    pub(crate) fn judge(&self, trainings: &[Named], arms: &[Named], trial: u32) -> Result<String> {
        let control = |name: &String| {
            let found = arms.iter().find(|arm| arm.name == *name);
            found.with_context(|| format!("there is no arm {name}"))
        };
        let differences: Vec<Vec<f64>> = trainings
            .iter()
            .zip(self.controls.iter().cycle())
            .map(|(training, name)| differences(training, control(name)?, trial))
            .collect::<Result<_>>()?;
        let tasks = differences.first().map_or(0, Vec::len);
        ensure!(tasks > 0, "{} has no tasks", self.name);
        let seeds: Vec<f64> = differences.iter().map(|of| 100.0 * mean(of)).collect();
        let by_task: Vec<f64> = (0..tasks)
            .map(|task| 100.0 * mean(&differences.iter().map(|of| of[task]).collect::<Vec<_>>()))
            .collect();
        let (gain, [low, high]) = (mean(&by_task), bootstrap(&by_task));
        let holds = gain >= self.least && low > 0.0 && seeds.iter().all(|seed| *seed > 0.0);
        let seeds: Vec<String> = seeds.iter().map(|seed| format!("{seed:+.1}")).collect();
        Ok(format!(
            "{} over {}, mean of {} trainings ({}): {gain:+.1} [{low:+.1}, {high:+.1}], asked {:+.1}: {}",
            self.name,
            self.controls.join(", "),
            trainings.len(),
            seeds.join(", "),
            self.least,
            if holds { "holds" } else { "does not hold" },
        ))
    }
}

/// For each task, whether it was solved by the trial, less whether the control solved it.
fn differences(arm: &Named, control: &Named, trial: u32) -> Result<Vec<f64>> {
    let pairs = arm.arm.tasks.iter().zip(&control.arm.tasks);
    let same = arm.arm.tasks.len() == control.arm.tasks.len();
    ensure!(same && pairs.clone().all(|(a, b)| a.id == b.id), "{} has other tasks", arm.name);
    let solved = |by: bool| f64::from(u8::from(by));
    Ok(pairs.map(|(a, b)| solved(a.solved_by(trial)) - solved(b.solved_by(trial))).collect())
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len().max(1) as f64
}

/// The 95 % interval of the mean, by percentiles of resampled means.
fn bootstrap(numbers: &[f64]) -> [f64; 2] {
    let count = numbers.len();
    let mut means: Vec<f64> = (0..DRAWS)
        .map(|draw| {
            let of = |place: usize| {
                let drawn = unit(mix(mix(draw as u64) ^ place as u64)) * count as f32;
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "below count"
                )]
                numbers[(drawn as usize).min(count - 1)]
            };
            (0..count).map(of).sum::<f64>() / count as f64
        })
        .collect();
    means.sort_by(f64::total_cmp);
    [means[DRAWS / 40], means[DRAWS - 1 - DRAWS / 40]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_the_normal_one_for_many_tasks() {
        let outcomes: Vec<f64> = (0..600).map(|task| f64::from(u8::from(task % 4 == 0))).collect();

        let [low, high] = bootstrap(&outcomes);

        // 0.25 ± 1.96 · √(0.25 · 0.75 / 600)
        assert!((low - 0.2154).abs() < 0.004 && (high - 0.2846).abs() < 0.004, "{low} {high}");
    }

    #[test]
    fn a_claim_says_what_it_is_about() {
        let claim = Claim::parse("trained=a,b,c>imitated+4").unwrap();
        assert_eq!((claim.name.as_str(), claim.folders.len()), ("trained", 3));
        assert_eq!(claim.controls, ["imitated"]);
        let own = Claim::parse("trained=a,b>one,two+0").unwrap();
        assert_eq!(own.controls, ["one", "two"]);
        for wrong in ["trained=a,b", "trained=a,b,c>one,two+0"] {
            assert!(Claim::parse(wrong).unwrap_err().to_string().contains("a claim is"));
        }
    }
}
