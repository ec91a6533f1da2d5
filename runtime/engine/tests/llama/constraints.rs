//! Answers that look as they must.

use std::collections::BTreeMap;

use runtime_core::model::{
    Constraint, LanguageModel, ModelError, Origin, Request, StopReason, Token,
};

use crate::support::{Tiny, chat, greedy, sampled};

fn choices(texts: &[&str]) -> Constraint {
    Constraint::Choices(texts.iter().map(ToString::to_string).collect())
}

fn constrained(seed: u64, constraint: Constraint) -> Request {
    Request { constraint, tokens_max: 64, ..sampled(chat("what now?"), seed) }
}

#[test]
fn a_choice_is_always_one_of_the_list() {
    let actions =
        ["go north", "go south", "open door 1", "open door 2", "look", "", "go", "go north"];
    let mut handle = Tiny::new().handle();

    for seed in 0..40 {
        let generation = handle.generate(&constrained(seed, choices(&actions))).unwrap();

        assert!(actions.contains(&generation.text.as_str()), "{:?}", generation.text);
        assert_eq!(generation.stop, StopReason::EndOfTurn);
        let decoded = handle.tokenizer().decode_lossy(&generation.text_ids());
        assert_eq!(decoded, generation.text);
    }
}

#[test]
fn a_single_choice_costs_nothing() {
    let mut handle = Tiny::new().handle();

    let generation = handle.generate(&constrained(0, choices(&["go north"]))).unwrap();

    assert_eq!(generation.text, "go north");
    assert!(generation.tokens.iter().all(|token| *token == Token::forced(token.id)));
    assert_eq!(generation.cost.computed_tokens, 0);
}

#[test]
fn forced_tokens_are_marked_and_drawn_ones_are_not() {
    let mut handle = Tiny::new().handle();

    let generation = handle.generate(&constrained(1, choices(&["xa", "xb"]))).unwrap();

    let is_forced = |token: &Token| token.origin == Origin::Forced;
    let forced: Vec<bool> = generation.tokens.iter().map(is_forced).collect();
    assert_eq!(forced, [true, false, true], "{generation:?}");
    assert!(generation.tokens[1].log_prob < 0.0);
    assert!(generation.tokens[1].log_prob_full.unwrap() < generation.tokens[1].log_prob);
    assert!(generation.tokens[0].log_prob.abs() < f32::EPSILON);
}

#[test]
fn the_probabilities_of_all_choices_add_up_to_one() {
    let mut handle = Tiny::new().handle();
    let mut log_probs = BTreeMap::new();

    for seed in 0..200 {
        let mut request = constrained(seed, choices(&["a", "ab", "b", "c"]));
        // Hot enough for the unlikely ones to come up.
        request.sampling.temperature = 8.0;
        let generation = handle.generate(&request).unwrap();
        let log_prob: f32 = generation.tokens.iter().map(|token| token.log_prob).sum();
        log_probs.insert(generation.text, log_prob);
    }

    assert_eq!(log_probs.len(), 4, "{log_probs:?}");
    let total: f32 = log_probs.values().map(|log_prob| log_prob.exp()).sum();
    assert!((total - 1.0).abs() < 1e-4, "{total}");
}

#[test]
fn no_choice_at_all_is_an_error() {
    let error = Tiny::new().handle().generate(&constrained(0, choices(&[]))).unwrap_err();

    assert!(matches!(error, ModelError::Constraint(_)));
}

#[test]
fn an_answer_follows_its_grammar() {
    let grammar = "root ::= \"door \" [0-9] \" is \" (\"open\" | \"shut\")";
    let mut handle = Tiny::new().handle();

    for seed in 0..10 {
        let request = constrained(seed, Constraint::Grammar(grammar.to_owned()));
        let generation = handle.generate(&request).unwrap();

        let text = generation.text;
        let end = text.strip_prefix("door ").and_then(|rest| rest.get(1..));
        assert!(matches!(end, Some(" is open" | " is shut")), "{text:?}");
        assert_eq!(generation.stop, StopReason::EndOfTurn);
    }
}

#[test]
fn a_broken_grammar_is_an_error() {
    let mut handle = Tiny::new().handle();

    for grammar in ["", "root ::= (", "root ::= root \"a\"", "other ::= \"a\"", "root ::= missing"]
    {
        let request = constrained(0, Constraint::Grammar(grammar.to_owned()));
        let error = handle.generate(&request).unwrap_err();
        assert!(matches!(error, ModelError::Constraint(_)), "{grammar:?}: {error}");
    }
    assert!(handle.generate(&greedy(chat("still there?"))).is_ok());
}

#[test]
fn an_answer_follows_its_schema() {
    let schema = r#"{"type": "object", "additionalProperties": false,
        "properties": {"door": {"type": "integer", "minimum": 0, "maximum": 99},
                       "state": {"enum": ["open", "shut"]}},
        "required": ["door", "state"]}"#;
    let mut handle = Tiny::new().handle();

    for seed in 0..10 {
        let request = constrained(seed, Constraint::JsonSchema(schema.to_owned()));
        let generation = handle.generate(&request).unwrap();

        let text = generation.text;
        assert!(text.starts_with("{\"door\":") && text.ends_with('}'), "{text:?}");
        assert!(text.contains("\"state\":\"open\"") || text.contains("\"state\":\"shut\""));
        assert_eq!(generation.stop, StopReason::EndOfTurn);
        assert!(generation.tokens.iter().any(|token| token.origin == Origin::Forced));
        assert!(generation.tokens.iter().any(|token| token.origin == Origin::Drawn));
    }
}

#[test]
fn a_broken_schema_is_an_error() {
    let mut handle = Tiny::new().handle();

    for schema in ["", "{", "{\"type\": \"door\"}", "[1]", "{\"$ref\": \"#/nowhere\"}"] {
        let request = constrained(0, Constraint::JsonSchema(schema.to_owned()));
        let error = handle.generate(&request).unwrap_err();
        assert!(matches!(error, ModelError::Constraint(_)), "{schema:?}: {error}");
    }
}
