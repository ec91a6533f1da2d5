//! A buyer learns from a purchase: the reflection on it stands in every prompt of the next trial. In the
//! published runs of Reflexion on WebShop it did not.

use std::path::Path;
use std::sync::{Arc, Mutex};

use runtime_agent::agent::{CountedEpisode, ModelAgent};
use runtime_agent::prompts::PromptSet;
use runtime_agent::settings::AgentSettings;
use runtime_core::event::Event;
use runtime_core::group::GroupSettings;
use runtime_core::history::TaskHistory;
use runtime_core::model::{Generation, LanguageModel, ModelError, ModelIdentity, Request};
use runtime_core::scripted::ScriptedModel;
use runtime_core::strategy::{Judge, Strategy};
use runtime_core::task::Limits;
use runtime_core::trial::{Participants, Recorder, RecorderError, TrialSettings, run_task};
use runtime_environments::selection::TaskSelection;
use runtime_environments::world::World;
use runtime_environments::worlds::webshop::Webshop;

const ADVICE: &str = "The dark blue one was wrong: click red before Buy Now.";

/// A scripted model whose prompts can be read while an agent has it.
#[derive(Clone)]
struct Overheard(Arc<Mutex<ScriptedModel>>);

impl LanguageModel for Overheard {
    fn generate(&mut self, request: &Request) -> Result<Generation, ModelError> {
        self.0.lock().unwrap().generate(request)
    }

    fn count_tokens(&mut self, text: &str) -> Result<u32, ModelError> {
        self.0.lock().unwrap().count_tokens(text)
    }

    fn context_tokens(&self) -> u32 {
        self.0.lock().unwrap().context_tokens()
    }

    fn identity(&self) -> ModelIdentity {
        ModelIdentity::default()
    }
}

/// Keeps nothing.
struct Unrecorded;

impl Recorder for Unrecorded {
    fn record(&mut self, _: &Event) -> Result<(), RecorderError> {
        Ok(())
    }

    fn now_us(&mut self) -> u64 {
        0
    }

    fn interrupted(&mut self) -> bool {
        false
    }
}

/// Two trials of one purchase under a strategy: the actor's prompts, and the returns.
fn shop(strategy: Strategy) -> (Vec<String>, Vec<f32>) {
    let catalogue = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../runtime/environments/tests/fixtures/shop.jsonl");
    let world = Webshop::open(&catalogue).unwrap();
    let limits = Limits { steps_max: 15, trials_max: 2, ..Limits::default() };
    let selection = TaskSelection { split: "human".into(), count: Some(1), seed: 1, limits };
    let task = world.tasks(&selection).unwrap().remove(0);
    let wrong = ["search[running shoe]", "click[S1]", "click[dark blue]", "click[Buy Now]"];
    let right = ["search[running shoe]", "click[S1]", "click[red]", "click[Buy Now]"];
    let actor = Overheard(Arc::new(Mutex::new(ScriptedModel::new(&[wrong, right].concat()))));
    let mut agent = ModelAgent {
        actor: Box::new(actor.clone()),
        retrospective: Box::new(ScriptedModel::new(&[ADVICE])),
        reward_model: None,
        prompts: Arc::new(PromptSet::built_in("webshop").unwrap()),
        settings: AgentSettings { prompt_tokens_max: 100_000, ..AgentSettings::default() },
        counted: CountedEpisode::default(),
    };
    let settings = TrialSettings {
        strategy,
        judge: Judge::Environment,
        reflections_max: 3,
        redraws_max: Some(2),
        group: GroupSettings::NONE,
        seed: 1,
    };
    let mut environment = world.environment();
    let mut participants = Participants {
        agent: &mut agent,
        environment: &mut *environment,
        recorder: &mut Unrecorded,
    };
    let mut history = TaskHistory::default();
    run_task(&mut participants, &settings, &task, 0, &mut history).unwrap();

    let returns = history.trials.iter().map(|trial| trial.trajectory.episode_return()).collect();
    (actor.0.lock().unwrap().prompts.clone(), returns)
}

#[test]
fn a_buyers_reflection_is_in_every_prompt_of_the_next_trial() {
    let (prompts, returns) = shop(Strategy::Reflexion);

    assert_eq!(prompts.len(), 8);
    assert!(prompts[..4].iter().all(|prompt| !prompt.contains(ADVICE)));
    assert!(prompts[4..].iter().all(|prompt| prompt.contains(ADVICE)));
    assert!(
        (returns[0] - 2.0 / 3.0).abs() < 1e-6 && (returns[1] - 1.0).abs() < 1e-6,
        "{returns:?}"
    );
}

#[test]
fn a_plain_retry_is_told_nothing() {
    let (prompts, _) = shop(Strategy::None);

    assert!(prompts.iter().all(|prompt| !prompt.contains(ADVICE)));
    assert_eq!(prompts[0], prompts[4]);
}
