//! Every stage learns, from returns alone, a reflection whose best words are known.
//!
//! A corridor has two doors one behind the other; a reflection is two tokens, one for
//! each. The next trial opens what the reflection says, so chance is a quarter.

use std::fs;
use std::path::PathBuf;

use runtime_core::environment::Step;
use runtime_core::event::{
    BranchEvent, CallHistory, Event, ReflectionEvent, StepEvent, TrialEndEvent, TrialKey,
    TrialStartEvent,
};
use runtime_core::model::{Generation, Token};
use runtime_core::record::{self, Version};
use runtime_core::seed::{mix, unit};
use runtime_core::trajectory::{Decision, Ending, TakenStep};
use trainer::TrainError;
use trainer::config::{Schedule, TrainConfig};
use trainer::dataset::Select;
use trainer::stages::Stage;
use trainer::stages::advantage::{AdvantageScale, Baseline};
use trainer::stages::critic::Critic;
use trainer::stages::importance::{Importance, Level, Over};
use trainer::stages::method::Reference;
use trainer::stages::policy_gradient::PolicyGradient;
use trainer::stages::ppo::Ppo;
use trainer::stages::preference::Preference;
use trainer::stages::reward_weighted::RewardWeights;
use trainer::stages::surrogate::{Normalize, Ratio, Surrogate};

use crate::speaker::{Chances, Speaker, prompt, right_word};
use crate::world::{World, play, run_event};

const CORRIDORS: u32 = 4;
const GROUPS: u32 = 8;
const MEMBERS: u32 = 8;
const ROUNDS: u64 = 40;

const SURROGATE: Surrogate = Surrogate {
    ratio: Ratio::Token,
    clip_low: 0.2,
    clip_high: 0.28,
    normalize: Normalize::Tokens,
    kl_weight: 0.0,
    kl_estimator: None,
};
/// Words are drawn from two tokens, not from all: that is no matter of weights.
const UNWEIGHTED: Importance =
    Importance { level: Level::None, over: Over::Truncate, weight_max: 2.0 };
pub(crate) const POLICY_GRADIENT: PolicyGradient = PolicyGradient {
    baseline: Baseline::Group,
    scale: AdvantageScale::Group,
    surrogate: SURROGATE,
    importance: UNWEIGHTED,
    reference: Reference::Base,
    divergence_max: None,
};

/// What the right words earn, against what the wrong ones do.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Pays {
    Right,
    Wrong,
}

pub(crate) struct Toy {
    pub(crate) world: World,
    adapter: Option<PathBuf>,
    pub(crate) config: TrainConfig,
    pays: Pays,
}

impl Toy {
    pub(crate) fn new(stage: Stage, select: Select, pays: Pays) -> Self {
        let world = World::new();
        let mut config = world.reflections(stage, select);
        config.data.validation_share = 0.0;
        config.optimizer.learning_rate = 0.008;
        config.optimizer.schedule = Schedule::Constant;
        config.optimizer.warmup_steps = 0;
        config.run.epochs = 1;
        config.run.batch_tokens = 200;
        Self { world, adapter: None, config, pays }
    }

    /// How often the right words are said, after at most so many rounds.
    fn learn(&mut self, rounds: u64) -> f32 {
        for round in 0..rounds {
            let (log, success) = self.collect(round);
            if success > 0.97 {
                return success;
            }
            let path = self.world.path(&format!("round-{round}.log"));
            fs::write(&path, log).unwrap();
            self.config.data.records = vec![path];
            self.config.parent = self.adapter.clone();
            let out = format!("round-{round}");
            match self.world.open(self.config.clone(), &out) {
                Ok(mut run) => play(&mut run, None),
                // All that were drawn earned the same: another round may differ.
                Err(TrainError::Empty(_)) => continue,
                Err(error) => panic!("{error}"),
            };
            self.adapter = Some(self.world.path(&out).join("adapter.gguf"));
        }
        self.collect(rounds).1
    }

    /// The records of a round, and how often the right words would be said.
    pub(crate) fn collect(&self, round: u64) -> (Vec<u8>, f32) {
        let speaker = Speaker::new(&self.world, self.adapter.as_ref());
        let chances: Vec<Chances> = (0..CORRIDORS).map(|number| speaker.chances(number)).collect();
        let mut events = vec![Event::Run(run_event(&self.world.base.sha256, CORRIDORS * GROUPS))];
        for number in 0..CORRIDORS * GROUPS {
            let corridor = number % CORRIDORS;
            let mut draws = (0..).map(|index| mix(mix(round << 32 | u64::from(number)) ^ index));
            let mut draw = || unit(draws.next().unwrap());
            let said = (0..MEMBERS).map(|_| chances[corridor as usize].draw(&mut draw));
            events.extend(self.group(number, corridor, &said.collect::<Vec<_>>()));
        }
        let bytes = record::stream(Version::NEWEST, &events).unwrap();
        let right = chances.iter().zip(0..).map(|(chances, number)| chances.right(number));
        (bytes, right.sum::<f32>() / CORRIDORS as f32)
    }

