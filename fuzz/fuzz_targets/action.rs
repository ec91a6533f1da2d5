//! What a model answers: an action out of it, and what the world makes of that.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runtime_agent::parse;
use runtime_core::environment::Environment;
use runtime_core::task::Limits;
use runtime_environments::selection::TaskSelection;
use runtime_environments::world::{self, EnvironmentOptions};

fuzz_target!(|answer: &str| {
    let action = parse::action(answer);
    if let Some(action) = &action {
        assert!(!action.trim().is_empty() && !action.contains('\n'), "{action:?}");
    }
    let world = world::open("household", &EnvironmentOptions::default()).expect("it needs no data");
    let selection = TaskSelection {
        split: "train/easy".to_owned(),
        count: Some(1),
        seed: 1,
        limits: Limits::default(),
    };
    let task = world.tasks(&selection).expect("there are tasks").remove(0);
    let mut environment: Box<dyn Environment> = world.environment();
    environment.reset(&task).expect("a household can be begun");
    let step = environment.step(action.as_deref().unwrap_or(answer));
    assert!(step.is_ok(), "{step:?}");
});
