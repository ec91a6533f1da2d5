//! What a second trial is worth to a scripted actor: without advice, with the expert's advice on
//! the failed trial, and with the truth.
//!
//! The actor is the expert, of whose steps some are random. It has no habits: which of several
//! receptacles of a kind it uses is drawn anew for each trial, unless advice tells it.

use anyhow::Result;
use runtime_core::environment::Environment;
use runtime_core::seed::{Draw, SeedKey, mix};
use runtime_core::task::{Limits, Task};
use runtime_environments::entry::EnvironmentOptions;
use runtime_environments::expert::{Sight, advise, choose};
use runtime_environments::selection::TaskSelection;
use runtime_environments::worlds::household::house;
use runtime_environments::worlds::open;

/// Tasks of each split.
const TASKS: usize = 200;
/// Percentage of random steps of the expert as the actor.
const NOISE: u64 = 10;

/// Shares of tasks that are solved, 0.0 to 1.0.
#[derive(serde::Serialize)]
pub(crate) struct Retries {
    split: String,
    /// Greatest number of steps of a trial.
    steps_max: u32,
    /// In the first trial, by choosing at random.
    random_first: f64,
    /// In the first or second one, by choosing at random.
    random_second: f64,
    /// In the first trial.
    first: f64,
    /// In the first or second trial, of which the second is told nothing.
    retried: f64,
    /// The same with the expert's advice on the first trial.
    advised: f64,
    /// The same with the truth.
    told: f64,
    /// In the first trial, with the truth.
    told_first: f64,
}

/// One trial, played.
struct Played {
    won: bool,
    opening: String,
    observations: Vec<String>,
}

/// An actor for one task.
struct Actor<'a> {
    environment: &'a mut dyn Environment,
    task: &'a Task,
    steps_max: u32,
    noise_percent: u64,
}

/// Measures the validation split of a difficulty.
pub(crate) fn measure(difficulty: &str) -> Result<Retries> {
    let world = open("household", &EnvironmentOptions::default())?;
    let split = format!("validation/{difficulty}");
    let steps_max = world.default_steps_max(&split);
    let limits = Limits::default();
    let selection = TaskSelection { split: split.clone(), count: Some(TASKS), seed: 0, limits };
    let tasks = world.tasks(&selection)?;
    let mut environment = world.environment();
    // The seven rates, in the order of the fields.
    let mut solved = [0_usize; 7];
    for task in &tasks {
        let truth = world.truth(task).unwrap_or_default();
        let mut actor =
            Actor { environment: &mut *environment, task, steps_max, noise_percent: 100 };
        let first = actor.play(1, "")?.won;
        let random = [first, first || actor.play(2, "")?.won];
        actor.noise_percent = NOISE;
        let first = actor.play(1, "")?;
        let advice = first.advice(task);
        let mut then =
            |advice: &str| Ok::<_, anyhow::Error>(first.won || actor.play(2, advice)?.won);
        let expert =
            [first.won, then("")?, then(&advice)?, then(&truth)?, actor.play(1, &truth)?.won];
        for (count, won) in solved.iter_mut().zip(random.into_iter().chain(expert)) {
            *count += usize::from(won);
        }
    }
    let [random_first, random_second, first, retried, advised, told, told_first] =
        solved.map(|count| count as f64 / tasks.len() as f64);
    Ok(Retries {
        split,
        steps_max,
        random_first,
        random_second,
        first,
        retried,
        advised,
        told,
        told_first,
    })
}

impl Retries {
    /// The shares in words.
    pub(crate) fn line(&self) -> String {
        let percent = |share: f64| format!("{:.1}", share * 100.0);
        format!(
            "        {} in {} steps, % solved after one and two trials: random {}, {}; expert {}, {} \
             without advice, {} with advice, {} with the truth; {} in one with the truth",
            self.split,
            self.steps_max,
            percent(self.random_first),
            percent(self.random_second),
            percent(self.first),
            percent(self.retried),
            percent(self.advised),
            percent(self.told),
            percent(self.told_first),
        )
    }
}

impl Actor<'_> {
    fn play(&mut self, trial: u32, advice: &str) -> Result<Played> {
        let opening = self.environment.reset(self.task)?;
        let guess = guess(self.task, trial);
        let mut played = Played { won: false, opening, observations: Vec::new() };
        for step in 1..=self.steps_max {
            let admissible = self.environment.admissible_actions().unwrap_or_default();
            let draw = Draw::Noise { step };
            let draw = SeedKey { run: 0, task: &self.task.id, trial, draw }.seed();
            let random = usize::try_from(draw / 100)? % admissible.len();
            let sight = played.sight(self.task, vec![&guess, advice], &admissible);
            let chosen = choose(&sight).filter(|_| draw % 100 >= self.noise_percent);
            let outcome = self.environment.step(chosen.unwrap_or(&admissible[random]))?;
            played.observations.push(outcome.observation);
            played.won = outcome.reward > 0.5;
            if outcome.done {
                break;
            }
        }
        Ok(played)
    }
}

impl Played {
    fn sight<'a>(
        &'a self,
        task: &'a Task,
        advice: Vec<&'a str>,
        admissible: &'a [String],
    ) -> Sight<'a> {
        let observations = self.observations.iter().map(String::as_str).collect();
        Sight {
            instruction: &task.instruction,
            advice,
            opening: &self.opening,
            observations,
            admissible,
        }
    }

    fn advice(&self, task: &Task) -> String {
        advise(&self.sight(task, Vec::new(), &[])).unwrap_or_default()
    }
}

/// Which of the receptacles that a secret is about the actor tries first, in a sentence that it
/// heeds; empty without a secret.
fn guess(task: &Task, trial: u32) -> String {
    let secret = house(&task.id).and_then(|house| Some((house.wish.or(house.works)?, house)));
    let Some((place, house)) = secret else { return String::new() };
    let noun = house.receptacles[place].furniture.noun;
    let alike = house.receptacles.iter().filter(|other| other.furniture.noun == noun);
    let number = mix(task.seed ^ mix(u64::from(trial))) % alike.count() as u64 + 1;
    format!("Take it, move it to {noun} {number}.")
}
