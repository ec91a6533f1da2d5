//! A loop whose learner is a script.

use super::*;
use crate::collection::collection;
use crate::results::tests::{history, outcomes};
use runtime_core::group::GroupSettings;
use runtime_core::strategy::Judge;

/// Solves as many validation tasks of 40 as its script says, round by round; says what
/// it was asked to do; breaks once, where it was told to, after a second.
struct Scripted {
    solved: Vec<usize>,
    calls: Vec<String>,
    saved: Learning,
    breaks_at: Option<usize>,
    now_us: u64,
    /// The round that collects nothing to learn from.
    empty_round: Option<u32>,
}

impl Scripted {
    fn new(solved: &[usize]) -> Self {
        let (solved, calls, saved) = (solved.to_vec(), Vec::new(), Learning::default());
        Self { solved, calls, saved, breaks_at: None, now_us: 0, empty_round: None }
    }

    fn call(&mut self, what: String) -> Result<(), LearnerError> {
        if self.breaks_at.take_if(|place| *place == self.calls.len()).is_some() {
            self.now_us += 1_000_000;
            return Err("the power is gone".into());
        }
        self.calls.push(what);
        Ok(())
    }
}

fn name(adapter: Option<&AdapterFile>) -> String {
    adapter.map_or_else(|| "none".into(), |adapter| adapter.sha256.clone())
}

impl Learner for Scripted {
    fn evaluate(
        &mut self,
        round: u32,
        adapter: Option<&AdapterFile>,
    ) -> Result<RunHistory, LearnerError> {
        self.call(format!("evaluate {round} {}", name(adapter)))?;
        let solved = self.solved[round as usize];
        Ok(history("retrospective", &outcomes(&vec![1; solved], 40 - solved)))
    }

    fn collect(
        &mut self,
        round: u32,
        adapter: Option<&AdapterFile>,
    ) -> Result<CollectionResults, LearnerError> {
        self.call(format!("collect {round} {}", name(adapter)))?;
        let played = history("retrospective", &outcomes(&[2], 2));
        Ok(collection(&played, Judge::Environment, GroupSettings::NONE))
    }

    fn train(
        &mut self,
        round: u32,
        adapter: Option<&AdapterFile>,
        from: RangeInclusive<u32>,
    ) -> Result<Option<TrainingResults>, LearnerError> {
        self.call(format!("train {} on {}-{}", name(adapter), from.start(), from.end()))?;
        let adapter = AdapterFile { path: "adapter.gguf".into(), sha256: format!("a{round}") };
        let stage = "ppo".into();
        let training = TrainingResults {
            adapter,
            stage,
            steps: 1,
            loss: Some(0.5),
            kl: None,
            peak_bytes: None,
        };
        Ok((self.empty_round != Some(round)).then_some(training))
    }

    fn install(&mut self, _round: u32, adapter: &AdapterFile) -> Result<(), LearnerError> {
        self.call(format!("install {}", adapter.sha256))
    }

    fn confirm(&mut self, _: u32, adapter: &AdapterFile) -> Result<(), LearnerError> {
        self.call(format!("confirm {}", adapter.sha256))
    }

    fn revert(&mut self, adapter: &AdapterFile) -> Result<(), LearnerError> {
        self.call(format!("revert {}", adapter.sha256))
    }

    fn illustrate(
        &mut self,
        adapter: &AdapterFile,
    ) -> Result<Vec<ReflectionExample>, LearnerError> {
        self.call(format!("illustrate {}", adapter.sha256))?;
        Ok(Vec::new())
    }

    fn save(&mut self, state: &Learning) -> Result<(), LearnerError> {
        self.saved = state.clone();
        Ok(())
    }

    fn now_us(&mut self) -> u64 {
        self.now_us
    }
}

fn plan(rounds: u32, replay: u32) -> LearningPlan {
    LearningPlan { rounds, replay, endpoint: None }
}

