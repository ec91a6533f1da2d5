//! Adapters that know where they come from.

use std::fs;
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use models::adapter::Adapter;
use models::tiny::{self, TinyConfig};
use trainer::config::TrainConfig;
use trainer::run::{Base, TrainingRun};

use crate::world::{World, finished, play};

/// A trained adapter, kept in the world's folder.
fn parent(world: &World) -> PathBuf {
    let bytes = finished(play(&mut world.open(world.config(), "parent").unwrap(), None));
    let path = world.path("parent.gguf");
    fs::write(&path, bytes).unwrap();
    path
}

fn child(world: &World, parent: &Path) -> TrainConfig {
    TrainConfig { parent: Some(parent.to_owned()), ..world.config() }
}

#[test]
fn a_child_starts_where_its_parent_stands_whatever_its_scale() {
    let world = World::new();
    let parent = parent(&world);
    let mut config = child(&world, &parent);
    config.adapter.alpha = 3.0;
    config.optimizer.learning_rate = 1e-9;
    config.run.epochs = 1;

    finished(play(&mut world.open(config, "child").unwrap(), None));

    let of = |out: &str| {
        let metrics = trainer::metrics::read(&world.path(out).join("metrics.jsonl"));
        metrics.last().unwrap().validation_loss.unwrap()
    };
    let (parents, childs) = (of("parent"), of("child"));
    assert!((parents - childs).abs() < 1e-4 * parents, "{parents} and {childs}");
}

#[test]
fn an_adapter_names_its_parent_its_configuration_and_its_score() {
    let world = World::new();
    let parent = parent(&world);
    let config = child(&world, &parent);

    finished(play(&mut world.open(config.clone(), "child").unwrap(), None));

    let text = |adapter: &Adapter, key: &str| adapter.gguf.text(key).map(str::to_owned);
    let (first, second) = (
        Adapter::open(&parent).unwrap(),
        Adapter::open(&world.path("child").join("adapter.gguf")).unwrap(),
    );
    assert_eq!(text(&first, "rebound.adapter.parent_sha256"), None);
    let sha256 = models::checksum::sha256_file(&parent).unwrap();
    assert_eq!(text(&second, "rebound.adapter.parent_sha256"), Some(sha256));
    let configs = [&first, &second].map(|adapter| text(adapter, "rebound.adapter.config_sha256"));
    assert!(configs[0].is_some() && configs[0] != configs[1], "{configs:?}");
    let metrics = trainer::metrics::read(&world.path("child").join("metrics.jsonl"));
    let measured = metrics.last().unwrap().validation_loss.map(f64::from);
    let key = second.gguf.get("rebound.adapter.validation_loss").unwrap();
    assert_eq!(key.as_float(), measured);
}

#[test]
fn an_adapter_of_a_step_in_between_is_scored_as_it_stands() {
    let world = World::new();
    let mut run = world.open(world.config(), "out").unwrap();
    play(&mut run, Some(2));
    let exported = Adapter::open(&run.export().unwrap()).unwrap();
    let mut config = world.config();
    config.run.checkpoint_steps = 2;
    play(&mut world.open(config, "measured").unwrap(), Some(3));

    let metrics = trainer::metrics::read(&world.path("measured").join("metrics.jsonl"));
    let measured = metrics[1].validation_loss.map(f64::from);
    let score = exported.gguf.get("rebound.adapter.validation_loss").unwrap().as_float();
    assert!(measured.is_some());
    assert_eq!(score, measured);
}

#[test]
fn a_parent_that_does_not_fit_is_refused_with_both_sides_named() {
    let world = World::new();
    let parent = parent(&world);
    let refused = |change: &dyn Fn(&mut TrainConfig)| {
        let mut config = child(&world, &parent);
        change(&mut config);
        world.open(config, "child").map(|_| ()).unwrap_err().to_string()
    };

    let rank = refused(&|config| config.adapter.rank = 8);
    let more = refused(&|config| config.adapter.targets.push("ffn_up".into()));
    let fewer = refused(&|config| drop(config.adapter.targets.pop()));
    let missing = refused(&|config| config.parent = Some("nowhere.gguf".into()));

    let both = "blk.0.attn_q.weight: the run's file asks for rank 8, the parent has rank 4";
    assert!(rank.contains(both), "{rank}");
    assert!(
        more.contains("ffn_up.weight: the run's file asks for rank 4, the parent has no"),
        "{more}"
    );
    assert!(fewer.contains("asks for no factors, the parent has rank 4"), "{fewer}");
    assert!(missing.contains("nowhere.gguf"), "{missing}");
}

#[test]
fn a_parent_of_another_base_is_refused_with_both_bases_named() {
    let world = World::new();
    let parent = parent(&world);
    let path = world.path("other.gguf");
    tiny::write_llama(&path, &TinyConfig { seed: 9, ..TinyConfig::default() }).unwrap();
    let sha256 = models::checksum::sha256_file(&path).unwrap();
    let base = Base { path, sha256: sha256.clone() };

    let opened =
        TrainingRun::open(child(&world, &parent), base, &world.path("other"), &Device::flex());

    let error = opened.map(|_| ()).unwrap_err().to_string();
    assert!(error.contains(&world.base.sha256) && error.contains(&sha256), "{error}");
}

#[test]
fn a_run_whose_parent_became_another_does_not_go_on() {
    let world = World::new();
    let parent = parent(&world);
    play(&mut world.open(child(&world, &parent), "child").unwrap(), Some(2));
    let mut config = world.config();
    config.seed = 8;
    let other = finished(play(&mut world.open(config, "other").unwrap(), None));
    fs::write(&parent, other).unwrap();

    let error = world.open(child(&world, &parent), "child").map(|_| ()).unwrap_err().to_string();

    assert!(error.contains("parent"), "{error}");
}
