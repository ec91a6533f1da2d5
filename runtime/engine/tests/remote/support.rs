//! What the tests ask, and whom.

use std::num::NonZeroU32;
use std::time::Duration;

use runtime_core::model::{Constraint, Request, Sampling};
use runtime_core::prompt::{Message, Prompt, Role};
use runtime_engine::remote::{ApiKey, Endpoint, Patience, Remote, RemoteConfig, TimeLimits};

use crate::server::Server;

pub(crate) const KEY: &str = "sk-very-secret-0123456789";

/// Waits of milliseconds.
pub(crate) fn config(server: &Server) -> RemoteConfig {
    let endpoint = Endpoint::new(&server.base_url, ApiKey::new(KEY)).unwrap();
    let mut config = RemoteConfig::new(endpoint, "m", NonZeroU32::new(2048).unwrap());
    config.patience = Patience {
        retries: 3,
        first_wait: Duration::from_millis(1),
        wait_max: Duration::from_millis(50),
    };
    config.time_limits = TimeLimits { whole: Duration::from_secs(20), ..TimeLimits::default() };
    config
}

pub(crate) fn remote(server: &Server) -> Remote {
    Remote::new(config(server))
}

/// Asks for a text.
pub(crate) fn request() -> Request {
    Request {
        prompt: Prompt::Chat(vec![
            Message::text(Role::System, "You are asked."),
            Message::text(Role::User, "What now?"),
        ]),
        constraint: Constraint::Free,
        sampling: Sampling { temperature: 0.5, top_p: 0.9, seed: 0xabcd },
        tokens_max: 40,
        stop: Vec::new(),
    }
}

/// Asks for one of these.
pub(crate) fn choice(choices: &[&str]) -> Request {
    let choices = choices.iter().map(ToString::to_string).collect();
    Request { constraint: Constraint::Choices(choices), ..request() }
}
