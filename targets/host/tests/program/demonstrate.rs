//! `rebound demonstrate`: what it records is what the actor would have seen and
//! answered, and it never plays tasks that others are judged by.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use models::gguf::Gguf;
use models::vocabulary::Vocabulary;
use runtime_agent::agent::{CountedEpisode, ModelAgent};
use runtime_agent::prompts::PromptSet;
use runtime_core::agent::{Agent, Episode};
use runtime_core::choice::Counted;
use runtime_core::environment::ActionForm;
use runtime_core::history::{RunHistory, TaskHistory};
use runtime_core::model::Origin;
use runtime_core::reflection::Memory;
use runtime_core::seed::{Draw, SeedKey};
use runtime_core::trajectory::{Ending, TakenStep};
use runtime_engine::Handle;
use runtime_engine::llama::{self, LlamaConfig};
use runtime_store::trial_log::read_log;
use tempfile::TempDir;
use tests_needs::{SMOLLM2, weights};

use crate::support::{Outcome, killed_after, rebound, timeless, write_tiny};

/// Room for a few steps only: the tiny model's words are mostly letters.
const CONTEXT_TOKENS: &str = "600";

/// Prompts that say little; the expert sees the world, not these.
const PROMPTS: [&str; 8] =
    ["Play.", "", "{{ instruction }}", "{{ observation }}", "-", "-", "-", "-"];

/// A folder with a tiny model and prompts in it.
struct Play {
    folder: TempDir,
}

impl Play {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_tiny(&folder.path().join("tiny.gguf"), folder.path(), PROMPTS);
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn arguments(&self, name: &str, more: &[&str]) -> Vec<String> {
        let text = |path: PathBuf| path.to_str().unwrap().to_string();
        let fixed =
            ["demonstrate", "--quiet", "--split", "train/hard", "--context", CONTEXT_TOKENS];
        let paths = [("--actor", "tiny.gguf"), ("--out", name), ("--prompts", "")];
        let paths = paths.map(|(option, name)| [option.to_string(), text(self.path(name))]);
        let fixed = fixed.iter().chain(more).map(ToString::to_string);
        fixed.chain(paths.into_iter().flatten()).collect()
    }

