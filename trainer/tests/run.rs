//! Runs on the tiny model: they learn, repeat to the bit, and survive kills.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use models::tiny::{self, TinyConfig};
use runtime_core::environment::Step;
use runtime_core::event::{
    CallHistory, Event, RunEvent, StepEvent, TrialEndEvent, TrialKey, TrialStartEvent,
};
use runtime_core::model::{Cost, Generation, ModelIdentity, StopReason, Token};
use runtime_core::record;
use runtime_core::task::{Limits, Task};
use runtime_core::trajectory::{Decision, Ending, TakenStep};
use trainer::TrainError;
use trainer::config::{
    AdapterConfig, Data, OptimizerConfig, RunConfig, Schedule, Stage, TrainConfig,
};
use trainer::run::{Base, Ended, Run, Watch};

/// A model and records in a folder.
struct World {
    folder: tempfile::TempDir,
    base: Base,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tiny.gguf");
        tiny::write_llama(&path, &TinyConfig::default()).unwrap();
        let sha256 = models::checksum::sha256_file(&path).unwrap();
        let world = Self { folder, base: Base { path, sha256 } };
        fs::write(world.path("trials.log"), log(&world.base.sha256)).unwrap();
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn config(&self) -> TrainConfig {
        let targets = ["attn_q", "attn_v", "ffn_down"].map(str::to_owned).into();
        TrainConfig {
            stage: Stage::Supervised,
            model: "tiny".into(),
            seed: 7,
            data: Data {
                records: vec![self.path("trials.log")],
                solved_only: true,
                sequence_tokens_max: 64,
                validation_share: 0.2,
            },
            adapter: AdapterConfig {
                rank: 4,
                alpha: 8.0,
                rank_stabilized: false,
                dropout: 0.1,
                targets,
            },
            optimizer: OptimizerConfig {
                learning_rate: 0.02,
                schedule: Schedule::Cosine,
                warmup_steps: 2,
                weight_decay: 0.01,
                beta_1: 0.9,
                beta_2: 0.99,
                epsilon: 1e-8,
                gradient_norm_max: 1.0,
            },
            run: RunConfig {
                epochs: 4,
                batch_tokens: 40,
                accumulation: 2,
                recompute: true,
                checkpoint_steps: 3,
            },
        }
    }

    fn open(&self, config: TrainConfig, out: &str) -> Result<Run, TrainError> {
        let out = self.path(out);
        fs::create_dir_all(&out).unwrap();
        Run::open(config, self.base.clone(), &out, &Device::flex())
    }

    fn losses(&self, out: &str) -> Vec<f32> {
        let metrics = trainer::metrics::read(&self.path(out).join("metrics.jsonl"));
        metrics.iter().map(|metrics| metrics.loss).collect()
    }
}

/// Tasks of two steps; what is answered follows from what is asked.
fn log(sha256: &str) -> Vec<u8> {
    let actor = ModelIdentity { name: "tiny".into(), sha256: sha256.into(), adapter_sha256: None };
    let task = |number: u32| Task {
        id: format!("task {number}"),
        kind: "count".into(),
        instruction: String::new(),
        seed: 0,
        limits: Limits::default(),
    };
    let run = RunEvent {
        version: "0".into(),
        strategy: "none".into(),
        settings: "{}".into(),
        prompts_sha256: String::new(),
        actor: actor.clone(),
        retrospective: actor,
        tasks: (0..24).map(task).collect(),
    };
    let mut events = vec![Event::Run(run)];
    for number in 0..24 {
        events.extend(episode(number));
    }
    let mut bytes = record::header().to_vec();
    for event in events {
        bytes.extend(record::encode(&event).unwrap());
    }
    bytes
}

fn episode(number: u32) -> Vec<Event> {
    let key = TrialKey { task: number, trial: 1 };
    let mut calls = CallHistory::default();
    let mut prompt_ids: Vec<u32> = vec![5, 6, 10 + number % 6];
    let mut events = vec![Event::TrialStart(TrialStartEvent { key, opening: String::new() })];
    for step in 0..2 {
        let answer = [30 + number % 6, 40 + step];
        let token = |&id: &u32| Token { id, log_prob: 0.0, log_prob_full: None, forced: false };
        let generation = Generation {
            text: String::new(),
            tokens: answer.iter().map(token).collect(),
            prompt_ids: prompt_ids.clone(),
            stop: StopReason::EndOfTurn,
            cost: Cost::default(),
            adapter: None,
        };
        let reward = if step == 1 && number % 4 != 3 { 1.0 } else { 0.0 };
        let stepped = TakenStep {
            decision: Decision {
                action: String::new(),
                malformed: false,
                dropped_steps: 0,
                thought: None,
                answer: generation,
            },
            outcome: Step { observation: String::new(), reward, progress: reward, done: step == 1 },
        };
        events.push(Event::Step(StepEvent::new(key, &stepped, &mut calls, 0)));
        prompt_ids.extend(answer);
        prompt_ids.push(50 + number);
    }
    let ending = if number % 4 == 3 { Ending::Over } else { Ending::Solved };
    events.push(Event::TrialEnd(TrialEndEvent { key, ending, feedback: String::new() }));
    events
}

