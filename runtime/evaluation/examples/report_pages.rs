//! Writes the reports that `tests/browser` opens: runs that are made up.
//!
//! ```text
//! compare.html    three arms, 40 tasks of three types, with prompts and choices
//! parting.html    two arms that share two steps
//! hostile.html    every text is markup that would run, were it not escaped
//! thousand.html   1,000 trajectories of 20 steps
//! ```

use std::error::Error;
use std::path::Path;

use runtime_core::environment::Step;
use runtime_core::event::RunEvent;
use runtime_core::history::{FinishedTrial, RunHistory, TaskHistory};
use runtime_core::model::{Cost, Generation, ModelIdentity, Origin, StopReason, Token};
use runtime_core::reflection::{Judgement, Reflection};
use runtime_core::seed::mix;
use runtime_core::task::{Limits, Task};
use runtime_core::trajectory::{Decision, Ending, TakenStep, Trajectory};
use runtime_evaluation::report::{ReportRun, TranscriptReader, html};
use runtime_evaluation::transcript::Transcript;

const HOSTILE: &str = "</script><script>window.broken = 1</script><img src=x onerror='window.broken = 2'>\u{2028}\"{{ 7 * 7 }}";
const KINDS: [&str; 3] = ["pick_and_place", "pick_heat_then_place", "look_at_in_light"];
const TRIALS_MAX: u32 = 4;

/// What a run is made of.
struct Shape {
    tasks: u64,
    steps: u64,
    /// Out of 100: how likely a trial solves its task.
    percent: u64,
    /// Steps that all trials begin with.
    shared: u64,
    /// Stands in for every text where it is not empty.
    text: &'static str,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("name the folder to write to")?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let small = |percent| Shape { tasks: 40, steps: 8, percent, shared: 0, text: "" };
    let arms = [("none", 20), ("reflexion", 35), ("last-attempt", 22)];
    write(folder, "compare", &arms.map(|(strategy, percent)| history(strategy, &small(percent))))?;
    let parting = Shape { tasks: 1, steps: 5, percent: 0, shared: 2, text: "" };
    write(folder, "parting", &[history("none", &parting), history("reflexion", &parting)])?;
    let hostile = Shape { tasks: 3, steps: 2, percent: 30, shared: 0, text: HOSTILE };
    write(folder, "hostile", &[history("none", &hostile)])?;
    // Nothing is solved, so every task has all of its trials.
    let thousand = Shape { tasks: 125, steps: 20, percent: 0, shared: 0, text: "" };
    write(folder, "thousand", &[history("none", &thousand), history("reflexion", &thousand)])
}

fn write(folder: &Path, name: &str, histories: &[RunHistory]) -> Result<(), Box<dyn Error>> {
    let run = ReportRun {
        name: name.into(),
        histories,
        spending: None,
        circumstances: None,
        notes: Vec::new(),
    };
    let page = html(&[run], &mut Invented)?;
    Ok(std::fs::write(folder.join(format!("{name}.html")), page)?)
}

/// Makes up what records do not hold: prompts that grow by what was seen, and some choices.
struct Invented;

impl TranscriptReader for Invented {
    fn read(&mut self, _run: &RunEvent, transcript: &mut Transcript) {
        let mut prompt = format!(
            "<|im_start|>system\nYou play a game in a house.<|im_end|>\n<|im_start|>user\n{}<|im_end|>",
            transcript.opening
        );
        for step in &mut transcript.steps {
            let mut choices: Vec<String> =
                (1..9).map(|shelf| format!("go to shelf {shelf}")).collect();
            choices.push(step.action.clone());
            choices.sort();
            choices.dedup();
            step.admissible = Some(choices);
            step.thought.iter_mut().for_each(|thought| thought.prompt.text = Some(prompt.clone()));
            step.answer.prompt.text = Some(prompt.clone());
            prompt = format!("{prompt}\n{}\n{}", step.action, step.observation);
        }
    }

    fn word(&mut self, _run: &RunEvent, _token: u32) -> Option<String> {
        Some(" shelf".into())
    }
}

