//! What is told of a trial, step by step.

use runtime_core::model::{Generation, Origin, Token};
use runtime_core::strategy::Strategy;

use super::*;
use crate::results::tests::{history, outcomes as solved_at};

/// A run of one task that is never solved.
fn failed(strategy: Strategy) -> RunHistory {
    history(strategy.name(), &solved_at(&[], 1))
}

fn told_of(strategy: Strategy) -> TrialMemory {
    transcripts(&failed(strategy), 0)[1].memory.clone()
}

#[test]
fn a_trial_says_what_it_was_told() {
    let advice = || vec!["Go right.".to_owned()];

    assert_eq!(told_of(Strategy::None), TrialMemory::default());
    assert_eq!(told_of(Strategy::Reflexion), TrialMemory { reflections: advice(), attempt: None });
    let both = TrialMemory { reflections: advice(), attempt: Some(1) };
    assert_eq!(told_of(Strategy::LastAttemptAndReflexion), both);
    let last = TrialMemory { reflections: Vec::new(), attempt: Some(1) };
    assert_eq!(told_of(Strategy::LastAttempt), last);
    assert_eq!(transcripts(&failed(Strategy::Reflexion), 0)[0].memory, TrialMemory::default());
}

#[test]
fn a_trial_of_a_search_says_which_trial_it_goes_on_from() {
    let mut search = failed(Strategy::Search);
    let trials = &mut search.tasks[0].trials;
    trials.push(trials[1].clone());
    trials[1].trajectory.steps[0].outcome.progress = 0.25;
    trials[1].reflection = None;

    let found = transcripts(&search, 0);

    let from: Vec<_> = found.iter().map(|trial| trial.memory.attempt).collect();
    assert_eq!(from, [None, Some(1), Some(1)]);
    assert_eq!(found[2].memory.reflections, ["Go right."]);
}

#[test]
fn a_trial_is_told_the_newest_reflections_and_no_more_than_were_asked_for() {
    let mut long = failed(Strategy::Reflexion);
    long.run.settings = r#"{"reflections": 2}"#.into();
    let trial = long.tasks[0].trials[0].clone();
    long.tasks[0].trials = (1..=4)
        .map(|number| {
            let mut trial = trial.clone();
            trial.reflection.as_mut().unwrap().text = format!("Advice {number}.");
            trial
        })
        .collect();

    let found = transcripts(&long, 0);

    assert_eq!(found[3].memory.reflections, ["Advice 2.", "Advice 3."]);
}

#[test]
fn a_group_s_next_trials_each_read_their_own_reflection() {
    let mut group = failed(Strategy::Retrospective);
    group.run.settings = r#"{"collection": {"members": 2}}"#.into();
    let mut again = group.tasks[0].clone();
    group.tasks[0].go_back(1).unwrap();
    group.tasks[0].trials[0].reflection.clone_from(&again.trials[0].reflection);
    group.tasks[0].trials[0].reflection.as_mut().unwrap().text = "Go left.".into();
    group.tasks[0].trials.push(again.trials.remove(1));

    let found = transcripts(&group, 0);

    let read = found.iter().map(|one| (one.trial, one.member, &*one.memory.reflections));
    let read: Vec<_> = read.collect();
    let advice = [["Go right.".to_owned()], ["Go left.".to_owned()]];
    assert_eq!(
        read,
        [(1, None, &[][..]), (2, Some(1), &advice[0][..]), (2, Some(2), &advice[1][..])]
    );
    let written: Vec<_> = found[0].reflections.iter().map(|one| (one.member, &*one.text)).collect();
    assert_eq!(written, [(Some(1), "Go right."), (Some(2), "Go left.")]);
    assert_eq!(outcomes(&group.tasks[0]), [TrialOutcome::Failed; 3]);
}

fn answer(tokens: Vec<Token>) -> AnswerView {
    AnswerView::alone(&Generation { tokens, ..Generation::of_text("go") })
}

#[test]
fn an_action_is_as_likely_as_its_chosen_tokens_together() {
    let chosen = |p: f32| Token {
        id: 5,
        log_prob: p.ln(),
        log_prob_full: Some(-3.0),
        origin: Origin::Drawn,
    };
    let forced = Token::forced(6);

    let found = answer(vec![chosen(0.5), forced, chosen(0.25)]);

    assert!((found.probability.unwrap() - 0.125).abs() < 1e-6, "{found:?}");
    assert!((found.probability_full.unwrap() - (-6.0_f64).exp()).abs() < 1e-9, "{found:?}");
    assert_eq!((found.tokens, found.chosen_tokens), (3, 2));
}

#[test]
fn what_was_not_chosen_has_no_probability_but_an_endpoint_s_own() {
    let forced = Token::forced(6);
    let unnamed = Token {
        log_prob_full: Some(-1.0),
        origin: Origin::Unknown,
        ..Token::forced(Token::UNKNOWN_ID)
    };

    assert_eq!(answer(vec![forced]).probability, None);
    assert_eq!(answer(vec![forced]).probability_full, None);
    let endpoint = answer(vec![unnamed, unnamed]);
    assert_eq!(endpoint.probability, None);
    assert!((endpoint.probability_full.unwrap() - (-2.0_f64).exp()).abs() < 1e-9);
}

#[test]
fn a_prompt_says_what_of_it_is_new() {
    let mut seen = failed(Strategy::None);
    let steps = &mut seen.tasks[0].trials[0].trajectory.steps;
    let mut next = steps[0].clone();
    // What was generated is part of what comes next.
    next.decision.answer.prompt_ids = vec![1, 2, 3, 9, 9, 4, 5];
    steps.push(next);

    let found = transcripts(&seen, 0);

    let prompts = found[0].steps.iter().map(|step| &step.answer.prompt);
    let shared: Vec<_> = prompts.map(|prompt| (prompt.ids.len(), prompt.shared_tokens)).collect();
    assert_eq!(shared, [(3, 0), (7, 5)]);
}