    fn demonstrate(&self, name: &str, more: &[&str]) -> Outcome {
        let arguments = self.arguments(name, more);
        rebound(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn history(&self, name: &str) -> RunHistory {
        self.arm(name, "none")
    }

    fn arm(&self, name: &str, arm: &str) -> RunHistory {
        let log = self.path(name).join("arms").join(arm).join("trials.log");
        read_log(&log).unwrap().history
    }

    /// The tiny model in llama.cpp.
    fn engine(&self) -> Handle {
        let mut config = LlamaConfig::new(self.path("tiny.gguf"));
        config.context_tokens = CONTEXT_TOKENS.parse().unwrap();
        config.cache_tokens = config.context_tokens;
        config.sequences_max = NonZeroU32::MIN;
        llama::load(&config).unwrap().role(None).unwrap()
    }
}

/// Every trial's task, opening and steps.
fn trials(
    history: &RunHistory,
) -> impl Iterator<Item = (&runtime_core::task::Task, &str, &[TakenStep])> {
    history.run.tasks.iter().zip(&history.tasks).map(|(task, played)| {
        let trajectory = &played.trials[0].trajectory;
        (task, trajectory.opening.as_str(), trajectory.steps.as_slice())
    })
}

fn is_lesson(step: &TakenStep) -> bool {
    all_of(step, Origin::Dictated)
}

fn all_of(step: &TakenStep, origin: Origin) -> bool {
    step.decision.answer.tokens.iter().all(|token| token.origin == origin)
}

#[test]
fn an_agent_on_the_engine_sees_the_same_tokens() {
    let play = Play::new();
    assert_eq!(play.demonstrate("run", &["-n", "12"]).code, 0);
    let history = play.history("run");
    let settings = serde_json::from_str(&history.run.settings).unwrap();
    let engine = play.engine();
    let mut agent = ModelAgent {
        actor: Box::new(engine.clone()),
        retrospective: Box::new(engine.clone()),
        reward_model: None,
        prompts: Arc::new(PromptSet::from_sources(&PROMPTS.map(str::to_string)).unwrap()),
        settings,
        counted: CountedEpisode::default(),
    };
    let memory = Memory::with_capacity(0);

    let mut dropped_steps = 0;
    for (task, opening, steps) in trials(&history) {
        for (place, step) in steps.iter().enumerate() {
            let only = vec![step.decision.action.clone()];
            let draw = Draw::Action { step: u32::try_from(place + 1).unwrap() };
            let decision = agent.act(&Episode {
                task,
                memory: &memory,
                opening,
                steps: &steps[..place],
                admissible: Some(&only),
                schema: None,
                form: &ActionForm::Line,
                seed: SeedKey { run: 1, task: &task.id, trial: 1, draw },
            });
            let (expected, found) = (decision.unwrap(), &step.decision);
            assert_eq!(found.answer.prompt_ids, expected.answer.prompt_ids);
            assert_eq!(found.answer.text_ids(), expected.answer.text_ids());
            assert_eq!(found.dropped_steps, expected.dropped_steps);
            dropped_steps += found.dropped_steps;
        }
    }
    assert!(dropped_steps > 0, "the context was meant to be short");
}

#[test]
fn answers_are_the_actions_and_trimmed_prompts_show_fewer_steps() {
    let play = Play::new();
    assert_eq!(play.demonstrate("run", &["-n", "12"]).code, 0);
    let history = play.history("run");
    let engine = play.engine();
    let turn = engine.tokenizer().token_id("<|im_start|>").unwrap();
    let turns =
        |step: &TakenStep| step.decision.answer.prompt_ids.iter().filter(|&&id| id == turn).count();

    for (_, _, steps) in trials(&history) {
        for (place, step) in steps.iter().enumerate() {
            let answer = &step.decision.answer;
            let end = answer.tokens.last().unwrap().id;
            assert_eq!(engine.tokenizer().decode_lossy(&answer.text_ids()), step.decision.action);
            assert_eq!(engine.tokenizer().token_text(end), Some("<|im_end|>"));
            assert!(is_lesson(step) && answer.tokens.iter().all(|token| token.log_prob == 0.0));
            let shown = place - step.decision.dropped_steps as usize;
            assert_eq!(turns(step), turns(&steps[0]) + 2 * shown);
        }
    }
    assert_eq!(history.run.actor.name, "tiny.gguf");
    let endings = history.tasks.iter().map(|task| task.trials[0].trajectory.ending);
    assert!(endings.into_iter().all(|ending| ending == Ending::Solved));
}

#[test]
fn noise_is_no_lesson_and_the_expert_recovers() {
    let play = Play::new();
    let options = ["-n", "30", "--noise", "0.2"];
    let first = play.demonstrate("a", &options);
    assert_eq!(first.code, 0, "{}", first.stderr);
    assert_eq!(play.demonstrate("b", &[&options[..], &["--parallel", "4"]].concat()).code, 0);

    let history = play.history("a");
    let steps: Vec<&TakenStep> = trials(&history).flat_map(|(_, _, steps)| steps).collect();
    let lessons = steps.iter().filter(|step| is_lesson(step)).count();
    let noise = steps.iter().filter(|step| all_of(step, Origin::Forced));
    assert_eq!(lessons + noise.count(), steps.len());
    let share = lessons as f64 / steps.len() as f64;
    assert!((0.7..0.9).contains(&share), "{share}");
    let solved = history.tasks.iter().filter(|task| task.solved(Counted::Last)).count();
    assert!(solved >= 27, "{solved} of 30");
    assert_eq!(timeless(&play.path("a"))["arms"], timeless(&play.path("b"))["arms"]);
}

#[test]
fn demonstrations_that_are_killed_go_on() {
    let play = Play::new();
    let options = ["-n", "120", "--noise", "0.1", "--parallel", "2"];
    assert_eq!(play.demonstrate("whole", &options).code, 0);
    let killed = play.path("killed");
    let resume = ["demonstrate", "--quiet", "--resume", killed.to_str().unwrap()];
    let begin = play.arguments("killed", &options);
    let begin: Vec<&str> = begin.iter().map(String::as_str).collect();
    let next = || if killed.join("run.toml").exists() { &resume[..] } else { &begin[..] };

    for milliseconds in [150, 300, 450, 600] {
        killed_after(next(), Duration::from_millis(milliseconds));
    }
    let resumed = rebound(next());

    assert_eq!(resumed.code, 0, "{}", resumed.stderr);
    assert_eq!(timeless(&killed), timeless(&play.path("whole")));
    let refused = rebound(&["run", "--resume", killed.to_str().unwrap()]);
    let changed = rebound(&[&resume[..], &["--noise", "0.5"]].concat());
    assert!(refused.code == 1 && refused.stderr.contains("demonstrate --resume"));
    assert!(changed.code == 1 && changed.stderr.contains("--noise"), "{}", changed.stderr);
}

#[test]
fn success_and_mean_steps_are_reported() {
    let play = Play::new();
    let model = play.path("tiny.gguf");
    let out = play.path("run");
    let (model, out) = (model.to_str().unwrap(), out.to_str().unwrap());

    let shown =
        rebound(&["demonstrate", "-n", "5", "--context", "4000", "--actor", model, "--out", out]);

    assert_eq!(shown.code, 0, "{}", shown.stderr);
    assert!(shown.stdout.contains("steps, mean"), "{}", shown.stdout);
    let success = &timeless(Path::new(out))["arms"][0]["success_by_trial"][0];
    assert_eq!((success["solved"].as_u64(), success["of"].as_u64()), (Some(5), Some(5)));
    assert!(success["steps_mean"].as_f64().unwrap() >= 4.0);
}

#[test]
fn a_second_trial_heeds_what_the_expert_advised() {
    // The tiny model's vocabulary is bytes: its advice would be too long.
    let Some(model) = weights(SMOLLM2) else { return };
    let play = Play::new();
    let (out, model) = (play.path("run"), model.to_str().unwrap());
    let what =
        ["demonstrate", "-q", "--split", "train/hard", "-n", "30", "-t", "2", "--steps", "12"];
    let told = rebound(&[&what[..], &["-a", model, "--out", out.to_str().unwrap()]].concat());
    assert_eq!(told.code, 0, "{}", told.stderr);

    let history = play.arm("run", "retrospective");

    assert_eq!(history.run.retrospective, history.run.actor);
    let reflected: Vec<_> = history.tasks.iter().flat_map(TaskHistory::reflected).collect();
    assert!(reflected.len() >= 10, "{} of 30 failed", reflected.len());
    let solved = reflected.iter().filter(|pair| pair.next[0].trajectory.succeeded()).count();
    // 12 steps are few where the thing was not found yet, and many where it was.
    assert!(2 * solved > reflected.len(), "{solved} of {}", reflected.len());
    let tokenizer =
        Vocabulary::from_gguf(&Gguf::open(Path::new(model)).unwrap()).unwrap().tokenizer;
    for pair in reflected {
        let generation = &pair.reflection.generation;
        assert_eq!(tokenizer.decode_lossy(&generation.text_ids()), pair.reflection.text);
        assert!(generation.tokens.iter().all(|token| token.origin == Origin::Dictated));
    }
}

#[test]
fn what_cannot_be_demonstrated_is_refused_before_anything_is_written() {
    let play = Play::new();
    let refused = |more: &[&str], expected: &str| {
        let model = play.path("tiny.gguf");
        let out = play.path("refused");
        let fixed = ["demonstrate", "--out", out.to_str().unwrap()];
        let actor = ["--actor", model.to_str().unwrap()];
        let actor = if more.contains(&"--actor") { &[][..] } else { &actor[..] };
        let outcome = rebound(&[&fixed[..], actor, more].concat());
        assert!([1, 2].contains(&outcome.code), "{more:?}");
        assert!(outcome.stderr.contains(expected), "{more:?}: {}", outcome.stderr);
        assert!(!out.exists(), "{more:?}");
    };
    let data =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../runtime/environments/tests/fixtures");

    refused(&["--split", "validation/easy"], "is not for training; train on train/easy");
    refused(&["--split", "Test/hard"], "is not for training");
    let alfworld = ["--environment", "alfworld", "--data", data.to_str().unwrap()];
    for split in ["valid_seen", "valid_unseen"] {
        refused(&[&alfworld[..], &["--split", split]].concat(), "train on train");
    }
    refused(&["--agent", "react"], "no thoughts");
    refused(&["--actor", "scripted"], "no tokenizer");
    refused(&["--noise", "1.5"], "expected a number, 0 to 1");
}
