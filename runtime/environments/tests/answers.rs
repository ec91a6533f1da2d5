//! Final answers: every gold one says what it says, and no other one does by accident.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;
use runtime_core::seed::mix;
use runtime_environments::answer::{calculator, extract, math, number};
use runtime_environments::worlds::gsm8k::GSM8K;
use runtime_environments::worlds::math::MATH;
use runtime_environments::worlds::mathematics::{EpisodeLimits, Mathematics, Problem, Subject};

const LIMITS: EpisodeLimits = EpisodeLimits { turns: 1, calculations: 0, solution_tokens: 512 };

fn problems(subject: &'static Subject) -> Option<Vec<Problem>> {
    let data = tests_needs::data(subject.name)?;
    let world = Mathematics::new(subject, &data, LIMITS);
    let of = |split| world.problems(split).unwrap().into_iter().cloned();
    Some(["train", "validation", "test"].into_iter().flat_map(of).collect())
}

fn table(name: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    rows.map(|row| row.split('\t').map(str::to_owned).collect()).collect()
}

#[test]
fn pairs_are_equal_or_different_as_the_table_says() {
    let rows = table("answers.tsv");
    let wrong: Vec<_> = rows
        .iter()
        .filter(|row| {
            let expected = row[0] == "=";
            [math::equal(&row[1], &row[2]), math::equal(&row[2], &row[1])] != [expected; 2]
        })
        .collect();

    assert!(rows.len() >= 120, "{}", rows.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_answer_of_gsm8k_is_right_as_itself() {
    let Some(problems) = problems(&GSM8K) else { return };

    let right = problems.iter().filter(|problem| {
        let answer = extract::final_answer(&problem.solution);
        answer == Some(&*problem.answer) && GSM8K.is_right(problem, &problem.solution)
    });

    assert_eq!((right.count(), problems.len()), (8792, 8792));
}

#[test]
fn every_answer_of_math_is_right_as_itself() {
    let Some(problems) = problems(&MATH) else { return };

    let wrong: Vec<_> = problems
        .iter()
        .filter(|problem| !MATH.is_right(problem, &problem.solution))
        .map(|problem| (&problem.id, &problem.answer))
        .collect();

    assert_eq!(problems.len(), 8000);
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// Pairs of different problems whose answers are taken for the same, as they are written.
fn matches(answers: &[String], equal: fn(&str, &str) -> bool) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for round in 1..=40_u64 {
        for (place, answer) in (0_u64..).zip(answers) {
            let draw = mix(mix(round) ^ place) % answers.len() as u64;
            let other = &answers[usize::try_from(draw).unwrap()];
            if other != answer && equal(answer, other) {
                let mut pair = [answer.clone(), other.clone()];
                pair.sort();
                let [one, other] = pair;
                found.insert((one, other));
            }
        }
    }
    found
}

#[test]
fn shuffled_pairs_match_only_where_they_are_truly_equal() {
    let (Some(gsm8k), Some(math)) = (problems(&GSM8K), problems(&MATH)) else { return };
    let answers = |problems: Vec<Problem>| -> Vec<String> {
        problems.into_iter().map(|problem| problem.answer).collect()
    };
    let mut found = matches(&answers(math), math::equal);
    found.extend(matches(&answers(gsm8k), number::equal));

    let known: BTreeSet<_> = table("equal-answers.tsv")
        .into_iter()
        .map(|row| (row[0].clone(), row[1].clone()))
        .collect();

    let unknown: Vec<_> = found.difference(&known).map(|(a, b)| format!("{a}\t{b}")).collect();
    assert!(unknown.is_empty(), "{}\n{}", unknown.len(), unknown.join("\n"));
}

#[test]
fn marks_of_gsm8k_evaluate_to_what_they_claim() {
    let Some(problems) = problems(&GSM8K) else { return };
    let marks = |problem: &Problem| -> Vec<(String, String)> {
        let marks = calculator::marks(&problem.solution);
        marks.map(|(asked, claimed)| (asked.to_owned(), claimed.to_owned())).collect()
    };
    let marks: Vec<_> = problems.iter().flat_map(marks).collect();

    let wrong: Vec<_> =
        marks.iter().filter(|(asked, claimed)| !claims_its_value(asked, claimed)).collect();

    assert_eq!(marks.len(), 27_998);
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// Whether a calculation has the value that a mark says, rounded to the places it is written with.
fn claims_its_value(asked: &str, claimed: &str) -> bool {
    let (Some(value), Some(said)) = (calculator::value(asked), calculator::value(claimed)) else {
        return false;
    };
    let places = claimed.split_once('.').map_or(0, |(_, places)| places.trim().len());
    let unit = 10_f64.powi(-i32::try_from(places).unwrap());
    // Marks cut as often as they round.
    value == said || places > 0 && (value.as_f64() - said.as_f64()).abs() < unit
}

proptest! {
    #[test]
    fn no_answers_make_the_comparison_panic(
        one in "([0-9a-z+*/^_(){}, !|=<.-]|\\\\frac|\\\\sqrt|\\\\text|\\\\pm|\\\\cup|\\\\begin\\{pmatrix\\}|\\\\\\\\|&){0,40}",
        other in "[ -~]{0,40}",
    ) {
        math::equal(&one, &one);
        math::equal(&one, &other);
        number::equal(&one, &other);
    }
}

#[test]
fn deep_and_long_answers_are_read_within_bounds() {
    for part in
        ["(", "{", "\\frac", "\\sqrt{", "x^{", "-", "1/", "2^2^", "!", "|", "\\{", ",", "\\pm"]
    {
        let text = part.repeat(1000 / part.len());
        math::equal(&text, &format!("{text}1"));
    }
    let sum = format!("({})^{{32}}", "a+b+c+d+e+f".repeat(8));
    math::equal(&sum, &format!("{sum}+1"));
    math::equal(&format!("\\sqrt{{{}}}", "9".repeat(36)), "3");
}
