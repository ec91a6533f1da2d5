//! Keys go to the endpoint and nowhere else.

use runtime_core::model::LanguageModel;

use crate::server::{Manner, Server};
use crate::support::{KEY, config, remote, request};

#[test]
fn the_endpoint_gets_the_key() {
    let server = Server::always(Manner::Good);

    remote(&server).generate(&request()).unwrap();

    assert_eq!(server.seen().asked[0].authorization, format!("Bearer {KEY}"));
}

#[test]
fn an_endpoint_that_sends_elsewhere_is_not_followed_and_the_key_stays() {
    let other = Server::always(Manner::Good);
    let port = other.base_url.trim_end_matches("/v1").rsplit(':').next().unwrap();
    let port = port.parse().unwrap();
    for status in [301, 302, 303, 307, 308] {
        let server = Server::always(Manner::Elsewhere { status, port });

        let error = remote(&server).generate(&request()).unwrap_err().to_string();

        assert!(error.contains(&format!("status {status}")), "{error}");
        assert_eq!(server.seen().asked[0].authorization, format!("Bearer {KEY}"));
    }
    assert!(other.seen().asked.is_empty(), "nobody else was asked");
}

#[test]
fn an_endpoint_that_repeats_the_key_does_not_bring_it_into_an_error() {
    let server = Server::always(Manner::WrongKey);

    let error = remote(&server).generate(&request()).unwrap_err();

    assert!(error.to_string().contains("bad key: Bearer [key]"), "{error}");
    assert!(!format!("{error:?} {error}").contains(KEY));
}

#[test]
fn the_configuration_can_be_shown() {
    let server = Server::always(Manner::Good);

    assert!(!format!("{:?}", config(&server)).contains(KEY));
}