/// Runs until the end, or until so many steps are done.
fn play(run: &mut Run, steps: Option<u64>) -> Ended {
    let done = Cell::new(0);
    let watch = Watch {
        now_us: &|| 0,
        interrupted: &|| {
            done.set(done.get() + 1);
            steps.is_some_and(|steps| done.get() >= steps)
        },
        progress: &|_, _| {},
    };
    run.run(&watch).unwrap()
}

fn finished(ended: Ended) -> Vec<u8> {
    match ended {
        Ended::Finished(adapter) => fs::read(adapter).unwrap(),
        Ended::Interrupted(step) => panic!("interrupted at {step}"),
    }
}

#[test]
fn imitation_lowers_the_loss_on_samples_that_it_never_saw() {
    let world = World::new();
    let mut config = world.config();
    config.run.epochs = 20;
    let mut run = world.open(config, "out").unwrap();
    assert_eq!(run.dataset.dropped.unsolved, 6);
    assert!(!run.dataset.validation.is_empty());

    finished(play(&mut run, None));

    let metrics = trainer::metrics::read(&world.path("out").join("metrics.jsonl"));
    let validation: Vec<f32> =
        metrics.iter().filter_map(|metrics| metrics.validation_loss).collect();
    let (first, last) = (validation[0], validation[validation.len() - 1]);
    assert!(last < first / 3.0, "{first} to {last}");
}

#[test]
fn a_run_that_is_stopped_anywhere_makes_the_same_adapter() {
    let world = World::new();
    let whole = finished(play(&mut world.open(world.config(), "whole").unwrap(), None));
    let mut run = world.open(world.config(), "stopped").unwrap();
    assert_eq!(play(&mut run, Some(2)), Ended::Interrupted(2));
    assert_eq!(
        play(&mut world.open(world.config(), "stopped").unwrap(), Some(5)),
        Ended::Interrupted(7)
    );
    // Killed: what was measured after the newest checkpoint is lost and done again.
    let metrics = world.path("stopped").join("metrics.jsonl");
    let mut lines = fs::read_to_string(&metrics).unwrap();
    lines.push_str("{\"step\":8,\"epoch\":1,\"lo");
    fs::write(&metrics, lines).unwrap();

    let stopped = finished(play(&mut world.open(world.config(), "stopped").unwrap(), None));

    assert!(whole == stopped, "the adapters differ");
    assert_eq!(world.losses("whole"), world.losses("stopped"));
}

#[test]
fn kept_and_recomputed_activations_make_the_same_adapter() {
    let world = World::new();
    let mut keep = world.config();
    keep.run.recompute = false;

    let recomputed = finished(play(&mut world.open(world.config(), "a").unwrap(), None));
    finished(play(&mut world.open(keep, "b").unwrap(), None));

    assert_eq!(world.losses("a"), world.losses("b"));
    let adapter = models::adapter::Adapter::from_gguf(
        models::gguf::Gguf::from_bytes("a", recomputed).unwrap(),
    )
    .unwrap();
    let base = models::gguf::Gguf::open(&world.base.path).unwrap();
    adapter.check_base(&base, Some(&world.base.sha256)).unwrap();
    assert_eq!(adapter.pairs().unwrap().len(), 6);
}

fn refused(change: impl FnOnce(&mut TrainConfig, &Path)) -> String {
    let world = World::new();
    let mut config = world.config();
    change(&mut config, world.folder.path());
    let opened = config.check().and_then(|()| world.open(config, "out").map(|_| ()));
    opened.unwrap_err().to_string()
}

#[test]
fn what_cannot_be_learned_from_is_refused_with_the_reason() {
    let wrong_model = refused(|config, folder| {
        fs::write(folder.join("other.log"), log("another")).unwrap();
        config.data.records = vec![folder.join("other.log")];
    });
    let missing = refused(|config, folder| config.data.records = vec![folder.join("none.log")]);
    let damaged = refused(|config, folder| {
        fs::write(folder.join("text.log"), "these are no records").unwrap();
        config.data.records = vec![folder.join("text.log")];
    });
    let target = refused(|config, _| config.adapter.targets = vec!["token_embd".into()]);
    let rate = refused(|config, _| config.optimizer.learning_rate = -1.0);

    assert!(wrong_model.contains("another"), "{wrong_model}");
    assert!(missing.contains("none.log"), "{missing}");
    assert!(damaged.contains("RBRC"), "{damaged}");
    assert!(target.contains("token_embd"), "{target}");
    assert!(rate.contains("learning_rate"), "{rate}");
}

#[test]
fn a_checkpoint_of_another_run_is_refused() {
    let world = World::new();
    play(&mut world.open(world.config(), "out").unwrap(), Some(2));
    let mut other = world.config();
    other.seed = 8;

    let refused = world.open(other, "out").map(|_| ()).unwrap_err().to_string();

    assert!(refused.contains("another file"), "{refused}");
}

#[test]
fn a_loss_that_is_no_number_stops_and_names_its_samples() {
    let world = World::new();
    let mut config = world.config();
    config.adapter.alpha = f32::MAX;
    config.optimizer.learning_rate = 0.9;
    let mut run = world.open(config, "out").unwrap();
    let watch = Watch { now_us: &|| 0, interrupted: &|| false, progress: &|_, _| {} };

    let error = run.run(&watch).unwrap_err().to_string();

    assert!(error.contains("task") && error.contains("learning_rate"), "{error}");
}
