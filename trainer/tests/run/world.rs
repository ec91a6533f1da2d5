//! The tiny model, records and a run's file in a folder.

use std::cell::Cell;
use std::fs;
use std::path::PathBuf;

use burn::tensor::Device;
use models::tiny::{self, TinyConfig};
use runtime_core::environment::Step;
use runtime_core::event::{
    CallHistory, Event, RunEvent, StepEvent, TrialEndEvent, TrialKey, TrialStartEvent,
};
use runtime_core::model::{Cost, Generation, ModelIdentity, Origin, StopReason, Token};
use runtime_core::record::{self, Version};
use runtime_core::task::{Limits, Task};
use runtime_core::trajectory::{Decision, Ending, TakenStep};
use trainer::TrainError;
use trainer::config::{
    AdapterConfig, OptimizerConfig, Precision, RunConfig, Schedule, TrainConfig,
};
use trainer::dataset::{DataConfig, Measure, ReflectionData, Reward, Select};
use trainer::run::{Base, Ended, TrainingRun, Watch};
use trainer::stages::Stage;

/// A model and records in a folder.
pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) base: Base,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tiny.gguf");
        tiny::write_llama(&path, &TinyConfig::default()).unwrap();
        let sha256 = models::checksum::sha256_file(&path).unwrap();
        let world = Self { folder, base: Base { path, sha256 } };
        fs::write(world.path("trials.log"), log(&world.base.sha256)).unwrap();
        world
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn config(&self) -> TrainConfig {
        let targets = ["attn_q", "attn_v", "ffn_down"].map(str::to_owned).into();
        TrainConfig {
            folder: None,
            stage: Stage::Supervised,
            model: "tiny".into(),
            parent: None,
            start: None,
            seed: 7,
            data: DataConfig {
                records: vec![self.path("trials.log")],
                files: Vec::new(),
                solved_only: true,
                reflections: None,
                reward_model: None,
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
                precision: Precision::F32,
            },
        }
    }

    /// A run that learns from reflections by their return, in single steps.
    pub(crate) fn reflections(&self, stage: Stage, select: Select) -> TrainConfig {
        let mut config = self.config();
        config.stage = stage;
        config.data.solved_only = false;
        config.data.reflections = Some(ReflectionData {
            measure: Measure::Return,
            reward: Reward::Difference,
            select,
            permute: None,
            credit: None,
        });
        config.adapter.dropout = 0.0;
        config.optimizer.weight_decay = 0.0;
        config.run.accumulation = 1;
        config.run.recompute = false;
        config.run.checkpoint_steps = 1000;
        config
    }

    pub(crate) fn open(&self, config: TrainConfig, out: &str) -> Result<TrainingRun, TrainError> {
        let out = self.path(out);
        fs::create_dir_all(&out).unwrap();
        TrainingRun::open(config, self.base.clone(), &out, &Device::flex())
    }

    pub(crate) fn losses(&self, out: &str) -> Vec<f32> {
        let metrics = trainer::metrics::read(&self.path(out).join("metrics.jsonl"));
        metrics.iter().map(|metrics| metrics.loss).collect()
    }
}

/// What is run: so many tasks, played and reflected on by the model with this sha256.
pub(crate) fn run_event(sha256: &str, tasks: u32) -> RunEvent {
    let (name, sha256) = ("tiny".into(), sha256.into());
    let actor = ModelIdentity { name, sha256, ..ModelIdentity::default() };
    let task = |number: u32| Task {
        id: format!("task {number}"),
        kind: "count".into(),
        instruction: String::new(),
        seed: 0,
        limits: Limits::default(),
    };
    RunEvent {
        version: "0".into(),
        strategy: "none".into(),
        settings: "{}".into(),
        prompts_sha256: String::new(),
        actor: actor.clone(),
        retrospective: actor,
        tasks: (0..tasks).map(task).collect(),
        traits: Vec::new(),
    }
}

/// Tasks of two steps; what is answered follows from what is asked.
pub(crate) fn log(sha256: &str) -> Vec<u8> {
    let mut events = vec![Event::Run(run_event(sha256, 24))];
    for number in 0..24 {
        events.extend(episode(number));
    }
    record::stream(Version::NEWEST, &events).unwrap()
}

fn episode(number: u32) -> Vec<Event> {
    let key = TrialKey { task: number, trial: 1 };
    let mut calls = CallHistory::default();
    let mut prompt_ids: Vec<u32> = vec![5, 6, 10 + number % 6];
    let mut events = vec![Event::TrialStart(TrialStartEvent { key, opening: String::new() })];
    for step in 0..2 {
        let answer = [30 + number % 6, 40 + step];
        let token = |&id: &u32| Token { origin: Origin::Dictated, ..Token::forced(id) };
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
            grounded: None,
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
pub(crate) fn play(run: &mut TrainingRun, steps: Option<u64>) -> Ended {
    let done = Cell::new(0);
    let watch = Watch {
        now_us: &|| 0,
        interrupted: &|| {
            done.set(done.get() + 1);
            steps.is_some_and(|steps| done.get() >= steps)
        },
        progress: &|_, _| {},
        scoring: &|_, _| {},
    };
    run.run(&watch).unwrap()
}

pub(crate) fn finished(ended: Ended) -> Vec<u8> {
    match ended {
        Ended::Finished(adapter) => fs::read(adapter).unwrap(),
        Ended::Interrupted(step) => panic!("interrupted at {step}"),
    }
}
