//! What the models of an agent get to read.

use std::sync::Mutex;

use runtime_core::environment::Step;
use runtime_core::model::ModelIdentity;
use runtime_core::reflection::Memory;
use runtime_core::scripted::ScriptedModel;
use runtime_core::strategy::Feedback;
use runtime_core::task::{Limits, Task};
use runtime_core::trajectory::{Ending, Trajectory};

use super::*;

/// A scripted model whose requests stay readable after it was boxed.
#[derive(Clone)]
struct Watched {
    model: Arc<Mutex<(ScriptedModel, Vec<Request>)>>,
    context_tokens: u32,
}

impl Watched {
    fn new(answers: &[&str], context_tokens: u32) -> Self {
        let model = Arc::new(Mutex::new((ScriptedModel::new(answers), Vec::new())));
        Self { model, context_tokens }
    }

    fn prompts(&self) -> Vec<String> {
        self.model.lock().unwrap().0.prompts.clone()
    }

    fn constraints(&self) -> Vec<Constraint> {
        let watched = self.model.lock().unwrap();
        watched.1.iter().map(|request| request.constraint.clone()).collect()
    }
}

impl LanguageModel for Watched {
    fn generate(&mut self, request: &Request) -> Result<Generation, ModelError> {
        let mut watched = self.model.lock().unwrap();
        watched.1.push(request.clone());
        watched.0.generate(request)
    }

    fn count_tokens(&mut self, text: &str) -> Result<u32, ModelError> {
        self.model.lock().unwrap().0.count_tokens(text)
    }

    fn context_tokens(&self) -> u32 {
        self.context_tokens
    }

    fn identity(&self) -> ModelIdentity {
        ModelIdentity::default()
    }
}

const SOURCES: [&str; 8] = [
    "Act.",
    "",
    "{% for note in reflections %}Note: {{ note }} {% endfor %}{% if transcript %}Before: \
     {% for step in transcript.steps %}{{ step.action }}={{ step.observation }};{% endfor %} \
     {{ transcript.verdict }} {% endif %}{{ opening }}{% if dropped_steps %} \
     -{{ dropped_steps }}{% endif %}",
    "{{ observation }}",
    "Reflect.",
    "{{ transcript.omitted_steps }} omitted, {{ transcript.steps|length }} shown. \
     {{ transcript.verdict }}",
    "Judge.",
    "{{ transcript.steps|length }} shown. Done?",
];

fn agent(kind: AgentKind, model: &Watched) -> ModelAgent {
    let sources = SOURCES.map(str::to_string);
    ModelAgent {
        actor: Box::new(model.clone()),
        retrospective: Box::new(model.clone()),
        reward_model: None,
        prompts: Arc::new(PromptSet::from_sources(&sources).unwrap()),
        settings: AgentSettings {
            kind,
            feedback: Feedback::Text,
            temperature: 0.5,
            prompt_tokens_max: 1 << 20,
            action_tokens_max: 16,
            thought_tokens_max: 16,
            reflection_tokens_max: 16,
            ..AgentSettings::default()
        },
        counted: CountedEpisode::default(),
    }
}

pub(crate) fn task() -> Task {
    Task {
        id: "doors".into(),
        kind: "doors".into(),
        instruction: "Get out.".into(),
        seed: 0,
        limits: Limits::default(),
    }
}

fn taken(decision: Decision, observation: &str) -> TakenStep {
    let observation = observation.to_string();
    let outcome = Step { observation, reward: 0.0, progress: 0.0, done: false };
    TakenStep { decision, outcome, grounded: None }
}

fn play(agent: &mut ModelAgent, memory: &Memory, steps: usize) -> Vec<TakenStep> {
    let task = task();
    let admissible = vec!["go left".to_string(), "go right".to_string()];
    let mut taken_steps = Vec::new();
    for step in 1..=steps {
        let episode = Episode {
            task: &task,
            memory,
            opening: "Two doors.",
            steps: &taken_steps,
            admissible: Some(&admissible),
            schema: None,
            form: &ActionForm::Line,
            seed: SeedKey {
                run: 1,
                task: &task.id,
                trial: 2,
                draw: Draw::Action { step: to_u32(step) },
            },
        };
        let decision = agent.act(&episode).unwrap();
        taken_steps.push(taken(decision, "A wall."));
    }
    taken_steps
}

fn failed(steps: Vec<TakenStep>) -> Trajectory {
    Trajectory {
        opening: "Two doors.".into(),
        steps,
        ending: Ending::StepLimit,
        feedback: "No door opened.".into(),
    }
}

#[test]
fn an_actor_sees_what_happened_and_chooses_among_the_admissible() {
    let model = Watched::new(&["go left"], 1 << 20);

    let steps = play(&mut agent(AgentKind::Act, &model), &Memory::default(), 2);

    assert_eq!(steps[1].decision.action, "go left");
    assert_eq!(
        model.prompts()[1],
        "[system] Act.\n[user] Two doors.\n[assistant] go left\n[user] A wall.\n"
    );
    let choices = vec!["go left".to_string(), "go right".to_string()];
    assert_eq!(model.constraints(), vec![Constraint::Choices(choices); 2]);
}

