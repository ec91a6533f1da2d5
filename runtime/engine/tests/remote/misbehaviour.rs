//! What is repeated, what is given up, and how soon.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use runtime_core::model::{LanguageModel, ModelError};
use runtime_core::spending::{Meter, TokenUse, Used};
use runtime_engine::remote::{Patience, Remote, RemoteConfig};

use crate::server::{Manner, Server};
use crate::support::{config, remote, request};

/// Misbehaves twice, and then no more.
fn twice(manner: Manner) -> Server {
    Server::start(move |_, attempt| if attempt < 2 { manner } else { Manner::Good })
}

/// The whole answer comes, after three attempts.
fn check_repeated(manner: Manner) {
    let server = twice(manner);
    let mut config = config(&server);
    config.time_limits.whole =
        Duration::from_millis(if manner == Manner::Trickle { 100 } else { 20_000 });

    let generation = Remote::new(config).generate(&request()).unwrap();

    assert_eq!(generation.text, "Note abcd.\n\nAnd more.", "{manner:?}");
    assert_eq!(server.seen().asked.len(), 3, "{manner:?}");
}

/// An error comes that says why, after so many attempts.
fn check_given_up(manner: Manner, attempts: usize, reason: &str) {
    let server = Server::always(manner);

    let error = remote(&server).generate(&request()).unwrap_err().to_string();

    assert!(error.contains(reason), "{manner:?}: {error}");
    assert_eq!(server.seen().asked.len(), attempts, "{manner:?}");
}

#[test]
fn what_may_pass_is_repeated() {
    check_repeated(Manner::TooMany);
    check_repeated(Manner::Internal);
    check_repeated(Manner::Silent);
}

#[test]
fn an_answer_that_breaks_off_is_repeated() {
    check_repeated(Manner::Cut);
    check_repeated(Manner::BrokenJson);
    check_repeated(Manner::ErrorInStream);
    check_repeated(Manner::WrongType);
}

#[test]
fn an_answer_without_an_end_is_cut_off_and_repeated() {
    check_repeated(Manner::EndlessLine);
    check_repeated(Manner::EndlessAnswer);
}

#[test]
fn an_answer_that_trickles_is_cut_off_by_the_time_limit() {
    check_repeated(Manner::Trickle);
}

#[test]
fn patience_has_an_end() {
    check_given_up(Manner::Internal, 4, "in 4 attempts; the last: status 500: <h1>Internal");
    check_given_up(Manner::WrongType, 4, "content type \"text/html\"");
    check_given_up(Manner::TooManyForLong, 1, "status 429: tomorrow");
}

#[test]
fn what_will_not_pass_is_not_repeated() {
    check_given_up(Manner::WrongKey, 1, "refused the request: status 401");
    check_given_up(Manner::NotFound, 1, "refused the request: status 404");
    check_given_up(Manner::Elsewhere { status: 302, port: 9 }, 1, "status 302");
}

#[test]
fn a_prompt_that_is_too_long_is_told_apart() {
    let server = Server::always(Manner::TooLong);

    let error = remote(&server).generate(&request()).unwrap_err();

    assert!(matches!(error, ModelError::PromptTooLong { context_tokens: 2048, .. }), "{error}");
}

#[test]
fn nobody_listening_is_an_error_and_no_panic() {
    let server = Server::always(Manner::Good);
    let mut config = config(&server);
    config.endpoint = runtime_engine::remote::Endpoint::new("http://127.0.0.1:1", None).unwrap();

    let error = Remote::new(config).generate(&request()).unwrap_err();

    assert!(error.to_string().contains("127.0.0.1:1 gave no answer in 4 attempts"), "{error}");
}

/// Writes down what it is told; lets no attempt begin once it holds `most`.
struct Notes {
    most: usize,
    used: Mutex<Vec<Used>>,
}

impl Meter for Notes {
    fn begin(&self, _model: &str, at_most: TokenUse) -> Result<(), ModelError> {
        assert!(at_most.prompt > 23 && at_most.completion >= 40);
        if self.used.lock().unwrap().len() < self.most {
            Ok(())
        } else {
            Err(ModelError::Cancelled)
        }
    }

    fn end(&self, _model: &str, _at_most: TokenUse, used: Used) -> Result<(), ModelError> {
        self.used.lock().unwrap().push(used);
        Ok(())
    }
}

#[test]
fn a_meter_is_told_of_every_attempt() {
    let server = Server::start(|_, attempt| match attempt {
        0 => Manner::TooMany,
        1 => Manner::Cut,
        _ => Manner::Good,
    });
    let notes = Arc::new(Notes { most: 3, used: Mutex::default() });
    let mut model = remote(&server).metered(Arc::clone(&notes) as Arc<dyn Meter>);

    model.generate(&request()).unwrap();
    let refused = model.generate(&request()).unwrap_err();

    let lost = TokenUse { prompt: 8, cached: 0, completion: 2 };
    let answered = TokenUse { prompt: 5, cached: 2, completion: 5 };
    let expected = [Used::Nothing, Used::Lost(lost), Used::Answered(answered)];
    assert_eq!(*notes.used.lock().unwrap(), expected);
    assert!(matches!(refused, ModelError::Cancelled));
    assert_eq!(server.seen().asked.len(), 3);
}

/// Cancels the first request once it has been asked.
#[allow(clippy::disallowed_methods, reason = "real time is what is measured")]
fn check_cancelled(manner: Manner) {
    let server = Arc::new(Server::always(manner));
    let config = config(&server);
    let (stop, asked) = (Arc::clone(&config.stop), Arc::clone(&server));
    let patience = Patience { wait_max: Duration::from_mins(1), ..config.patience };
    let notes = Arc::new(Notes { most: 9, used: Mutex::default() });
    let remote = Remote::new(RemoteConfig { patience, ..config });
    let mut remote = remote.metered(Arc::clone(&notes) as Arc<dyn Meter>);
    let stopper = std::thread::spawn(move || {
        while asked.seen().asked.is_empty() {
            std::thread::yield_now();
        }
        stop.store(true, Ordering::Relaxed);
    });
    let begun = Instant::now();

    let error = remote.generate(&request()).unwrap_err();

    assert!(begun.elapsed() < Duration::from_secs(10), "{manner:?}: {:?}", begun.elapsed());
    assert!(matches!(error, ModelError::Cancelled), "{manner:?}: {error}");
    stopper.join().unwrap();
    assert_eq!(server.seen().asked.len(), 1);
    if manner == Manner::Hangs {
        let used = notes.used.lock().unwrap();
        assert!(matches!(used[..], [Used::Lost(_)]), "what was sent may be charged: {used:?}");
    }
}

#[test]
fn whoever_stops_waits_for_nothing() {
    check_cancelled(Manner::TooManyForAMinute);
    check_cancelled(Manner::Hangs);
}
