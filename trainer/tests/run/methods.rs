//! What each setting of the method changes.

use std::fs;

use models::adapter::Adapter;
use models::gguf::Gguf;
use trainer::config::{Precision, Schedule, TrainConfig};

use crate::world::{World, finished, play};

/// The adapter of a run whose file was changed, and the losses on the way.
fn trained(change: impl FnOnce(&mut TrainConfig)) -> (Adapter, Vec<f32>) {
    let world = World::new();
    let mut config = world.config();
    config.adapter.dropout = 0.0;
    config.optimizer.weight_decay = 0.0;
    config.run.epochs = 2;
    change(&mut config);
    let bytes = finished(play(&mut world.open(config, "out").unwrap(), None));
    let adapter = Adapter::from_gguf(Gguf::from_bytes("trained", bytes).unwrap()).unwrap();
    (adapter, world.losses("out"))
}

fn numbers(adapter: &Adapter) -> Vec<f32> {
    adapter.pairs().unwrap().into_iter().flat_map(|pair| [pair.a, pair.b].concat()).collect()
}

fn length(values: &[f32]) -> f32 {
    values.iter().map(|value| value * value).sum::<f32>().sqrt()
}

#[test]
fn weight_decay_keeps_factors_short() {
    let (free, _) = trained(|_| {});
    let (decayed, _) = trained(|config| config.optimizer.weight_decay = 10.0);

    let [free, decayed] = [free, decayed].map(|adapter| length(&numbers(&adapter)));
    assert!(decayed < 0.7 * free, "{decayed} after {free}");
}

#[test]
fn in_bf16_training_goes_nearly_the_same_way_and_does_not_mix_with_f32() {
    let (_, exact) = trained(|config| config.run.epochs = 10);
    let (_, coarse) = trained(|config| {
        (config.run.epochs, config.run.precision) = (10, Precision::Bf16);
    });

    assert_ne!(exact, coarse);
    let ([first, .., exact], [.., coarse]) = (&exact[..], &coarse[..]) else {
        panic!("there are steps");
    };
    assert!(coarse < &(first / 2.0), "{first} to {coarse}");
    assert!((exact - coarse).abs() < 0.1 * first, "{exact} and {coarse}");

    let world = World::new();
    play(&mut world.open(world.config(), "out").unwrap(), Some(4));
    let mut changed = world.config();
    changed.run.precision = Precision::Bf16;
    let refused = world.open(changed, "out").map(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("another file"), "{refused}");
}

#[test]
fn dropout_changes_training_and_repeats_with_the_seed() {
    let (_, without) = trained(|_| {});
    let (adapter, with) = trained(|config| config.adapter.dropout = 0.5);
    let (again, repeated) = trained(|config| config.adapter.dropout = 0.5);
    let (_, other_seed) = trained(|config| (config.adapter.dropout, config.seed) = (0.5, 8));

    // New factors change nothing, so that the first loss knows no dropout.
    assert_eq!(with[0].to_bits(), without[0].to_bits());
    assert_ne!(with, without);
    assert_eq!((numbers(&adapter), &with), (numbers(&again), &repeated));
    assert_ne!(with, other_seed);
}

#[test]
fn accumulated_batches_make_the_step_of_one_large_batch() {
    let portions = |batch_tokens, accumulation| {
        move |config: &mut TrainConfig| {
            config.run.epochs = 3;
            (config.run.batch_tokens, config.run.accumulation) = (batch_tokens, accumulation);
        }
    };
    let (at_once, losses) = trained(portions(10_000, 1));
    let (one_by_one, accumulated) = trained(portions(1, 1000));

    assert_eq!(losses.len(), 3);
    let near = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-4 * a.abs().max(1.0);
    assert!(losses.iter().zip(&accumulated).all(near), "{losses:?} {accumulated:?}");
    let [at_once, one_by_one] = [at_once, one_by_one].map(|adapter| numbers(&adapter));
    let apart: Vec<f32> = at_once.iter().zip(&one_by_one).map(|(a, b)| a - b).collect();
    assert!(length(&apart) < 1e-3 * length(&at_once), "{}", length(&apart));
}

#[test]
fn a_rank_stabilized_adapter_is_scaled_by_the_root_of_its_rank() {
    let (plain, losses) = trained(|config| config.adapter.rank = 16);
    let (stabilized, others) =
        trained(|config| (config.adapter.rank, config.adapter.rank_stabilized) = (16, true));

    // Every reader scales by alpha over rank: 8 / √16 is 32 / 16.
    assert_eq!((plain.alpha, stabilized.alpha), (8.0, 32.0));
    assert_eq!(losses[0].to_bits(), others[0].to_bits());
    assert_ne!(losses, others);
}

#[test]
fn each_schedule_lets_the_learning_rate_fall_its_own_way() {
    let rates = |schedule| {
        let world = World::new();
        let mut config = world.config();
        config.optimizer.schedule = schedule;
        finished(play(&mut world.open(config, "out").unwrap(), None));
        let metrics = trainer::metrics::read(&world.path("out").join("metrics.jsonl"));
        metrics.iter().map(|metrics| metrics.learning_rate / 0.02).collect::<Vec<f64>>()
    };
    let [constant, linear, cosine] =
        [Schedule::Constant, Schedule::Linear, Schedule::Cosine].map(rates);

    // Two steps of rise, then the fall over what is left.
    let left = (constant.len() - 2) as f64;
    for (index, (linear, cosine)) in linear.iter().zip(&cosine).enumerate().skip(2) {
        let gone = (index - 2) as f64 / left;
        assert!((linear - (1.0 - gone)).abs() < 1e-9, "{linear} in step {index}");
        let expected = f64::midpoint(1.0, (std::f64::consts::PI * gone).cos());
        assert!((cosine - expected).abs() < 1e-9, "{cosine} in step {index}");
    }
    for rates in [&constant, &linear, &cosine] {
        assert_eq!(rates[..3], [0.5, 1.0, 1.0]);
    }
    assert!(constant[2..].iter().all(|rate| (rate - 1.0).abs() < 1e-9));
}

#[test]
fn a_run_without_anything_to_learn_from_is_refused() {
    let world = World::new();
    let mut config = world.config();
    config.data.records.clear();
    let nothing = config.check().unwrap_err().to_string();
    fs::write(world.path("empty.jsonl"), "\n\n").unwrap();
    config.data.files = vec![world.path("empty.jsonl")];

    let empty = world.open(config, "out").map(|_| ()).unwrap_err().to_string();

    assert!(nothing.contains("data.records") && nothing.contains("data.files"), "{nothing}");
    assert!(empty.contains("no sample is left"), "{empty}");
}
