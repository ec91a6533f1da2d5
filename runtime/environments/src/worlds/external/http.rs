//! Questions by HTTP: each is the body of a POST, and its answer that of the reply.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use ureq::Agent;

use super::lines::{Exchange, LINE_BYTES_MAX, LineError, text};

/// The header that tells the workers of a run apart, each of which plays an episode of its own.
const SESSION: &str = "rebound-session";

/// A program behind a URL.
pub(super) struct Posts {
    agent: Agent,
    url: String,
    session: String,
    patience: Duration,
}

impl Posts {
    /// A session of its own at a URL.
    pub(super) fn new(url: &str, patience: Duration) -> Self {
        let config = Agent::config_builder().timeout_global(Some(patience)).max_redirects(0);
        let session = format!("{:016x}", RandomState::new().build_hasher().finish());
        Self { agent: config.build().into(), url: url.to_owned(), session, patience }
    }
}

impl Exchange for Posts {
    fn ask(&mut self, line: &str) -> Result<String, LineError> {
        let request = self.agent.post(&self.url).header(SESSION, &self.session);
        let failed = |error| match error {
            ureq::Error::Timeout(_) => LineError::Silent(self.patience),
            ureq::Error::BodyExceedsLimit(_) => LineError::Long,
            error => LineError::Broken(error.into_io()),
        };
        let mut reply = request.content_type("application/json").send(line).map_err(failed)?;
        let body = reply.body_mut().with_config().limit(LINE_BYTES_MAX).read_to_vec();
        text(body.map_err(failed)?)
    }

    fn tell(&mut self, line: &str) {
        // It may have ended before.
        let _ = self.ask(line);
    }
}