fn history(strategy: &str, shape: &Shape) -> RunHistory {
    let or = |text: String| if shape.text.is_empty() { text } else { shape.text.into() };
    let task = |index: u64| Task {
        id: if shape.text.is_empty() {
            format!("test/easy/{index}")
        } else {
            format!("{index}{}", shape.text)
        },
        kind: or(KINDS[(index % 3) as usize].into()),
        instruction: or(format!("put a mug {index} on the shelf")),
        seed: index,
        limits: Limits { trials_max: TRIALS_MAX, ..Limits::default() },
    };
    let actor = ModelIdentity { name: or("an actor".into()), ..ModelIdentity::default() };
    let run = RunEvent {
        version: "0.1.0".into(),
        strategy: strategy.into(),
        settings: r#"{"environment":"household","seed":1,"feedback":"self","temperature":0.7}"#
            .into(),
        prompts_sha256: "0f5275f9482b".into(),
        retrospective: actor.clone(),
        actor,
        tasks: (0..shape.tasks).map(task).collect(),
        traits: Vec::new(),
    };
    let played = |index: u64| {
        let mut trials = Vec::new();
        for number in 0..TRIALS_MAX {
            let draw = mix(index ^ mix(u64::from(number) ^ mix(strategy.len() as u64))) % 100;
            // No two trajectories share an observation.
            let mark = index * 100 + u64::from(number) * 10 + strategy.len() as u64;
            trials.push(trial(draw < shape.percent, mark, shape, &or));
            if draw < shape.percent {
                break;
            }
        }
        TaskHistory { trials, open: None, branches: Vec::new() }
    };
    RunHistory { run, tasks: (0..shape.tasks).map(played).collect() }
}

fn trial(solved: bool, mark: u64, shape: &Shape, or: &dyn Fn(String) -> String) -> FinishedTrial {
    let step = |step: u64| {
        let mark = if step < shape.shared { 0 } else { mark };
        let last = step + 1 == shape.steps;
        let reward = if solved && last { 1.0 } else { 0.0 };
        let action = or(format!("go to shelf {}", (step + mark) % 9));
        let decision = Decision {
            answer: generation(&action),
            action,
            malformed: step == 3,
            dropped_steps: 0,
            thought: Some(generation(&or(format!("The mug {mark} may be on shelf {step}.")))),
        };
        let progress = if reward > 0.0 { 1.0 } else { 0.25 * (step * 3 / shape.steps) as f32 };
        let observation = or(format!(
            "On shelf {step} you see a bowl {mark}, a book 2, a candle 1, a cup {step}, a pen 3 and \
             a vase 1. The drawer {mark} below it is closed."
        ));
        let outcome = Step { observation, reward, progress, done: last };
        TakenStep { decision, outcome, grounded: Some(true) }
    };
    let trajectory = Trajectory {
        opening: or("You are in the middle of a room. You see a shelf 1, a shelf 2, a desk 1 and \
                     a drawer 1."
            .into()),
        steps: (0..shape.steps).map(step).collect(),
        ending: if solved { Ending::Solved } else { Ending::StepLimit },
        feedback: or("The mug is not where it belongs.".into()),
    };
    let text = or(format!("I looked on shelf {mark} twice; next time I open the drawer first."));
    let generation = generation(&text);
    let written = Reflection::new(1, text, generation.clone());
    let reflection = (!solved).then_some(written);
    // The agent takes every other failure for a success.
    let judgement = shape
        .text
        .is_empty()
        .then(|| Judgement { completed: solved || mark % 20 < 10, generation: generation.clone() });
    FinishedTrial { judgement, reflection, ..FinishedTrial::new(trajectory, 40) }
}

fn generation(text: &str) -> Generation {
    let token = Token { id: 9, log_prob: -0.5, log_prob_full: Some(-1.5), origin: Origin::Drawn };
    Generation {
        text: text.into(),
        tokens: vec![token; 9],
        prompt_ids: vec![1; 300],
        stop: StopReason::EndOfTurn,
        cost: Cost {
            cached_tokens: 260,
            computed_tokens: 40,
            prefill_us: 90_000,
            decode_us: 120_000,
        },
        adapter: None,
    }
}
