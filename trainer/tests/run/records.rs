//! What of records is learned from, and what is refused by name.

use std::fs;
use std::path::{Path, PathBuf};

use models::adapter::Adapter;
use runtime_core::event::Event;
use runtime_core::model::{Origin, Token};
use runtime_core::record::{RecordReader, Version, stream};
use trainer::TrainError;
use trainer::config::TrainConfig;
use trainer::dataset::Select;
use trainer::stages::Stage;

use crate::toy::{POLICY_GRADIENT, Pays, Toy};
use crate::world::{World, finished, play};

/// The records in a file, each as something else.
fn changed(path: &Path, change: impl FnMut(&mut Event)) {
    let bytes = fs::read(path).unwrap();
    let mut events: Vec<Event> =
        RecordReader::open(&bytes[..]).unwrap().map(Result::unwrap).collect();
    events.iter_mut().for_each(change);
    fs::write(path, stream(Version::NEWEST, &events).unwrap()).unwrap();
}

#[test]
fn a_zero_filled_end_is_passed_over_as_the_device_does() {
    let world = World::new();
    let whole = finished(play(&mut world.open(world.config(), "whole").unwrap(), None));
    let log = fs::read(world.path("trials.log")).unwrap();
    fs::write(world.path("trials.log"), [&log[..], &[0; 4096]].concat()).unwrap();

    let torn = finished(play(&mut world.open(world.config(), "torn").unwrap(), None));

    assert!(torn == whole);
}

#[test]
fn records_that_were_swapped_are_refused() {
    let world = World::new();
    let mut log = fs::read(world.path("trials.log")).unwrap();
    let mut reader = RecordReader::open(&log[..]).unwrap();
    let mut end = || {
        reader.next().unwrap().unwrap();
        usize::try_from(reader.offset()).unwrap()
    };
    let (first, second, third) = (end(), end(), end());
    log[first..third].rotate_left(second - first);
    fs::write(world.path("trials.log"), log).unwrap();

    let error = world.open(world.config(), "out").err().unwrap().to_string();

    assert!(error.contains("trials.log: records were doubled, dropped or swapped"), "{error}");
}

/// A configuration on reflections of which one has another token.
fn with_token(toy: &Toy, stage: Stage, token: Token) -> (TrainConfig, PathBuf) {
    let path = toy.world.path("round.log");
    fs::write(&path, toy.collect(0).0).unwrap();
    let mut reflections = 0;
    changed(&path, |event| {
        if let Event::Reflection(reflection) = event {
            reflections += 1;
            if reflections == 3 {
                reflection.call.tokens[1] = Token { id: reflection.call.tokens[1].id, ..token };
            }
        }
    });
    let mut config = toy.config.clone();
    (config.stage, config.data.records) = (stage, vec![path.clone()]);
    (config, path)
}

#[test]
fn a_policy_learns_from_its_own_draws_alone() {
    let stage = Stage::PolicyGradient(POLICY_GRADIENT);
    let toy = Toy::new(stage, Select::All, Pays::Right);
    let dictated = Token { origin: Origin::Dictated, ..Token::forced(0) };
    let unweighed = Token { origin: Origin::Drawn, ..Token::forced(0) };
    let unknown = Token { origin: Origin::Unknown, ..Token::forced(0) };
    let refused = [
        (dictated, "a dictated one"),
        (unweighed, "a drawn one without"),
        (unknown, "one of unknown origin"),
    ];

    for (token, expected) in refused {
        let (config, path) = with_token(&toy, stage, token);
        let error = toy.world.open(config, "refused").err().unwrap();

        let TrainError::Undrawn { file, task: 0, trial: 1, token: 1, found } = error else {
            panic!("{error}")
        };
        assert_eq!((file, found), (path, expected));
    }
    let (config, _) = with_token(&toy, stage, Token::forced(0));
    assert!(toy.world.open(config, "forced").is_ok());
    let (config, _) = with_token(&toy, Stage::Supervised, dictated);
    assert!(toy.world.open(config, "imitated").is_ok());
}

#[test]
fn an_adapter_names_the_prompts_that_it_and_its_parent_learned_under() {
    let world = World::new();
    let named = |out: &str, parent: Option<PathBuf>| {
        let config = TrainConfig { parent, ..world.config() };
        finished(play(&mut world.open(config, out).unwrap(), None));
        Adapter::open(&world.path(out).join("adapter.gguf")).unwrap().prompts_sha256().to_vec()
    };
    let under = |prompts: &'static str| {
        move |event: &mut Event| {
            if let Event::Run(run) = event {
                run.prompts_sha256 = prompts.into();
            }
        }
    };
    assert_eq!(named("unknown", None), [""; 0]);

    changed(&world.path("trials.log"), under("ab"));

    assert_eq!(named("known", None), ["ab"]);
    let parent = Some(world.path("known/adapter.gguf"));
    changed(&world.path("trials.log"), under("cd"));
    assert_eq!(named("child", parent.clone()), ["ab", "cd"]);
    changed(&world.path("trials.log"), under(""));
    assert_eq!(named("untold", parent), ["ab"]);
}
