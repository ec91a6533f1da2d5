//! Which trial counts, which one a search goes on from, and what is read where no results are seen.

use super::*;
use crate::history::parents;
use crate::strategy::Feedback;
use crate::trajectory::Trajectory;

/// A world whose progress is the action, in tenths, and that rewards "9" alone: what it hides.
struct Tenths;

impl Environment for Tenths {
    fn reset(&mut self, _task: &Task) -> Result<String, EnvironmentError> {
        Ok("A number?".into())
    }

    fn step(&mut self, action: &str) -> Result<Step, EnvironmentError> {
        let progress = action.parse::<f32>().unwrap_or(0.0) / 10.0;
        let reward = if action == "9" { 1.0 } else { 0.0 };
        Ok(Step { observation: "Judged.".into(), reward, progress, done: true })
    }

    fn admissible_actions(&mut self) -> Option<Vec<String>> {
        None
    }

    fn feedback(&self) -> String {
        String::new()
    }
}

/// Answers with the next number of its script, or one that the seed draws; what it was told is kept.
#[derive(Default)]
struct Guesser {
    script: Vec<&'static str>,
    /// The trajectories that it reflected on, as it read them.
    read: Vec<Trajectory>,
    told: Vec<(u32, Option<String>, Vec<String>)>,
}

impl Guesser {
    fn answer(&mut self, trial: u32, seed: u64) -> String {
        match self.script.get(trial as usize - 1) {
            Some(answer) => (*answer).into(),
            None => (seed % 9).to_string(),
        }
    }
}

impl Agent for Guesser {
    fn act(&mut self, episode: &Episode<'_>) -> Result<Decision, ModelError> {
        let (memory, trial) = (episode.memory, episode.seed.trial);
        let attempt = memory.last_attempt.as_ref();
        let attempt = attempt.map(|attempt| attempt.steps[0].decision.action.clone());
        let notes = memory.reflections().map(|note| note.text.clone()).collect();
        self.told.push((trial, attempt, notes));
        let answer = crate::model::Generation::of_text(self.answer(trial, episode.seed.seed()));
        let action = answer.text.clone();
        Ok(Decision { action, malformed: false, dropped_steps: 0, thought: None, answer })
    }

    fn judge(&mut self, _: &Attempt<'_>) -> Result<Judgement, ModelError> {
        let generation = crate::model::Generation::of_text("no");
        Ok(Judgement { completed: false, generation })
    }

    fn reflect(&mut self, attempt: &Attempt<'_>) -> Result<Reflection, ModelError> {
        let trial = attempt.seed.trial;
        self.read.push(attempt.trajectory.clone());
        let text = alloc::format!("On trial {trial}.");
        let generation = crate::model::Generation::of_text(text.clone());
        Ok(Reflection::new(trial, text, generation))
    }
}

struct Guessed {
    history: TaskHistory,
    read: Vec<Trajectory>,
    events: Vec<Event>,
    told: Vec<(u32, Option<String>, Vec<String>)>,
}

fn guess(
    settings: TrialSettings,
    script: &[&'static str],
    mut history: TaskHistory,
    max: Option<usize>,
) -> Guessed {
    let mut agent = Guesser { script: script.to_vec(), ..Guesser::default() };
    let mut recorder = Events { events: Vec::new(), events_max: max };
    let mut participants =
        Participants { agent: &mut agent, environment: &mut Tenths, recorder: &mut recorder };
    let ended = run_task(&mut participants, &settings, &task(8, 1), 0, &mut history);
    assert!(ended.is_ok() || max.is_some());
    Guessed { history, events: recorder.events, told: agent.told, read: agent.read }
}

#[test]
fn a_search_goes_on_from_the_best_trial_at_most_three_times() {
    let settings = TrialSettings { judge: Judge::Progress, ..settings(Strategy::Search) };

    let guessed =
        guess(settings, &["2", "1", "5", "5", "5", "4", "3", "0"], TaskHistory::default(), None);

    // Trials 2 and 3 go on from the first; then the fifths have three each, the earlier one first.
    let from: Vec<_> = guessed.told.iter().map(|(_, attempt, _)| attempt.as_deref()).collect();
    assert_eq!(
        from,
        [None, Some("2"), Some("2"), Some("5"), Some("5"), Some("5"), Some("5"), Some("5")]
    );
    let numbers: Vec<_> = parents(&guessed.history.trials[..7]).into_iter().flatten().collect();
    assert_eq!(numbers, [0, 0, 2, 2, 2, 3, 3]);
    let notes: Vec<&str> = guessed.told[1..].iter().map(|(.., notes)| notes[0].as_str()).collect();
    assert_eq!(notes[..3], ["On trial 1.", "On trial 1.", "On trial 3."]);
    assert_eq!(notes[5..], ["On trial 4.", "On trial 4."]);
    assert!(guessed.told.iter().all(|(.., notes)| notes.len() <= 1));
}

#[test]
fn a_reflection_of_a_search_is_written_once_and_only_where_a_trial_goes_on() {
    let settings = TrialSettings { judge: Judge::Progress, ..settings(Strategy::Search) };

    let guessed =
        guess(settings, &["2", "1", "5", "5", "5", "4", "3", "0"], TaskHistory::default(), None);

    let reflected: Vec<u32> = guessed
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Reflection(event) => Some(event.key.trial),
            _ => None,
        })
        .collect();
    assert_eq!(reflected, [1, 3, 4]);
    let next = crate::group::searched(&guessed.history.trials);
    let counts: Vec<usize> = next.iter().map(|reflected| reflected.next.len()).collect();
    assert_eq!(counts, [2, 3, 2]);
}

