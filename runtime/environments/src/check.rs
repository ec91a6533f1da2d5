//! A world held against what worlds promise, by playing it at random.
//!
//! ```text
//! tasks ─► play at random ─► play it again, after another task ─► and in an environment of its own
//! ```

use std::collections::BTreeSet;

use runtime_core::environment::{EnvironmentError, Step};
use runtime_core::seed::mix;
use runtime_core::task::{Limits, Task};
use serde::Serialize;

use crate::selection::TaskSelection;
use crate::world::{Playable, World, WorldError, causes};

/// What a world is asked where it lists no actions, and once where it does.
const WORDS: [&str; 4] = ["look", "wait", "help", "open the door"];
/// Characters of a text that a finding shows.
const SHOWN: usize = 120;

/// How much is played.
#[derive(Clone, Debug)]
pub struct CheckSettings {
    /// The split; all of them if `None`.
    pub split: Option<String>,
    /// Tasks of each split, from the first one on.
    pub tasks: usize,
    /// The seed of the actions.
    pub seed: u64,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// What each promise came to, in the order of the checks.
    pub promises: Vec<Promise>,
    /// Number of tasks that were played.
    pub tasks: usize,
    /// Number of steps, those that were repeated included.
    pub steps: usize,
}

/// A promise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Promise {
    /// What is promised.
    pub text: &'static str,
    /// How often it was kept.
    pub kept: usize,
    /// What was found where it was not, at most once a task.
    pub broken: Vec<String>,
}

/// The promises, in order.
const PROMISES: [&str; 8] = [
    "every split has tasks, with ids of their own",
    "tasks are the same each time",
    "an episode begins and each action is answered",
    "an action that nobody knows is answered too",
    "listed actions are distinct and fit a line",
    "progress stays in 0 to 1 and never falls, and rewards sum to 0 to 1",
    "the same actions give the same episode, also after another task",
    "and in another environment",
];

impl CheckReport {
    /// Whether every promise was kept.
    pub fn is_kept(&self) -> bool {
        self.promises.iter().all(|promise| promise.broken.is_empty())
    }

    fn hold(&mut self, promise: usize, problem: Option<String>) {
        let promise = &mut self.promises[promise];
        match problem {
            None => promise.kept += 1,
            Some(problem) => promise.broken.push(problem),
        }
    }
}

/// Plays a world and says which promises it keeps. `tell` hears how many tasks of how many are
/// done.
///
/// An error of listing tasks ends it; one of an episode is a finding.
pub fn check(
    world: &dyn World,
    settings: &CheckSettings,
    tell: &mut dyn FnMut(usize, usize),
) -> Result<CheckReport, WorldError> {
    let promise = |text| Promise { text, kept: 0, broken: Vec::new() };
    let mut report =
        CheckReport { promises: PROMISES.map(promise).into(), ..CheckReport::default() };
    let tasks = listed(world, settings, &mut report)?;
    let mut environment = world.environment();
    for (place, task) in tasks.iter().enumerate() {
        tell(place, tasks.len());
        let other = &tasks[(place + 1) % tasks.len()];
        check_task(world, &mut environment, (task, other), settings.seed, &mut report);
    }
    Ok(report)
}

/// The tasks to be played.
fn listed(
    world: &dyn World,
    settings: &CheckSettings,
    report: &mut CheckReport,
) -> Result<Vec<Task>, WorldError> {
    let splits = match &settings.split {
        Some(split) => vec![world.split(split)?.name],
        None => world.splits().into_iter().map(|split| split.name).collect(),
    };
    let (mut all, mut ids) = (Vec::new(), BTreeSet::new());
    for split in splits {
        let limits = Limits { steps_max: world.default_steps_max(&split), ..Limits::default() };
        let count = Some(settings.tasks);
        let selection = TaskSelection { split: split.clone(), count, seed: settings.seed, limits };
        let tasks = world.tasks(&selection)?;
        let again = world.tasks(&selection)? == tasks;
        report.hold(1, (!again).then(|| format!("{split}: other tasks the second time")));
        let problem = tasks.iter().find_map(|task| {
            (!ids.insert(task.id.clone())).then(|| format!("{split}: a second task {:?}", task.id))
        });
        let none = tasks.is_empty().then(|| format!("{split}: no tasks"));
        report.hold(0, none.or(problem));
        all.extend(tasks);
    }
    Ok(all)
}

/// An episode: what was seen, in order.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    opening: String,
    steps: Vec<(String, Step)>,
    listed: Vec<Option<Vec<String>>>,
}

