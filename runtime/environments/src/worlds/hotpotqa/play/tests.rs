//! Episodes of HotPotQA: pages, sentences, answers, and hostile actions.

use proptest::prelude::*;
use regex::Regex;

use super::*;
use crate::world::World;
use crate::worlds::hotpotqa::tests::{first, some};

fn begun(options: HotpotqaOptions) -> (Box<dyn Playable + Send>, String) {
    let world = some(options);
    let mut environment = world.environment();
    let opening = environment.reset(&first(&world)).unwrap();
    (environment, opening)
}

fn with(context: Context) -> HotpotqaOptions {
    HotpotqaOptions { context, ..HotpotqaOptions::default() }
}

/// What each action leads to, after the opening.
fn seen(context: Context, actions: &[&str]) -> Vec<String> {
    let (mut environment, opening) = begun(with(context));
    let step = |action: &&str| environment.step(action).unwrap().observation;
    [opening].into_iter().chain(actions.iter().map(step).collect::<Vec<_>>()).collect()
}

#[test]
fn a_question_is_answered_by_searching_and_looking_up() {
    let actions = [
        "Search[bath, maine]",
        "Lookup[mayor]",
        "Lookup[mayor]",
        "Search[Zoe Gray]",
        "Lookup[born]",
        "Finish[Nice]",
    ];
    assert_eq!(
        seen(Context::Search, &actions),
        [
            "Question: Where was the mayor of Bath, Maine born?",
            "Bath is a city in Maine. Its mayor is Zoë Gray.",
            "(Result 1 / 1) Its mayor is Zoë Gray.",
            "No more results.",
            "Zoë Gray is a mayor. She was born in Nice. She was a sailor.",
            "(Result 1 / 1) She was born in Nice.",
            "You answered: Nice",
        ]
    );
}

#[test]
fn a_search_without_a_page_tells_similar_titles() {
    let found = seen(Context::Search, &["Search[a mayor from Nice]", "Search[xyz]"]);
    assert!(
        found[1].starts_with("Could not find a mayor from Nice. Similar: [Zoë Gray; "),
        "{found:?}"
    );
    assert_eq!(found[2], "Could not find xyz. Similar: []");
}

#[test]
fn what_is_no_action_is_answered_and_is_not_grounded() {
    let (mut environment, _) = begun(HotpotqaOptions::default());
    for (action, expected) in [
        ("", "Invalid action. Valid actions are Search[title] or Finish[answer]."),
        ("Search", "Invalid action. Valid actions are Search[title] or Finish[answer]."),
        ("Lookup[x]", "There is no open page to look up in. Search[title] first."),
    ] {
        let step = environment.step(action).unwrap();
        assert_eq!(step.observation, expected);
        assert_eq!((environment.grounded(), step.done, step.reward), (Some(false), false, 0.0));
    }
    environment.step("Search[Bristol]").unwrap();
    assert_eq!(environment.grounded(), Some(true));
    let step = environment.step("Jump[x]").unwrap();
    assert!(step.observation.contains("Lookup[keyword]"), "{}", step.observation);
}

#[test]
fn the_answer_earns_its_f1_and_only_an_exact_one_everything() {
    let check = |answer: &str, expected: f32| {
        let (mut environment, _) = begun(HotpotqaOptions::default());
        let step = environment.step(&format!("Finish[{answer}]")).unwrap();
        assert!((step.reward - expected).abs() < 1e-6, "{answer}: {}", step.reward);
        assert!(step.done);
        assert_eq!(environment.standing().won, expected >= 1.0);
        let after = environment.step("Finish[in Nice, France]").unwrap();
        assert_eq!((after.reward, after.done), (0.0, true));
    };
    check("In Nice, France.", 1.0);
    check("Nice", 0.5);
    check("France in Nice", 0.99);
    check("Paris", 0.0);
}

#[test]
fn progress_counts_the_pages_that_were_needed_and_feedback_names_those_found() {
    let (mut environment, _) = begun(HotpotqaOptions::default());
    let mut progress = Vec::new();
    for action in ["Search[Bristol]", "Search[Zoë Gray]", "Search[zoe gray]", "Finish[Paris]"] {
        progress.push(environment.step(action).unwrap().progress);
    }
    let third = 1.0 / 3.0;
    assert_eq!(progress, [0.0, third, third, third]);
    assert_eq!(
        environment.feedback(),
        "Your answer Paris was not right. Needed pages that you found: 1 of 2: Zoë Gray."
    );
}