#[test]
fn react_thinks_before_it_acts() {
    let model = Watched::new(&[" The left one.", " go left"], 1 << 20);

    let steps = play(&mut agent(AgentKind::React, &model), &Memory::default(), 1);

    assert_eq!(steps[0].decision.action, "go left");
    assert!(model.prompts()[0].ends_with("[assistant] Thought:\n"));
    assert!(model.prompts()[1].ends_with("[assistant] Thought: The left one.\nAction:\n"));
    let choices = vec![" go left".to_string(), " go right".to_string()];
    assert_eq!(model.constraints(), [Constraint::Free, Constraint::Choices(choices)]);
}

#[test]
fn actions_of_a_form_are_held_to_its_pattern() {
    let pattern_of = |kind| {
        let model = Watched::new(&["Thinking.", "Finish[x]"], 1 << 20);
        let (task, memory) = (task(), Memory::default());
        let seed = SeedKey { run: 1, task: "doors", trial: 1, draw: Draw::Action { step: 1 } };
        let episode = Episode {
            task: &task,
            memory: &memory,
            opening: "Two doors.",
            steps: &[],
            admissible: None,
            schema: None,
            form: &ActionForm::Pattern("Finish.*|Search.*".into()),
            seed,
        };
        agent(kind, &model).act(&episode).unwrap();
        model.constraints().pop()
    };

    let held_to = |pattern: &str| Some(Constraint::Pattern(pattern.into()));
    assert_eq!(pattern_of(AgentKind::Act), held_to("(?:Finish.*|Search.*)"));
    assert_eq!(pattern_of(AgentKind::React), held_to(" (?:Finish.*|Search.*)"));
}

#[test]
fn a_prompt_that_grows_too_long_drops_its_oldest_steps_and_says_so() {
    let model = Watched::new(&["go left"], 200);

    let steps = play(&mut agent(AgentKind::Act, &model), &Memory::default(), 9);

    let dropped: Vec<u32> = steps.iter().map(|step| step.decision.dropped_steps).collect();
    assert_eq!(dropped, [0, 0, 0, 0, 0, 2, 2, 4, 4]);
    assert!(model.prompts()[5].contains("Two doors. -2"));
    assert_eq!(model.prompts()[8].matches("go left").count(), 4);
}

#[test]
fn a_prompt_whose_start_is_too_long_is_an_error_with_numbers() {
    let model = Watched::new(&["go left"], 40);
    let mut agent = agent(AgentKind::Act, &model);
    let (task, memory) = (task(), Memory::default());
    let seed = SeedKey { run: 1, task: "doors", trial: 1, draw: Draw::Action { step: 1 } };
    let (opening, steps) = ("Two doors.", &[][..]);

    let result = agent.act(&Episode {
        task: &task,
        memory: &memory,
        opening,
        steps,
        admissible: None,
        schema: None,
        form: &ActionForm::Line,
        seed,
    });

    let context_tokens = 40 - 16 - MESSAGE_MARKUP_TOKENS;
    let Err(ModelError::PromptTooLong { prompt_tokens, context_tokens: found }) = result else {
        panic!("{result:?}");
    };
    assert_eq!((prompt_tokens, found), (4 + 10 + 2 * MESSAGE_MARKUP_TOKENS, context_tokens));
}

#[test]
fn an_action_that_is_a_text_has_several_lines_and_tokens_of_its_own() {
    let model = Watched::new(&["2 + 2 = 4\n#### 4\n"], 1 << 20);
    let mut agent = agent(AgentKind::Act, &model);
    let (task, memory) = (task(), Memory::default());
    let seed = SeedKey { run: 1, task: "doors", trial: 1, draw: Draw::Action { step: 1 } };
    let mut act = |form: &ActionForm| {
        let (opening, steps) = ("How much is 2 + 2?", &[][..]);
        let (admissible, schema) = (None, None);
        let episode = Episode {
            task: &task,
            memory: &memory,
            opening,
            steps,
            admissible,
            schema,
            form,
            seed,
        };
        agent.act(&episode).unwrap()
    };

    let text = act(&ActionForm::Text { tokens_max: 300 });
    let line = act(&ActionForm::Line);

    assert_eq!((text.action.as_str(), text.malformed), ("2 + 2 = 4\n#### 4", false));
    assert_eq!(line.action, "2 + 2 = 4");
}

#[test]
fn an_example_is_a_conversation() {
    let model = Watched::new(&["go left"], 1 << 20);
    let mut agent = agent(AgentKind::Act, &model);
    let mut sources = SOURCES.map(str::to_string);
    sources[1] = "One door.\nGet out.\n> go right\nYou are out.\n".into();
    agent.prompts = Arc::new(PromptSet::from_sources(&sources).unwrap());

    play(&mut agent, &Memory::default(), 1);

    assert_eq!(
        model.prompts()[0],
        "[system] Act.\n[user] One door.\nGet out.\n[assistant] go right\n[user] You are out.\n\
         [user] Two doors.\n"
    );
}