#[test]
fn a_round_goes_from_its_collection_to_its_verdict() {
    let mut learner = Scripted::new(&[10, 20]);
    let mut state = Learning::new(None);

    learn(&mut learner, plan(1, 1), &mut state).unwrap();

    assert_eq!(
        learner.calls,
        [
            "evaluate 0 none",
            "collect 1 none",
            "train none on 1-1",
            "install a1",
            "evaluate 1 a1",
            "confirm a1",
            "illustrate a1"
        ]
    );
    let verdict = state.rounds[0].verdict.clone().unwrap();
    assert!(verdict.kept && (verdict.difference_points - 25.0).abs() < 1e-9, "{verdict:?}");
    assert!(state.text().contains("95 % paired score intervals (Tango)."), "{}", state.text());
    assert_eq!(state.success().iter().map(|rate| rate.solved).collect::<Vec<_>>(), [10, 20]);
}

#[test]
fn an_adapter_that_is_worse_beyond_chance_is_reverted() {
    // A little worse is kept, much worse is not.
    let mut learner = Scripted::new(&[20, 19, 5, 19]);
    let mut state = Learning::new(None);

    learn(&mut learner, plan(3, 2), &mut state).unwrap();

    let kept: Vec<_> =
        state.rounds.iter().map(|round| round.verdict.as_ref().unwrap().kept).collect();
    assert_eq!(kept, [true, false, true]);
    assert!(learner.calls.contains(&"revert a2".to_owned()));
    assert!(learner.calls.contains(&"collect 3 a1".to_owned()));
    assert!(learner.calls.contains(&"train a1 on 2-3".to_owned()));
    assert_eq!(state.active.unwrap().sha256, "a3");
}

#[test]
fn small_losses_do_not_add_up() {
    let mut learner = Scripted::new(&[30, 29, 28, 27, 26, 31]);
    let first = AdapterFile { path: "first.gguf".into(), sha256: "first".into() };
    let mut state = Learning::new(Some(first.clone()));

    learn(&mut learner, plan(4, 1), &mut state).unwrap();

    let kept: Vec<_> =
        state.rounds.iter().map(|round| round.verdict.as_ref().unwrap().kept).collect();
    assert_eq!(kept, [true, true, true, false]);
    assert_eq!(state.best, BestAdapter { round: 0, adapter: Some(first) });
    learn(&mut learner, plan(5, 1), &mut state).unwrap();
    assert_eq!((state.best.round, state.best.adapter.unwrap().sha256), (5, "a5".to_owned()));
}

#[test]
fn of_two_that_are_as_good_the_earlier_is_the_best() {
    let mut learner = Scripted::new(&[20, 20, 21, 21]);
    let mut state = Learning::new(None);

    learn(&mut learner, plan(1, 1), &mut state).unwrap();
    assert_eq!(state.best, BestAdapter { round: 0, adapter: None });
    learn(&mut learner, plan(3, 1), &mut state).unwrap();
    assert_eq!(state.best.round, 2);
}

#[test]
fn a_task_counts_where_it_was_solved_by_the_endpoint() {
    let played = history("retrospective", &outcomes(&[1, 2, 3], 1));

    assert_eq!(solved(&played, Some(2)), [true, true, false, false]);
    assert_eq!(solved(&played, None), [true, true, true, false]);
}

#[test]
fn a_loop_that_breaks_off_anywhere_ends_as_an_undisturbed_one() {
    let mut whole = Scripted::new(&[20, 19, 5]);
    let mut expected = Learning::new(None);
    learn(&mut whole, plan(2, 1), &mut expected).unwrap();

    for place in 0..whole.calls.len() {
        let mut learner = Scripted { breaks_at: Some(place), ..Scripted::new(&[20, 19, 5]) };
        let error = learn(&mut learner, plan(2, 1), &mut Learning::new(None)).unwrap_err();
        assert!(error.to_string().starts_with("in round "), "{error}");
        // As it was written down and read again.
        let text = serde_json::to_string(&learner.saved).unwrap();
        let mut state: Learning = serde_json::from_str(&text).unwrap();
        learn(&mut learner, plan(2, 1), &mut state).unwrap();
        let seconds = |state: &Learning| state.seconds.values().sum::<f64>();
        assert!((seconds(&state) - seconds(&expected) - 1.0).abs() < 1e-9);
        state.seconds.clone_from(&expected.seconds);
        assert_eq!(state, expected, "broken off at call {place}");
        assert_eq!(learner.calls, whole.calls);
    }
}

