//! A game's file: domain, grammar and problem, and some steps of play.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use runtime_environments::game::play::GameState;
use runtime_environments::worlds::alfworld::file::{self, RulesCache};

const STEPS_MAX: usize = 4;

fuzz_target!(|bytes: &[u8]| {
    let Ok(file) = file::parse(bytes) else { return };
    let Ok(game) = file.compile(&RulesCache::default()) else { return };
    let mut play = GameState::new(Arc::new(game));
    let _ = (play.intro(), play.instruction());
    for step in 0..STEPS_MAX {
        let Ok(actions) = play.admissible() else { return };
        let Some(action) = actions.get(step % actions.len().max(1)) else { return };
        if play.step(action).is_err() {
            return;
        }
        assert!((0.0..=1.0).contains(&play.progress()));
    }
});