#[test]
fn memory_is_shown_before_the_first_observation() {
    let model = Watched::new(&["go left"], 1 << 20);
    let mut agent = agent(AgentKind::Act, &model);
    let mut memory = Memory::with_capacity(3);
    memory.last_attempt = Some(failed(play(&mut agent, &Memory::default(), 1)));
    let generation = memory.last_attempt.as_ref().unwrap().steps[0].decision.answer.clone();
    memory.remember(Reflection::new(1, "Try right.".into(), generation));

    play(&mut agent, &memory, 1);

    let shown = "Note: Try right. Before: go left=A wall.; No door opened. Two doors.";
    assert!(model.prompts()[1].contains(shown), "{}", model.prompts()[1]);
}

#[test]
fn a_reflection_reads_the_latest_steps_that_fit() {
    let model = Watched::new(&["go left"], 1 << 20);
    let steps = play(&mut agent(AgentKind::Act, &model), &Memory::default(), 20);
    let small = Watched::new(&[" Go right. "], 200);
    let mut agent = agent(AgentKind::Act, &small);
    let (task, memory, trajectory) = (task(), Memory::default(), failed(steps));
    let draw = Draw::Reflection { member: 0, candidate: 0 };
    let seed = SeedKey { run: 1, task: "doors", trial: 1, draw };

    let attempt = Attempt { task: &task, trajectory: &trajectory, memory: &memory, seed };
    let reflection = agent.reflect(&attempt).unwrap();

    assert_eq!(reflection.text, "Go right.");
    let expected = "[user] 14 omitted, 6 shown. No door opened.\n";
    assert!(small.prompts()[0].ends_with(expected), "{}", small.prompts()[0]);
}

#[test]
fn a_judge_says_yes_or_no_of_what_it_saw() {
    let model = Watched::new(&["yes", "no"], 1 << 20);
    let steps = play(
        &mut agent(AgentKind::Act, &Watched::new(&["go left"], 1 << 20)),
        &Memory::default(),
        2,
    );
    let mut agent = agent(AgentKind::Act, &model);
    let (task, memory, trajectory) = (task(), Memory::default(), failed(steps));
    let seed = SeedKey { run: 1, task: "doors", trial: 1, draw: Draw::Judgement };
    let attempt = Attempt { task: &task, trajectory: &trajectory, memory: &memory, seed };

    let said = [(); 2].map(|()| agent.judge(&attempt).unwrap().completed);

    assert_eq!(said, [true, false]);
    assert_eq!(model.prompts()[0], "[system] Judge.\n[user] 2 shown. Done?\n");
}

#[test]
fn every_built_in_set_renders_what_it_may_be_given() {
    for set in crate::prompts::sets() {
        let prompts = PromptSet::built_in(set).unwrap();
        let trajectory = failed(Vec::new());
        let transcript = conversation::transcript(&trajectory, 0, Feedback::Success);
        let scene = PromptContext {
            instruction: "Get out.",
            kind: "doors",
            opening: "Two doors.",
            trial: 2,
            reflections: vec!["Try right."],
            transcript: Some(transcript),
            dropped_steps: 3,
        };
        for name in crate::prompts::TEMPLATES.into_iter().filter(|name| *name != "observation") {
            assert!(!prompts.render(name, &scene).unwrap().is_empty());
        }
        assert!(prompts.render("opening", &scene).unwrap().contains("Try right."));
        // Whoever writes the next advice reads what was advised before.
        let asked = prompts.render("reflection", &scene).unwrap();
        assert!(asked.contains("Earlier advice:\n- Try right.\n"), "{asked}");
    }
}

/// Prefers long answers.
struct Lengths;

impl RewardModel for Lengths {
    fn score(&mut self, answer: &Generation) -> Result<f32, ModelError> {
        Ok(answer.text.len() as f32)
    }
}

#[test]
fn of_several_reflections_the_one_that_scores_highest_is_told() {
    let model = Watched::new(&["Go.", "Go left, then left.", "Go left."], 1 << 20);
    let (task, memory) = (task(), Memory::default());
    let draw = Draw::Reflection { member: 0, candidate: 0 };
    let seed = SeedKey { run: 1, task: "doors", trial: 1, draw };
    let trajectory = &failed(Vec::new());
    let attempt = Attempt { task: &task, trajectory, memory: &memory, seed };
    let mut agent = agent(AgentKind::Act, &model);
    agent.reward_model = Some(Box::new(Lengths));
    agent.settings.best_of = 3;

    let reflection = agent.reflect(&attempt).unwrap();

    assert_eq!(reflection.text, "Go left, then left.");
    let mut seeds: Vec<u64> =
        model.model.lock().unwrap().1.iter().map(|asked| asked.sampling.seed).collect();
    seeds.dedup();
    assert_eq!(seeds.len(), 3);
}