    /// A failed trial, and a next one for each reflection.
    fn group(&self, task: u32, corridor: u32, said: &[[Token; 2]]) -> Vec<Event> {
        let [failed, next] = [1, 2].map(|trial| TrialKey { task, trial });
        let mut events = episode(failed, 0.0);
        for (member, words) in said.iter().enumerate() {
            if member > 0 {
                events.push(Event::Branch(BranchEvent { key: failed }));
            }
            let generation = generation(prompt(corridor), words);
            let call = CallHistory::default().shorten(&generation);
            let text = String::new();
            events.push(Event::Reflection(ReflectionEvent {
                key: failed,
                text,
                call,
                repeats: 0,
                again: 0,
                claims: None,
            }));
            let right = [0, 1].map(|door| words[door].id == right_word(corridor, door));
            let paid = (right == [true; 2]) == (self.pays == Pays::Right);
            events.extend(episode(next, if paid { 1.0 } else { 0.0 }));
        }
        events
    }
}

pub(crate) fn episode(key: TrialKey, reward: f32) -> Vec<Event> {
    let answer = generation(vec![5], &[]);
    let action = String::new();
    let decision = Decision { action, malformed: false, dropped_steps: 0, thought: None, answer };
    let outcome = Step { observation: String::new(), reward, progress: reward, done: true };
    let step = TakenStep { decision, outcome, grounded: None };
    let stepped = StepEvent::new(key, &step, &mut CallHistory::default(), 0);
    let ending = if reward > 0.0 { Ending::Solved } else { Ending::Over };
    vec![
        Event::TrialStart(TrialStartEvent { key, opening: String::new() }),
        Event::Step(stepped),
        Event::TrialEnd(TrialEndEvent { key, ending, feedback: String::new() }),
    ]
}

pub(crate) fn generation(prompt_ids: Vec<u32>, tokens: &[Token]) -> Generation {
    Generation { tokens: tokens.to_vec(), prompt_ids, ..Generation::of_text("") }
}

fn check(stage: Stage, select: Select) {
    let mut toy = Toy::new(stage, select, Pays::Right);
    let chance = toy.learn(0);

    let learned = toy.learn(ROUNDS);

    assert!((0.1..0.5).contains(&chance), "{chance}");
    assert!(learned > 0.95, "{learned} after at most {ROUNDS} rounds");
}

#[test]
fn policy_gradient_learns() {
    check(Stage::PolicyGradient(POLICY_GRADIENT), Select::All);
}

#[test]
fn reinforce_with_others_for_a_baseline_learns() {
    let (baseline, scale) = (Baseline::LeaveOneOut, AdvantageScale::None);
    check(
        Stage::PolicyGradient(PolicyGradient { baseline, scale, ..POLICY_GRADIENT }),
        Select::All,
    );
}

#[test]
fn ratios_of_sequences_learn() {
    let (clip_low, clip_high) = (3e-4, 4e-4);
    let surrogate = Surrogate {
        ratio: Ratio::Sequence,
        normalize: Normalize::Sequence,
        clip_low,
        clip_high,
        ..SURROGATE
    };
    check(Stage::PolicyGradient(PolicyGradient { surrogate, ..POLICY_GRADIENT }), Select::All);
}

#[test]
fn ppo_learns() {
    let stage = Ppo {
        reward_baseline: Some(0.0),
        surrogate: SURROGATE,
        importance: UNWEIGHTED,
        reference: Reference::Base,
        adaptive_kl: None,
        critic: Some(Critic { discount: 1.0, trace: 0.95, learning_rate: 0.2 }),
        divergence_max: None,
    };
    check(Stage::Ppo(stage), Select::All);
    // The group's mean in the critic's place.
    check(Stage::Ppo(Ppo { reward_baseline: None, critic: None, ..stage }), Select::All);
}

#[test]
fn reward_weighted_regression_learns() {
    // At RISE's 0.4 the corridor that begins with the wrong words imitates itself.
    let stage = RewardWeights {
        baseline: None,
        temperature: 0.1,
        normalize: true,
        weight_max: f32::INFINITY,
    };
    check(Stage::RewardWeighted(stage), Select::All);
    let baseline = Some(Baseline::Group);
    check(Stage::RewardWeighted(RewardWeights { baseline, ..stage }), Select::All);
}

#[test]
fn preferences_learn() {
    let stage = Preference { beta: 0.1, margin: 0.5, reference: Reference::Parent };
    check(Stage::Preference(stage), Select::All);
}

#[test]
fn imitation_of_the_best_of_each_group_learns() {
    check(Stage::Supervised, Select::Best);
}

#[test]
fn with_the_sign_of_rewards_broken_the_right_words_are_unlearned() {
    let mut toy = Toy::new(Stage::PolicyGradient(POLICY_GRADIENT), Select::All, Pays::Wrong);

    let learned = toy.learn(8);

    assert!(learned < 0.1, "{learned}");
}