#[test]
fn the_right_answer_is_in_no_observation_and_no_feedback() {
    for context in [Context::None, Context::Search] {
        let (mut environment, opening) = begun(with(context));
        let step = environment.step("Finish[Paris]").unwrap();
        for text in [opening, step.observation, environment.feedback()] {
            assert!(!text.contains("Nice") && !text.contains("INCORRECT"), "{text}");
        }
    }
}

#[test]
fn pages_are_given_or_there_is_nothing_to_search() {
    let gold = seen(Context::Gold, &["Search[Bristol]"]);
    assert_eq!(
        gold[0],
        "Bath, Maine: Bath is a city in Maine. Its mayor is Zoë Gray.\n\
         Zoë Gray: Zoë Gray is a mayor. She was born in Nice. She was a sailor.\n\
         Question: Where was the mayor of Bath, Maine born?\nAnswer with Finish[answer]."
    );
    assert_eq!(gold[1], "There is nothing to search. Answer with Finish[answer].");
    let none = seen(Context::None, &["Lookup[x]"]);
    assert_eq!(
        none[0],
        "Question: Where was the mayor of Bath, Maine born?\nAnswer with Finish[answer]."
    );
    assert_eq!(none[1], gold[1]);
}

#[test]
fn long_observations_are_cut_and_given_pages_keep_what_matters() {
    let options = HotpotqaOptions { observation_characters: 40, context: Context::Gold };
    let (_, opening) = begun(options);
    assert!(opening.contains("Zoë Gray: She was born in Nice.\n"), "{opening}");

    let options = HotpotqaOptions { observation_characters: 40, context: Context::Search };
    let (mut environment, _) = begun(options);
    let page = environment.step("Search[Zoë Gray]").unwrap().observation;
    assert_eq!(page, "Zoë Gray is a mayor. She was born in Ni…");
    assert_eq!(page.chars().count(), 40);
}

#[test]
fn decoding_is_held_to_what_can_be_done() {
    let allows = |environment: &mut Box<dyn Playable + Send>, action: &str| {
        let ActionForm::Pattern(pattern) = environment.action_form() else { panic!("no pattern") };
        Regex::new(&format!("^(?:{pattern})$")).unwrap().is_match(action)
    };
    let (mut environment, _) = begun(HotpotqaOptions::default());
    assert_eq!(environment.admissible_actions(), None);
    assert!(!allows(&mut environment, "Lookup[born]"));
    environment.step("Search[Bristol]").unwrap();
    assert!(allows(&mut environment, "Lookup[born]"));
    let (mut environment, _) = begun(with(Context::None));
    assert!(allows(&mut environment, "Finish[Nice]") && !allows(&mut environment, "Search[Nice]"));
}

#[test]
fn unknown_tasks_and_steps_before_a_reset_are_errors() {
    let world = some(HotpotqaOptions::default());
    let mut environment = world.environment();
    assert!(matches!(environment.step("x"), Err(EnvironmentError::NotReset)));
    for id in ["", "q0", "train/", "nowhere/q0", "train/q99"] {
        let unknown = environment.reset(&Task::named(id));
        assert!(matches!(unknown, Err(EnvironmentError::UnknownTask(_))), "{id}");
    }
}

#[test]
fn huge_and_odd_actions_are_answered_within_the_limit() {
    let (mut environment, _) = begun(HotpotqaOptions::default());
    for action in [
        format!("Search[{}]", "[".repeat(100_000)),
        format!("Search[{}]", "x ".repeat(900)),
        "[".repeat(100_000),
        format!("Lookup[{}]", "\u{0}\u{1b}[31m".repeat(300)),
        "Search[\u{202e}\u{7}\r\nSearch[x]]".to_owned(),
        format!("Search[{}]", "\u{301}".repeat(1000)),
    ] {
        let seen = environment.step(&action).unwrap().observation;
        assert!(seen.chars().count() <= 800 && !seen.contains(char::is_control), "{seen:.60?}");
    }
}

proptest! {
    #[test]
    fn any_play_keeps_the_promises(actions in prop::collection::vec(
        "(Search|Lookup|Finish|[a-z]{0,3})[\\[\\]]{0,2}(Bath, Maine|Zo. Gray|Nice|\\PC{0,9})\\]{0,2}", 1..8
    )) {
        let (mut environment, _) = begun(HotpotqaOptions::default());
        let (mut total, mut before) = (0.0, 0.0);
        for action in &actions {
            let step = environment.step(action).unwrap();
            total += step.reward;
            prop_assert!(step.progress >= before && (0.0..=1.0).contains(&step.progress));
            before = step.progress;
        }
        prop_assert!((0.0..=1.0).contains(&total));
    }
}