#[test]
fn what_counts_is_chosen_by_progress_and_never_by_the_return() {
    let shown = TrialSettings { judge: Judge::Progress, ..settings(Strategy::Rerank) };
    let script = ["2", "9.5", "9", "0", "0", "0", "0", "0"];

    let guessed = guess(shown, &script, TaskHistory::default(), None);

    // The third trial has the whole return; the second shows more, and counts.
    assert_eq!(guessed.history.trials.len(), 8);
    assert!(guessed.history.trials[2].trajectory.succeeded());
    assert!(!guessed.history.solved(Strategy::Rerank.counted()));
    assert!(guessed.told.iter().all(|(_, attempt, notes)| attempt.is_none() && notes.is_empty()));
    let counted = guessed.history.counted(Strategy::Rerank.counted()).unwrap();
    assert!((counted.trajectory.progress() - 0.95).abs() < 1e-6);
}

#[test]
fn trials_end_by_progress_or_by_the_return_as_the_feedback_says() {
    for strategy in [Strategy::Rerank, Strategy::Search] {
        let shown = TrialSettings { judge: Judge::Progress, ..settings(strategy) };
        let told = TrialSettings { judge: Judge::Environment, ..shown };
        let script = ["9", "10", "0"];

        let count =
            |settings| guess(settings, &script, TaskHistory::default(), None).history.trials.len();

        assert_eq!([count(shown), count(told)], [2, 1]);
    }
}

#[test]
fn who_sees_no_results_reflects_on_what_was_done_alone_and_plays_all_trials() {
    for feedback in Feedback::ALL {
        let strategy = Strategy::ImmediateReflexion;
        let judge = strategy.judge(feedback);
        let settings = TrialSettings { judge, ..settings(strategy) };

        // The first trial has the whole return, the second the whole progress.
        let script = ["9", "10", "3", "1", "1", "1", "1", "2"];
        let guessed = guess(settings, &script, TaskHistory::default(), None);

        assert_eq!(guessed.history.trials.len(), 8);
        assert!(guessed.history.finished(&task(8, 1), judge));
        assert!(!guessed.history.solved(strategy.counted()));
        let actions = guessed.read.iter().map(|read| read.steps[0].decision.action.as_str());
        assert_eq!(actions.collect::<Vec<_>>(), script[..7]);
        for read in &guessed.read {
            let outcome = &read.steps[0].outcome;
            assert_eq!((outcome.observation.as_str(), read.succeeded()), ("", false));
            assert_eq!((outcome.progress, read.ending), (0.0, Ending::Over));
            assert_eq!(read.feedback, "Nothing is known of the result.");
        }
        assert!(guessed.told.iter().all(|(_, attempt, _)| attempt.is_none()));
    }
}

#[test]
fn a_search_interrupted_anywhere_goes_on_where_it_stopped() {
    for judge in [Judge::Progress, Judge::Agent] {
        for seed in 0..5 {
            interrupt(TrialSettings { judge, seed, ..settings(Strategy::Search) });
        }
    }
}

fn interrupt(settings: TrialSettings) {
    let whole = guess(settings, &[], TaskHistory::default(), None);
    for events_max in 1..whole.events.len() {
        let first = guess(settings, &[], TaskHistory::default(), Some(events_max));
        let history = of_events("search", &task(8, 1), &first.events).unwrap();
        let rest = guess(settings, &[], history, None);

        assert_eq!([first.events, rest.events].concat(), whole.events, "after {events_max}");
        assert_eq!(rest.history, whole.history);
    }
}

#[test]
fn only_a_search_reflects_on_an_earlier_trial() {
    let settings = TrialSettings { judge: Judge::Progress, ..settings(Strategy::Search) };
    let script = ["5", "6", "1", "1", "1", "0"];
    let events = guess(settings, &script, TaskHistory::default(), None).events;

    assert!(of_events("search", &task(8, 1), &events).is_ok());
    assert!(of_events("reflexion", &task(8, 1), &events).is_err());
}
