//! A run whose policy goes too far from where it began.

use std::cell::Cell;
use std::fs;
use std::path::Path;

use models::gguf::Gguf;
use trainer::config::TrainConfig;
use trainer::dataset::Select;
use trainer::metrics;
use trainer::run::{Ended, TrainingRun, Watch};
use trainer::stages::Stage;
use trainer::stages::method::Reference;
use trainer::stages::policy_gradient::PolicyGradient;

use crate::toy::{POLICY_GRADIENT, Pays, Toy};
use crate::world::{finished, play};

/// Large steps, which a policy may not go far by.
fn toy() -> Toy {
    let stage = PolicyGradient { divergence_max: Some(0.05), ..POLICY_GRADIENT };
    let mut toy = Toy::new(Stage::PolicyGradient(stage), Select::All, Pays::Right);
    toy.config.optimizer.learning_rate = 0.002;
    toy.config.run.epochs = 20;
    let path = toy.world.path("round.log");
    fs::write(&path, toy.collect(0).0).unwrap();
    toy.config.data.records = vec![path];
    toy
}

/// Stops after so many steps, two at least: what is asked before the first is not counted.
fn stop_after(run: &mut TrainingRun, steps: u64) -> Ended {
    let done = Cell::new(0);
    let watch = Watch {
        now_us: &|| 0,
        interrupted: &|| done.get() + 1 >= steps,
        progress: &|metrics, _| done.set(metrics.step),
        scoring: &|_, _| {},
    };
    run.run(&watch).unwrap()
}

fn tensors(adapter: Vec<u8>) -> Vec<Vec<u8>> {
    let gguf = Gguf::from_bytes("adapter", adapter).unwrap();
    gguf.tensors().iter().map(|tensor| gguf.tensor_bytes(&tensor.name).unwrap().to_vec()).collect()
}

/// The KL divergence from the reference in a run's first step, which has changed nothing yet.
fn first_kl(toy: &Toy, (reference, start): (Reference, Option<&Path>), out: &str) -> f32 {
    let stage = PolicyGradient { reference, ..POLICY_GRADIENT };
    let start = start.map(Path::to_owned);
    let config = TrainConfig { stage: Stage::PolicyGradient(stage), start, ..toy.config.clone() };
    stop_after(&mut toy.world.open(config, out).unwrap(), 2);
    metrics::read(&toy.world.path(out).join("metrics.jsonl"))[0].policy.unwrap().kl
}

#[test]
fn a_policy_is_held_to_where_the_loop_began_whatever_it_goes_on_from() {
    let mut toy = toy();
    finished(play(&mut toy.world.open(toy.config.clone(), "first").unwrap(), None));
    let moved = toy.world.path("first/adapter.gguf");
    toy.config.parent = Some(moved.clone());

    let kl = |of: (Reference, Option<&Path>), out: &str| first_kl(&toy, of, out);

    // The first step stands where the parent does.
    assert!(kl((Reference::Parent, None), "a").abs() < 1e-6);
    assert!(kl((Reference::Start, Some(&moved)), "b").abs() < 1e-6);
    // A loop that began without an adapter began with the base.
    let (base, start) = (kl((Reference::Base, None), "c"), kl((Reference::Start, None), "d"));
    assert!(base > 1e-3 && (base - start).abs() < 1e-6, "{base} and {start}");
    // New factors move nothing, but where the loop began is elsewhere.
    toy.config.parent = None;
    assert!(first_kl(&toy, (Reference::Start, Some(&moved)), "e") > 1e-3);
}

#[test]
fn a_start_that_nothing_reads_is_refused() {
    let toy = toy();
    let config = TrainConfig { start: Some("a.gguf".into()), ..toy.config.clone() };

    let refused = config.check().unwrap_err().to_string();

    assert!(refused.contains("reference = \"start\""), "{refused}");
}

#[test]
fn it_ends_with_the_newest_factors_that_had_not_strayed() {
    let toy = toy();
    let strayed = finished(play(&mut toy.world.open(toy.config.clone(), "out").unwrap(), None));

    let steps = metrics::read(&toy.world.path("out/metrics.jsonl"));
    let divergence: Vec<f32> = steps.iter().map(|step| step.policy.unwrap().divergence).collect();
    let (last, before) = divergence.split_last().unwrap();
    assert!(*last > 0.05 && before.iter().all(|divergence| *divergence <= 0.05), "{divergence:?}");
    assert!(steps.len() >= 4, "{divergence:?}");
    // The last step's batch found that the one before had gone too far.
    let unbound = Stage::PolicyGradient(POLICY_GRADIENT);
    let config = TrainConfig { stage: unbound, ..toy.config.clone() };
    let mut run = toy.world.open(config, "unbound").unwrap();
    let kept = steps.len() as u64 - 2;
    assert_eq!(stop_after(&mut run, kept), Ended::Interrupted(kept));
    let expected = fs::read(run.export().unwrap()).unwrap();
    assert_eq!(tensors(strayed), tensors(expected));
}

#[test]
fn stopped_before_it_strays_it_ends_as_if_it_had_not_been() {
    let toy = toy();
    let open = |out| toy.world.open(toy.config.clone(), out).unwrap();
    let whole = finished(play(&mut open("whole"), None));
    let steps = metrics::read(&toy.world.path("whole/metrics.jsonl")).len() as u64;

    let ended = stop_after(&mut open("stopped"), steps - 1);
    let resumed = finished(play(&mut open("stopped"), None));

    assert_eq!(ended, Ended::Interrupted(steps - 1));
    assert_eq!(resumed, whole);
}
