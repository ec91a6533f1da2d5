//! A reward model learns which reflections will earn, from what others earned.
//!
//! A reflection is two words; those of a corridor that open its doors earn 1. Every
//! failed trajectory is a text of its own, so held-out ones were never seen.

use std::fs;

use models::gguf::{Array, Gguf, Value};
use runtime_core::event::{BranchEvent, CallHistory, Event, ReflectionEvent, TrialKey};
use runtime_core::model::{Origin, Token};
use runtime_core::record::{self, Version};
use runtime_core::seed::mix;
use trainer::config::Schedule;
use trainer::dataset::Select;
use trainer::stages::Stage;
use trainer::stages::reward_model::{Labels, RewardModelSettings};
use trainer::stages::reward_weighted::RewardWeights;
use trainer_contract::metrics::Quality;

use crate::speaker::{Speaker, WORDS, right_word};
use crate::toy::{POLICY_GRADIENT, episode, generation};
use crate::world::{World, play, run_event};

const GROUPS: u32 = 96;
const MEMBERS: u32 = 4;
const CORRIDORS: u32 = 4;

/// Groups of reflections in which every pair of words is drawn alike; those that open the
/// doors earn so much.
fn log(sha256: &str, earned: f32) -> Vec<u8> {
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
            let origin = Origin::Drawn;
            let token = |id| Token { id, log_prob: -0.7, log_prob_full: Some(-0.7), origin };
            // What ends a reflection is the same in all.
            let tokens = [token(picked[0]), token(picked[1]), token(2)];
            let call = CallHistory::default().shorten(&generation(prompt.clone(), &tokens));
            events.push(Event::Reflection(ReflectionEvent {
                key: failed,
                text: String::new(),
                call,
                repeats: 0,
                again: 0,
                claims: None,
            }));
            let right = [0, 1].map(|door| picked[door] == right_word(corridor, door));
            events.extend(episode(next, if right == [true; 2] { earned } else { 0.0 }));
        }
    }
    record::stream(Version::NEWEST, &events).unwrap()
}

/// Trains on such groups; returns how good it is on held-out ones, and its row.
fn learned(world: &World, labels: Labels) -> (Quality, Vec<f32>) {
    let path = world.path("groups.log");
    fs::write(&path, log(&world.base.sha256, 1.0)).unwrap();
    let stage = Stage::RewardModel(RewardModelSettings { labels, learning_rate: 1.0 });
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
    let (found, row) = learned(&World::new(), Labels::Pairs { margin: 0.5 });

    assert!(found.pairs >= 40, "{found:?}");
    assert!(found.pair_accuracy.unwrap() >= 0.95, "{found:?}");
    assert_eq!(found.calibration_error, None);
    assert!(row.iter().any(|weight| *weight != 0.0));
}

#[test]
fn it_tells_good_ones_from_others() {
    let (found, _) = learned(&World::new(), Labels::Binary { threshold: 0.25 });

    assert!(found.auc >= 0.95 && found.pair_accuracy.unwrap() >= 0.95, "{found:?}");
    // The classes were balanced, so chances are too high where few are good: one in four.
    assert!(found.calibration_error.unwrap() < 0.25, "{found:?}");
}

#[test]
fn a_policy_learns_from_its_scores_alone() {
    let world = World::new();
    learned(&world, Labels::Pairs { margin: 0.5 });
    let path = world.path("unpaid.log");
    fs::write(&path, log(&world.base.sha256, 0.0)).unwrap();
    let stage = RewardWeights {
        baseline: None,
        temperature: 0.4,
        normalize: true,
        weight_max: f32::INFINITY,
    };
    let right = |reward_model: Option<&str>, out: &str| -> f32 {
        let mut config = world.reflections(Stage::RewardWeighted(stage), Select::All);
        config.data.records = vec![path.clone()];
        config.data.reward_model = reward_model.map(|name| world.path(name));
        config.data.validation_share = 0.0;
        // After 4 one corridor may still wait for its turn: which one hangs on the last digits.
        config.run.epochs = 8;
        play(&mut world.open(config, out).unwrap(), None);
        let speaker = Speaker::new(&world, Some(&world.path(out).join("adapter.gguf")));
        let chances = (0..CORRIDORS).map(|corridor| speaker.chances(corridor).right(corridor));
        chances.sum::<f32>() / CORRIDORS as f32
    };

    let (unpaid, scored) = (right(None, "unpaid"), right(Some("out/adapter.gguf"), "scored"));

    assert!((0.1..0.5).contains(&unpaid), "{unpaid}");
    assert!(scored > 0.95, "{scored}");
}

#[test]
fn groups_that_earned_the_same_are_left_out() {
    let world = World::new();
    let open = |name: &str, bytes: Vec<u8>| {
        fs::write(world.path(name), bytes).unwrap();
        let mut config = world.reflections(Stage::PolicyGradient(POLICY_GRADIENT), Select::All);
        config.data.records = vec![world.path("paid.log"), world.path(name)];
        config.data.validation_share = 0.0;
        world.open(config, name.trim_end_matches(".log")).unwrap().dataset
    };
    let paid = open("paid.log", log(&world.base.sha256, 1.0));
    let unpaid = open("unpaid.log", log(&world.base.sha256, 0.0));

    assert_eq!((paid.train.len(), paid.dropped.alike), ((2 * GROUPS * MEMBERS) as usize, 0));
    let half = (GROUPS * MEMBERS) as usize;
    assert_eq!((unpaid.train.len(), unpaid.dropped.alike), (half, half));
}

#[test]
fn what_is_no_reward_model_scores_nothing() {
    let world = World::new();
    play(&mut world.open(world.config(), "actor").unwrap(), None);
    let mut config = world.reflections(Stage::PolicyGradient(POLICY_GRADIENT), Select::All);
    config.data.reward_model = Some(world.path("actor/adapter.gguf"));

    let Err(error) = world.open(config, "out") else { panic!("it was taken") };

    assert!(error.to_string().contains("no reward model"), "{error}");
}