#[test]
fn a_loop_begins_with_the_adapter_in_use() {
    let first = AdapterFile { path: "first.gguf".into(), sha256: "first".into() };
    let mut learner = Scripted::new(&[10, 20]);

    learn(&mut learner, plan(1, 1), &mut Learning::new(Some(first))).unwrap();

    assert_eq!(learner.calls[..3], ["evaluate 0 first", "collect 1 first", "train first on 1-1"]);
}

#[test]
fn a_round_without_anything_to_learn_from_is_passed_over() {
    let mut learner = Scripted { empty_round: Some(1), ..Scripted::new(&[10, 0, 20]) };
    let mut state = Learning::new(None);

    learn(&mut learner, plan(2, 1), &mut state).unwrap();

    assert_eq!(
        learner.calls[..4],
        ["evaluate 0 none", "collect 1 none", "train none on 1-1", "collect 2 none"]
    );
    assert_eq!(state.rounds[0].verdict, None);
    assert_eq!(state.active.as_ref().unwrap().sha256, "a2");
    assert!(state.text().contains("nothing learned"), "{}", state.text());
}

#[test]
fn a_round_that_the_plan_no_longer_has_is_left_out_before_it_collected() {
    let mut shorter = Scripted::new(&[10, 20]);
    let mut expected = Learning::new(None);
    learn(&mut shorter, plan(1, 1), &mut expected).unwrap();
    // Broken off in the collection of round 2.
    let mut learner = Scripted { breaks_at: Some(6), ..Scripted::new(&[10, 20]) };
    learn(&mut learner, plan(2, 1), &mut Learning::new(None)).unwrap_err();
    let mut state = learner.saved.clone();
    assert_eq!((state.phase, state.rounds_begun()), (Phase::Collect, 2));

    learn(&mut learner, plan(1, 1), &mut state).unwrap();

    state.seconds.clone_from(&expected.seconds);
    assert_eq!(state, expected);
}

#[test]
fn a_loop_that_has_ended_goes_on_with_more_rounds() {
    let mut at_once = Scripted::new(&[10, 20, 30]);
    let mut expected = Learning::new(None);
    learn(&mut at_once, plan(2, 1), &mut expected).unwrap();
    let mut learner = Scripted::new(&[10, 20, 30]);
    let mut state = Learning::new(None);

    learn(&mut learner, plan(1, 1), &mut state).unwrap();
    learn(&mut learner, plan(2, 1), &mut state).unwrap();
    learn(&mut learner, plan(2, 1), &mut state).unwrap();

    assert_eq!(state, expected);
    learner.calls.retain(|call| call != "illustrate a1");
    assert_eq!(learner.calls, at_once.calls);
}

#[test]
fn a_verdict_of_an_older_version_is_read_and_named() {
    let mut learner = Scripted::new(&[10, 20]);
    let mut state = Learning::new(None);
    learn(&mut learner, plan(1, 1), &mut state).unwrap();
    let mut json = serde_json::to_value(&state).unwrap();
    json["rounds"][0]["verdict"].as_object_mut().unwrap().remove("interval").unwrap();

    let older: Learning = serde_json::from_value(json).unwrap();

    assert!(older.text().contains("Against the best: 95 % paired bootstrap."), "{}", older.text());
}

#[test]
fn without_validation_tasks_nothing_is_known() {
    let verdict = verdict(&[], &[]);

    assert!(verdict.kept);
    assert_eq!(verdict.text(), "+0.0 [-100.0, +100.0]");
}
