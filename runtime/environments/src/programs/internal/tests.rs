//! What is read of an answer, kept and drawn.

use super::*;
use crate::programs::problem::{self, Language};

fn problem(language: Language) -> Problem {
    let signature = match language {
        Language::Python => "def f(a, b=None):",
        Language::Rust => "fn f(a: Vec<isize>, b: String) -> Option<char>",
    };
    problem::of_f(language, "", signature)
}

#[test]
fn an_assertion_is_a_call_of_the_function_and_a_value() {
    let check = |line: &str, expected: Option<&str>| {
        let found = read(&problem(Language::Python), line).tests;
        assert_eq!(found.first().map(String::as_str), expected, "{line}");
    };

    check("    assert f(1, 2) == 3", Some("assert f(1, 2) == 3"));
    check("assert f([1, 2], b=(3,)) == {'a': [1]}", Some("assert f([1, 2], b=(3,)) == {'a': [1]}"));
    check("assert f(1) == 2, \"one\"  # why", Some("assert f(1) == 2"));
    check(
        r#"assert f("a) == (", '\'') == "x # y""#,
        Some(r#"assert f("a) == (", '\'') == "x # y""#),
    );
    check("assert f(1) == 2; import os", Some("assert f(1) == 2"));
    check("assert f (1)==-1", Some("assert f (1) == -1"));
    check("assert f(1) == (2 == 2)", Some("assert f(1) == (2 == 2)"));
    for other in [
        "assert f(1) >= 2",
        "assert f(1) != 2",
        "assert f(1) == 2 == 2",
        "assert f(1) + f(2) == 3",
        "assert not f(1)",
        "assert f(1) == f(2)",
        "assert f(1 == 2",
        "assert f(1]) == 2",
        "assert f(1) == ",
        "assert g(f(1)) == 2",
        "assert f('a == 'a'",
    ] {
        let found = read(&problem(Language::Python), other);
        assert!(found.tests.is_empty(), "{other}: {found:?}");
        assert_eq!(found.dropped.malformed, 1, "{other}: {found:?}");
    }
}

#[test]
fn an_assertion_in_rust_has_two_sides() {
    let check = |line: &str, expected: Option<&str>| {
        let found = read(&problem(Language::Rust), line).tests;
        assert_eq!(found.first().map(String::as_str), expected, "{line}");
    };

    let whole = "assert_eq!(f(vec![1, 2], String::from(\"a, )\")), Some('\\''));";
    check(whole, Some(whole));
    check("  assert_eq!( f(a), 1 , \"one\") // why", Some("assert_eq!(f(a), 1);"));
    check("assert_eq!(f(&'static [1]), ',');", Some("assert_eq!(f(&'static [1]), ',');"));
    check("assert!(f(a));", None);
    check("assert_eq!(f(a));", None);
    check("assert_eq!(1, f(a));", None);
    check("assert_eq!(f(a), 1); drop(2);", Some("assert_eq!(f(a), 1);"));
}

#[test]
fn repeats_and_tautologies_are_dropped_and_prose_is_passed_over() {
    let answer = "Here are tests:\n```python\nassert f(1) == 2\nassert f(1)  ==  2\nassert True\n\
                  assert f(3) == f(3)\nassert ff(1) == 2\nassert f(2) == 2\n```\nI assert that.";

    let found = read(&problem(Language::Python), answer);

    assert_eq!(found.tests, ["assert f(1) == 2", "assert f(2) == 2"]);
    let expected = Dropped { tautologies: 3, repeats: 1, ..Dropped::default() };
    assert_eq!(found.dropped, expected);
}

#[test]
fn six_are_drawn_by_the_seed_and_stay_in_order() {
    let tests: Vec<String> = (0..20).map(|number| format!("assert f({number}) == 0")).collect();
    let drawn = |seed| {
        let mut proposed = Proposed { tests: tests.clone(), ..Proposed::default() };
        draw(&mut proposed, seed);
        assert_eq!((proposed.tests.len(), proposed.dropped.undrawn), (TESTS_MAX, 14));
        let places = proposed.tests.iter().map(|test| tests.iter().position(|one| one == test));
        assert!(places.is_sorted());
        proposed.tests
    };

    assert_eq!(drawn(1), drawn(1));
    assert_ne!(drawn(1), drawn(2));
    let mut few = Proposed { tests: tests[..6].to_vec(), ..Proposed::default() };
    draw(&mut few, 1);
    assert_eq!(few.tests, tests[..6]);
}

#[test]
fn no_answer_is_more_than_is_read() {
    let many: Vec<String> = (0..100).map(|number| format!("assert f({number}) == 0")).collect();
    let many = many.join("\n");
    let found = read(&problem(Language::Python), &many);
    assert_eq!((found.tests.len(), found.dropped.malformed), (64, 36));

    let long = format!("assert f('{}') == 0", "é".repeat(1000));
    assert_eq!(read(&problem(Language::Python), &long).dropped.malformed, 1);
}
