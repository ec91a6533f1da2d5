//! Worlds that fail in an episode, and worlds that do not repeat.

use super::*;

/// Two doors, of which the left one breaks the world.
struct Fragile {
    repeats: bool,
    resets: u32,
}

impl Environment for Fragile {
    fn reset(&mut self, task: &Task) -> Result<String, EnvironmentError> {
        self.resets += 1;
        if self.resets == 3 {
            return Err(EnvironmentError::BrokenOff("it sleeps".into()));
        }
        TwoDoors.reset(task)
    }

    fn step(&mut self, action: &str) -> Result<Step, EnvironmentError> {
        match action {
            "open left" => Err(EnvironmentError::BrokenOff("it said nothing".into())),
            "burn down" => Err(EnvironmentError::Broken("it is gone".into())),
            _ => TwoDoors.step(action),
        }
    }

    fn admissible_actions(&mut self) -> Option<Vec<String>> {
        None
    }

    fn feedback(&self) -> String {
        "The world stands.".into()
    }

    fn repeats(&self) -> bool {
        self.repeats
    }
}

fn play_in(
    world: &mut Fragile,
    script: &[&str],
    settings: TrialSettings,
    history: TaskHistory,
    events_max: Option<usize>,
) -> Played {
    let mut history = history;
    let mut agent = PlainAgent { model: ScriptedModel::new(script) };
    let mut recorder = Events { events: Vec::new(), events_max };
    let mut participants =
        Participants { agent: &mut agent, environment: world, recorder: &mut recorder };
    let result = run_task(&mut participants, &settings, &task(4, 5), 0, &mut history);
    Played { history, events: recorder.events, prompts: agent.model.prompts, result }
}

#[test]
fn what_breaks_an_episode_ends_it_and_nothing_is_concluded() {
    let mut world = Fragile { repeats: true, resets: 0 };
    let script = ["look", "open left", "wait", "open left", "open right"];
    let settings = settings(Strategy::Reflexion);

    let played = play_in(&mut world, &script, settings, TaskHistory::default(), None);

    assert!(played.result.is_ok());
    let [broken, again, unbegun, solved] = &played.history.trials[..] else { panic!("four") };
    assert_eq!(endings(&played.history)[..3], [Ending::Broken; 3]);
    assert_eq!((broken.trajectory.steps.len(), again.trajectory.steps.len()), (1, 1));
    assert_eq!(broken.trajectory.feedback, "it said nothing");
    assert_eq!((unbegun.trajectory.opening.as_str(), unbegun.trajectory.steps.len()), ("", 0));
    assert_eq!(unbegun.trajectory.feedback, "it sleeps");
    assert!(solved.trajectory.succeeded());
    assert!(!played.events.iter().any(|event| matches!(event, Event::Reflection(_))));
}

#[test]
fn a_world_that_is_gone_ends_the_run() {
    let mut world = Fragile { repeats: true, resets: 0 };
    let settings = settings(Strategy::None);

    let played = play_in(&mut world, &["burn down"], settings, TaskHistory::default(), None);

    assert!(matches!(played.result, Err(TrialError::Environment(_))), "{:?}", played.result);
}

#[test]
fn an_agent_does_not_judge_what_broke() {
    let mut world = Fragile { repeats: true, resets: 0 };
    let settings = TrialSettings { judge: Judge::Agent, ..settings(Strategy::None) };

    let played =
        play_in(&mut world, &["open left", "yes"], settings, TaskHistory::default(), Some(2));

    assert_eq!(played.history.trials[0].passed(Judge::Agent), Some(false));
    assert!(played.history.trials[0].judgement.is_none());
}

#[test]
fn an_interrupted_episode_of_a_world_that_does_not_repeat_begins_anew() {
    let run = |events: Vec<Event>| {
        let run = RunEvent {
            version: String::new(),
            strategy: String::new(),
            settings: String::new(),
            prompts_sha256: String::new(),
            actor: ModelIdentity::default(),
            retrospective: ModelIdentity::default(),
            tasks: vec![task(4, 5)],
            traits: Vec::new(),
        };
        RunHistory::from_events(core::iter::once(Event::Run(run)).chain(events)).unwrap()
    };
    let mut world = Fragile { repeats: false, resets: 0 };
    let settings = settings(Strategy::None);
    let first = play_in(&mut world, &["look", "wait"], settings, TaskHistory::default(), Some(3));
    let history = run(first.events.clone()).tasks.remove(0);
    assert_eq!(history.open.as_ref().unwrap().steps.len(), 2);

    let rest = play_in(&mut world, &["open right"], settings, history, None);

    assert!(matches!(rest.events[0], Event::TrialStart(_)));
    assert_eq!(rest.history.trials[0].trajectory.steps.len(), 1);
    let whole = run([first.events, rest.events].concat());
    assert_eq!(whole.tasks[0], rest.history);
}

#[test]
fn what_a_broken_trial_came_to_is_not_what_its_reflection_earned() {
    let group = GroupSettings { members: 2, next_trials: Some(1) };
    let settings = TrialSettings { group, ..settings(Strategy::Retrospective) };
    let mut world = Fragile { repeats: true, resets: 0 };
    // The next trials of both texts break, that of the first one told again does not.
    let script = ["look", "look", "look", "One.", "open left", "Two.", "open right"];

    let played = play_in(&mut world, &script, settings, TaskHistory::default(), None);

    assert!(played.result.is_ok(), "{:?}", played.result);
    let [told] = &played.history.reflected()[..] else { panic!("one is expected") };
    assert_eq!(told.reflection.text, "One.");
    assert!(told.next.iter().all(|next| !next.is_broken()));
}
