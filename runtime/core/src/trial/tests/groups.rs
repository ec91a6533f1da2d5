//! Groups of reflections on a failed trial.

use super::*;

/// Groups of two texts, each with so many next trials.
fn pairs(next_trials: u32) -> TrialSettings {
    let group = GroupSettings { members: 2, next_trials: Some(next_trials) };
    TrialSettings { group, ..settings(Strategy::Retrospective) }
}

fn collect(settings: TrialSettings, script: &[&str], trials_max: u32) -> Played {
    let task = task(trials_max, 5);
    let played = play_with(settings, script, &task, TaskHistory::default(), None);
    assert!(played.history.finished_group(&task, settings.judge, settings.group));
    played
}

/// Each draw, by trial: its text, and which of the text's next trials succeeded.
fn drawn(history: &TaskHistory) -> Vec<(u32, &str, Vec<bool>)> {
    let mut all = history.reflected();
    all.sort_by_key(|tried| tried.reflection.trial);
    all.iter().map(ends).collect()
}

fn ends<'a>(tried: &Reflected<'a>) -> (u32, &'a str, Vec<bool>) {
    let solved = tried.next.iter().map(|next| next.trajectory.succeeded()).collect();
    (tried.reflection.trial, tried.reflection.text.as_str(), solved)
}

#[test]
fn a_group_goes_back_to_behind_the_failed_trial_for_each_reflection() {
    let group = GroupSettings { members: 3, next_trials: None };
    let settings = TrialSettings { group, ..settings(Strategy::Retrospective) };
    let script =
        ["open left", "Left.", "open left", "Right.", "open right", "Neither.", "open left"];

    let played = collect(settings, &script, 2);

    let expected =
        [(1, "Left.", vec![false]), (1, "Right.", vec![true]), (1, "Neither.", vec![false])];
    assert_eq!(drawn(&played.history), expected);
    // A reflection is never told of the others, and neither is the next trial.
    assert_eq!(played.prompts, ["", "", "Left.", "", "Right.", "", "Neither."]);
}

#[test]
fn a_task_that_is_solved_at_once_has_no_group() {
    let played = collect(pairs(2), &["open right"], 2);

    assert_eq!(endings(&played.history), [Ending::Solved]);
    assert!(played.history.reflected().is_empty());
}

#[test]
fn a_text_that_is_drawn_twice_counts_twice_and_is_played_once() {
    let script = ["open left", "Left.", "open left", "Left.", "Right.", "open right"];

    let played = collect(pairs(1), &script, 2);

    let expected =
        [(1, "Left.", vec![false]), (1, "Left.", vec![false]), (1, "Right.", vec![true])];
    assert_eq!(drawn(&played.history), expected);
    assert_eq!(played.prompts, ["", "", "Left.", "", "", "Right."]);
}

#[test]
fn each_text_has_as_many_next_trials() {
    let script =
        ["open left", "Left.", "open left", "open right", "Right.", "open right", "open right"];

    let played = collect(pairs(2), &script, 2);

    let expected = [(1, "Left.", vec![false, true]), (1, "Right.", vec![true, true])];
    assert_eq!(drawn(&played.history), expected);
    assert_eq!(played.prompts, ["", "", "Left.", "Left.", "", "Right.", "Right."]);
}

#[test]
fn next_trials_of_a_group_have_the_same_dice_for_every_text() {
    // Without a script, answers are drawn from the seed alone.
    let played = collect(pairs(2), &[], 2);

    let acted = |trial: &FinishedTrial| {
        let steps = trial.trajectory.steps.iter();
        steps.map(|step| step.decision.action.clone()).collect::<Vec<_>>()
    };
    let next: Vec<Vec<_>> = played
        .history
        .reflected()
        .into_iter()
        .map(|tried| tried.next.into_iter().map(acted).collect())
        .collect();
    assert!(next.len() >= 2 && next.iter().all(|next| next.len() == 2), "{next:?}");
    assert!(next.windows(2).all(|pair| pair[0] == pair[1]), "{next:?}");
    assert_ne!(next[0][0], next[0][1]);
}

#[test]
fn a_group_with_one_text_in_four_draws_is_settled() {
    let same = "Left.";

    let played = collect(pairs(1), &["open left", same, "open left", same, same, same], 2);

    assert_eq!(drawn(&played.history), vec![(1, same, vec![false]); 4]);
    assert_eq!(played.prompts, ["", "", same, "", "", ""]);
}

#[test]
fn the_line_goes_on_with_the_first_draw_to_a_group_with_its_memory() {
    let script = [
        "open left",
        "Left.",
        "open left",
        "Right.",
        "open right",
        // The line, whose next trial fails again.
        "open left",
        "Wait.",
        "open left",
        "Go.",
        "open right",
    ];

    let played = collect(pairs(1), &script, 3);

    let expected = [
        (1, "Left.", vec![false, false]),
        (1, "Right.", vec![true]),
        (2, "Wait.", vec![false]),
        (2, "Go.", vec![true]),
    ];
    assert_eq!(drawn(&played.history), expected);
    let shown =
        ["", "", "Left.", "", "Right.", "Left.", "Left.", "Left.Wait.", "Left.", "Left.Go."];
    assert_eq!(played.prompts, shown);
}

#[test]
fn a_line_that_is_solved_ends() {
    let script = ["open left", "Left.", "open left", "Right.", "open right", "open right"];

    let played = collect(pairs(1), &script, 3);

    assert_eq!(endings(&played.history), [Ending::Over, Ending::Solved]);
    assert_eq!(played.history.branches.len(), 2);
}

#[test]
fn a_collection_interrupted_anywhere_goes_on_where_it_stopped() {
    for judge in [Judge::Environment, Judge::Agent] {
        for next_trials in [None, Some(1), Some(2)] {
            let group = GroupSettings { members: 3, next_trials };
            interrupt_anywhere(TrialSettings { judge, group, ..settings(Strategy::Reflexion) });
        }
    }
}
