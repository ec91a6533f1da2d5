//! How choices are kept where nothing can be masked.

use runtime_core::model::{Constraint, LanguageModel, ModelError, Request};
use serde_json::json;

use crate::server::{Manner, Server};
use crate::support::{choice, remote, request};

const CHOICES: [&str; 3] = [" go to desk 1", " look", " open drawer 2"];
/// 0xabcd % 3 is 1.
const DRAWN: &str = " look";

#[test]
fn choices_are_asked_for_as_an_enumeration() {
    let server = Server::always(Manner::Good);

    let generation = remote(&server).generate(&choice(&CHOICES)).unwrap();

    assert_eq!(generation.text, DRAWN);
    let format = &server.seen().asked[0].body["response_format"];
    assert_eq!(format["json_schema"]["strict"], true);
    let names = &format["json_schema"]["schema"]["properties"]["choice"]["enum"];
    assert_eq!(*names, json!(["go to desk 1", "look", "open drawer 2"]));
}

/// The endpoint's manner, and how many attempts two requests then need.
fn check(manner: Manner, attempts: usize) {
    let server = Server::always(manner);
    let mut model = remote(&server);

    for _ in 0..2 {
        assert_eq!(model.generate(&choice(&CHOICES)).unwrap().text, DRAWN);
    }

    let asked = &server.seen().asked;
    assert_eq!(asked.len(), attempts);
    let last = asked.last().unwrap().body["messages"][1]["content"].as_str().unwrap();
    assert!(last.ends_with(":\ngo to desk 1\nlook\nopen drawer 2"), "{last}");
}

#[test]
fn where_the_schema_is_refused_choices_are_listed_from_then_on() {
    check(Manner::NoSchema, 3);
}

#[test]
fn where_the_schema_is_ignored_choices_are_listed_from_then_on() {
    check(Manner::IgnoresSchema, 3);
}

#[test]
fn a_grammar_is_refused_before_anything_is_sent() {
    let server = Server::always(Manner::Good);
    let asked = Request { constraint: Constraint::Grammar("root ::= \"x\"".into()), ..request() };

    let error = remote(&server).generate(&asked).unwrap_err();

    assert!(matches!(error, ModelError::Constraint(_)), "{error}");
    assert!(server.seen().asked.is_empty());
}