fn check_task(
    world: &dyn World,
    environment: &mut Box<dyn Playable + Send>,
    (task, other): (&Task, &Task),
    seed: u64,
    report: &mut CheckReport,
) {
    let named = |problem: String| format!("{}: {problem}", task.id);
    let mut episode = Seen::default();
    let played = play(&mut **environment, task, seed, &mut episode);
    report.steps += episode.steps.len();
    report.tasks += 1;
    let answered = played.is_ok();
    report.hold(2, played.err().map(|error| named(causes(&error))));
    report.hold(4, wrong_list(&episode).map(named));
    report.hold(5, wrong_numbers(&episode).map(named));
    if !answered {
        return;
    }
    let odd = environment.reset(task).and_then(|_| environment.step("xyzzy \u{2603}"));
    report.hold(3, odd.err().map(|error| named(causes(&error))));
    if !environment.repeats() {
        return;
    }
    // What the other task leaves behind must not be seen.
    let _ = environment.reset(other).and_then(|_| environment.step(WORDS[0]));
    report.hold(6, difference(&mut **environment, task, &episode).map(named));
    report.hold(7, difference(&mut *world.environment(), task, &episode).map(named));
    report.steps += 2 * episode.steps.len();
}

/// Plays at random until the episode ends.
fn play(
    environment: &mut dyn Playable,
    task: &Task,
    seed: u64,
    episode: &mut Seen,
) -> Result<(), EnvironmentError> {
    episode.opening = environment.reset(task)?;
    let mut dice = mix(seed);
    for _ in 0..task.limits.steps_max {
        let listed = environment.admissible_actions();
        dice = mix(dice ^ task.id.len() as u64 ^ episode.steps.len() as u64);
        let choices = listed.as_ref().filter(|actions| !actions.is_empty());
        #[expect(clippy::cast_possible_truncation, reason = "less than the number of choices")]
        let chosen = |count: usize| (dice % count.max(1) as u64) as usize;
        let action = match choices {
            Some(actions) => actions[chosen(actions.len())].clone(),
            None => WORDS[chosen(WORDS.len())].to_owned(),
        };
        episode.listed.push(listed);
        let step = environment.step(&action)?;
        let done = step.done;
        episode.steps.push((action, step));
        if done {
            break;
        }
    }
    Ok(())
}

fn wrong_list(episode: &Seen) -> Option<String> {
    episode.listed.iter().flatten().zip(1..).find_map(|(actions, step)| {
        let distinct: BTreeSet<&String> = actions.iter().collect();
        let broken = actions.iter().find(|action| action.contains(['\n', '\r']));
        if distinct.len() < actions.len() {
            Some(format!("before step {step}, field actions: one of them twice"))
        } else {
            broken.map(|action| format!("before step {step}, field actions: {action:?}"))
        }
    })
}

fn wrong_numbers(episode: &Seen) -> Option<String> {
    let (mut sum, mut most) = (0.0, 0.0_f32);
    episode.steps.iter().zip(1..).find_map(|((_, step), number)| {
        sum += step.reward;
        let Step { progress, .. } = *step;
        let problem = if !(0.0..=1.0).contains(&progress) {
            Some(format!("field progress: {progress}"))
        } else if progress < most {
            Some(format!("field progress: {progress}, after {most}"))
        } else {
            (!(-0.001..=1.001).contains(&sum)).then(|| format!("field reward: {sum} in all"))
        };
        most = most.max(progress);
        problem.map(|problem| format!("step {number}, {problem}"))
    })
}

/// Where the same actions lead to something else.
fn difference(environment: &mut dyn Playable, task: &Task, episode: &Seen) -> Option<String> {
    let differs = |place: &str, found: &dyn std::fmt::Debug, before: &dyn std::fmt::Debug| {
        let shown = |text: &dyn std::fmt::Debug| {
            format!("{text:?}").chars().take(SHOWN).collect::<String>()
        };
        Some(format!("{place}: {}, but {} before", shown(found), shown(before)))
    };
    let opening = match environment.reset(task) {
        Ok(opening) => opening,
        Err(error) => return Some(causes(&error)),
    };
    if opening != episode.opening {
        return differs("the beginning, field observation", &opening, &episode.opening);
    }
    let steps = episode.steps.iter().zip(&episode.listed).zip(1..);
    for (((action, before), listed), number) in steps {
        let actions = environment.admissible_actions();
        if actions != *listed {
            return differs(&format!("before step {number}, field actions"), &actions, listed);
        }
        match environment.step(action) {
            Err(error) => return Some(causes(&error)),
            Ok(found) if found != *before => {
                return differs(&format!("step {number}, {action:?}"), &found, before);
            }
            Ok(_) => {}
        }
    }
    None
}
