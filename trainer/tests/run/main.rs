//! Runs on the tiny model: they learn, repeat to the bit, and survive kills.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests")]

mod grpo;
mod straying;
mod speaker;
mod toy;
mod reward_model;
mod world;
mod files;
mod methods;
mod parents;
mod outputs;
mod disk;
mod earlier;
mod damage;
mod records;
mod program;

use std::fs;
use std::path::Path;

use trainer::config::TrainConfig;
use trainer::dataset::{Measure, ReflectionData, Reward, Select};
use trainer::run::{Ended, Watch};
use trainer::stages::Stage;
use trainer::stages::reward_weighted::RewardWeights;

use crate::world::{World, finished, log, play};

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
fn a_stage_is_refused_what_it_cannot_learn_from() {
    let weights =
        RewardWeights { baseline: None, temperature: 0.4, normalize: false, weight_max: 1.0 };
    let reflections = ReflectionData {
        measure: Measure::Return,
        reward: Reward::Next,
        select: Select::All,
        permute: None,
        credit: None,
    };

    let actions = refused(|config, _| config.stage = Stage::RewardWeighted(weights));
    let solved_only = refused(|config, _| config.data.reflections = Some(reflections));

    assert!(actions.contains("data.reflections"), "{actions}");
    assert!(solved_only.contains("data.solved_only"), "{solved_only}");
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
    let watch =
        Watch { now_us: &|| 0, interrupted: &|| false, progress: &|_, _| {}, scoring: &|_, _| {} };

    let error = run.run(&watch).unwrap_err().to_string();

    assert!(error.contains("task") && error.contains("learning_rate"), "{error}");
}
