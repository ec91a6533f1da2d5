//! Reflections that say again what the memory says.

use super::*;

fn repeats(played: &Played) -> Vec<(&str, u32)> {
    let written = played.events.iter().filter_map(|event| match event {
        Event::Reflection(written) => Some((written.text.as_str(), written.repeats)),
        _ => None,
    });
    written.collect()
}

#[test]
fn a_reflection_that_repeats_the_memory_is_drawn_again() {
    let script = ["open left", "Wait.", "open left", "Wait.", "Right.", "open right"];

    let played = play(&script, Strategy::Retrospective, &task(3, 5), TaskHistory::default(), None);

    assert_eq!(repeats(&played), [("Wait.", 0), ("Right.", 1)]);
    assert_eq!(played.prompts.last().unwrap(), "Wait.Right.");
    assert_eq!(played.history.trials[1].reflection.as_ref().unwrap().repeats, 1);
}

#[test]
fn redraws_have_an_end_and_the_memory_no_repeats() {
    let script = ["open left", "Wait.", "open left", "Wait.", "Wait.", "Wait.", "open left"];

    let played = play(&script, Strategy::Retrospective, &task(3, 5), TaskHistory::default(), None);

    assert_eq!(repeats(&played), [("Wait.", 0), ("Wait.", 2)]);
    assert_eq!(played.prompts.last().unwrap(), "Wait.");
}

#[test]
fn a_run_from_before_redraws_keeps_its_repeats() {
    let settings = TrialSettings { redraws_max: None, ..settings(Strategy::Retrospective) };
    let script = ["open left", "Wait.", "open left", "Wait.", "open left"];

    let played = play_with(settings, &script, &task(3, 5), TaskHistory::default(), None);

    assert_eq!(repeats(&played), [("Wait.", 0), ("Wait.", 0)]);
    assert_eq!(played.prompts.last().unwrap(), "Wait.Wait.");
}

#[test]
fn a_run_with_redraws_goes_on_where_it_stopped() {
    let settings = settings(Strategy::Reflexion);

    interrupt_anywhere(settings);

    let whole = play_with(settings, &[], &task(4, 4), TaskHistory::default(), None);
    assert!(repeats(&whole).iter().any(|(_, repeats)| *repeats > 0), "{:?}", repeats(&whole));
}
