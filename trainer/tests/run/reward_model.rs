//! A reward model learns which reflections will earn, from what others earned.
//!
//! A reflection is two words; those of a corridor that open its doors earn 1. Every
//! failed trajectory is a text of its own, so held-out ones were never seen.

use std::fs;

use models::gguf::{Array, Gguf, Value};
use runtime_core::event::{BranchEvent, CallHistory, Event, ReflectionEvent, TrialKey};
use runtime_core::model::Token;
use runtime_core::record;
use runtime_core::seed::mix;
use trainer::config::{Schedule, Stage};
use trainer::dataset::Select;
use trainer::stages::reward_model::{Labels, Quality, RewardModel};

use crate::toy::{WORDS, episode, generation, right_word};
use crate::world::{World, play, run_event};

const GROUPS: u32 = 96;
const MEMBERS: u32 = 4;
const CORRIDORS: u32 = 4;

/// Groups of reflections in which every pair of words is drawn alike.
fn log(sha256: &str) -> Vec<u8> {
    let mut events = vec![Event::Run(run_event(sha256, GROUPS))];
    for task in 0..GROUPS {
        let [failed, next] = [1, 2].map(|trial| TrialKey { task, trial });
        let corridor = task % CORRIDORS;
        let prompt = vec![5, 40 + task, 10 + corridor];
        events.extend(episode(failed, 0.0));
        for member in 0..MEMBERS {
            if member > 0 {
                events.push(Event::Branch(BranchEvent { key: failed }));
            }
            // Each of the four once, in an order of its own.
            let said = (u64::from(member) + mix(task.into())) % 4;
            let picked = [0, 1].map(|door| WORDS[door][(said as usize >> door) & 1]);
            let token = |id| Token { id, log_prob: -0.7, log_prob_full: None, forced: false };
            // What ends a reflection is the same in all.
            let tokens = [token(picked[0]), token(picked[1]), token(2)];
            let call = CallHistory::default().shorten(&generation(prompt.clone(), &tokens));
            events.push(Event::Reflection(ReflectionEvent {
                key: failed,
                text: String::new(),
                call,
            }));
            let right = [0, 1].map(|door| picked[door] == right_word(corridor, door));
            events.extend(episode(next, if right == [true; 2] { 1.0 } else { 0.0 }));
        }
    }
    let mut bytes = record::header().to_vec();
    for event in &events {
        bytes.extend(record::encode(event).unwrap());
    }
    bytes
}

/// Trains on such groups; returns how good it is on held-out ones, and its row.
fn learned(labels: Labels) -> (Quality, Vec<f32>) {
    let world = World::new();
    let path = world.path("groups.log");
    fs::write(&path, log(&world.base.sha256)).unwrap();
    let stage = Stage::RewardModel(RewardModel { labels, learning_rate: 1.0 });
    let mut config = world.reflections(stage, Select::All);
    config.data.records = vec![path];
    config.data.validation_share = 0.25;
    config.optimizer.learning_rate = 0.01;
    config.optimizer.schedule = Schedule::Linear;
    config.run.epochs = 12;
    config.run.batch_tokens = 96;
    let mut run = world.open(config, "out").unwrap();
    play(&mut run, None);
    let mut metrics = trainer::metrics::read(&world.path("out/metrics.jsonl"));
    if let Labels::Pairs { .. } = labels {
        // Nothing is told apart before the first step.
        assert!((metrics[0].loss - 2.0_f32.ln()).abs() < 1e-3, "{}", metrics[0].loss);
    }
    let last = metrics.pop().unwrap();
    let adapter = Gguf::open(&world.path("out/adapter.gguf")).unwrap();
    let Some(Value::Array(Array::F32(row))) = adapter.get("rebound.adapter.reward_row") else {
        panic!("the adapter has no row")
    };
    (last.reward_model.unwrap(), row.clone())
}

#[test]
fn it_tells_pairs_apart() {
    let (found, row) = learned(Labels::Pairs { margin: 0.5 });

    assert!(found.pairs >= 40, "{found:?}");
    assert!(found.pair_accuracy.unwrap() >= 0.95, "{found:?}");
    assert_eq!(found.calibration_error, None);
    assert!(row.iter().any(|weight| *weight != 0.0));
}

#[test]
fn it_tells_good_ones_from_others() {
    let (found, _) = learned(Labels::Binary { threshold: 0.25 });

    assert!(found.auc >= 0.95 && found.pair_accuracy.unwrap() >= 0.95, "{found:?}");
    // The classes were balanced, so chances are too high where few are good: one in four.
    assert!(found.calibration_error.unwrap() < 0.25, "{found:?}");
}
