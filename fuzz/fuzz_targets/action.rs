//! What a model answers: an action out of it, and what the world makes of that.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use runtime_agent::parse;
use runtime_core::environment::Environment;
use runtime_core::task::{Limits, Task};
use runtime_environments::entry::EnvironmentOptions;
use runtime_environments::selection::TaskSelection;
use runtime_environments::worlds;

thread_local! {
    /// Opened once: what is slow about it is not what is fuzzed.
    static HOUSEHOLD: RefCell<(Box<dyn Environment>, Task)> = RefCell::new(household());
}

fuzz_target!(|answer: &str| {
    let action = parse::action(answer);
    if let Some(action) = &action {
        assert!(!action.trim().is_empty() && !action.contains('\n'), "{action:?}");
    }
    HOUSEHOLD.with_borrow_mut(|(environment, task)| {
        environment.reset(task).expect("a household can be begun");
        let step = environment.step(action.as_deref().unwrap_or(answer));
        assert!(step.is_ok(), "{step:?}");
    });
});

fn household() -> (Box<dyn Environment>, Task) {
    let world =
        worlds::open("household", &EnvironmentOptions::default()).expect("it needs no data");
    let selection = TaskSelection {
        split: "train/easy".to_owned(),
        count: Some(1),
        seed: 1,
        limits: Limits::default(),
    };
    let task = world.tasks(&selection).expect("there are tasks").remove(0);
    (world.environment(), task)
}
