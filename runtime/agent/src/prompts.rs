//! Prompt templates: one set for each environment, minijinja files in `prompts/`.
//!
//! A set has eight templates: `system`, `example`, `opening` and `observation` for
//! the actor, `reflection_system` and `reflection` for whoever reflects,
//! `judgement_system` and `judgement` for whoever judges, by yes or no. In an example a
//! line that begins with `> ` is the assistant's, the others are the user's. What they may
//! name is what [`Scene`] and [`Transcript`] hold; an `observation` names
//! `observation` and `instruction`. Naming anything else is an error.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The names of a set's templates.
pub const TEMPLATES: [&str; 8] = [
    "system",
    "example",
    "opening",
    "observation",
    "reflection_system",
    "reflection",
    "judgement_system",
    "judgement",
];

const HOUSEHOLD: [&str; 8] = [
    include_str!("../prompts/household/system.j2"),
    include_str!("../prompts/household/example.j2"),
    include_str!("../prompts/household/opening.j2"),
    include_str!("../prompts/household/observation.j2"),
    include_str!("../prompts/household/reflection_system.j2"),
    include_str!("../prompts/household/reflection.j2"),
    include_str!("../prompts/household/judgement_system.j2"),
    include_str!("../prompts/household/judgement.j2"),
];

const ALFWORLD: [&str; 8] = [
    include_str!("../prompts/alfworld/system.j2"),
    include_str!("../prompts/alfworld/example.j2"),
    include_str!("../prompts/alfworld/opening.j2"),
    include_str!("../prompts/alfworld/observation.j2"),
    include_str!("../prompts/alfworld/reflection_system.j2"),
    include_str!("../prompts/alfworld/reflection.j2"),
    include_str!("../prompts/alfworld/judgement_system.j2"),
    include_str!("../prompts/alfworld/judgement.j2"),
];

const NODE: [&str; 8] = [
    include_str!("../prompts/node/system.j2"),
    include_str!("../prompts/node/example.j2"),
    include_str!("../prompts/node/opening.j2"),
    include_str!("../prompts/node/observation.j2"),
    include_str!("../prompts/node/reflection_system.j2"),
    include_str!("../prompts/node/reflection.j2"),
    include_str!("../prompts/node/judgement_system.j2"),
    include_str!("../prompts/node/judgement.j2"),
];

/// The templates of one environment.
#[derive(Debug)]
pub struct PromptSet {
    environment: Environment<'static>,
    sha256: String,
}

/// What an action led to, and what is to be achieved.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Seen<'a> {
    /// What the actor sees next.
    pub observation: &'a str,
    /// What is to be achieved.
    pub instruction: &'a str,
}

/// A task and what is known before its first step.
#[derive(Clone, Debug, Serialize)]
pub struct Scene<'a> {
    /// What is to be achieved; empty where the first observation says it.
    pub instruction: &'a str,
    /// The task's type.
    pub kind: &'a str,
    /// The first observation.
    pub opening: &'a str,
    /// The trial, from 1.
    pub trial: u32,
    /// Reflections on earlier trials, oldest first.
    pub reflections: Vec<&'a str>,
    /// The trajectory to show: the failed one.
    pub transcript: Option<Transcript<'a>>,
    /// Steps of this episode that the prompt no longer shows.
    pub dropped_steps: u32,
}

/// A trajectory as a prompt shows it.
#[derive(Clone, Debug, Serialize)]
pub struct Transcript<'a> {
    /// Oldest steps that were left out to fit.
    pub omitted_steps: usize,
    /// The steps that are shown.
    pub steps: Vec<ShownStep<'a>>,
    /// What the agent may know about its success.
    pub verdict: String,
}

/// A step as a prompt shows it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ShownStep<'a> {
    /// The action.
    pub action: &'a str,
    /// What it led to.
    pub observation: &'a str,
}

impl PromptSet {
    /// The built-in set of an environment; its name's case does not matter.
    pub fn built_in(environment: &str) -> Result<Self, PromptError> {
        Self::from_sources(&built_in(environment)?)
    }

    /// A set from the texts of its templates, in the order of [`TEMPLATES`].
    pub fn from_sources(sources: &[String; 8]) -> Result<Self, PromptError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(|error| PromptError::Template {
            name: "syntax",
            reason: error.to_string(),
        })?);
        let mut hash = Sha256::new();
        for (name, source) in TEMPLATES.into_iter().zip(sources) {
            hash.update(format!("{name} {}\n{source}", source.len()));
            let added = environment.add_template_owned(name, source.clone());
            added.map_err(|error| PromptError::Template { name, reason: format!("{error:#}") })?;
        }
        Ok(Self { environment, sha256: hexadecimal(&hash.finalize()) })
    }

    /// sha256 over all templates, in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Renders the template `name`, one of [`TEMPLATES`], without white space
    /// at its ends.
    pub fn render(
        &self,
        name: &'static str,
        scene: &impl Serialize,
    ) -> Result<String, PromptError> {
        let template = self.environment.get_template(name);
        let rendered = template.and_then(|template| template.render(Serde(scene)));
        let failed = |error| PromptError::Template { name, reason: format!("{error:#}") };
        rendered.map(|text| text.trim().to_string()).map_err(failed)
    }
}

/// The texts of an environment's built-in templates, in the order of [`TEMPLATES`].
pub fn built_in(environment: &str) -> Result<[String; 8], PromptError> {
    let sources = match environment.to_ascii_lowercase().as_str() {
        "household" => HOUSEHOLD,
        "alfworld" => ALFWORLD,
        "node" => NODE,
        _ => return Err(PromptError::UnknownSet { environment: environment.to_string() }),
    };
    Ok(sources.map(str::to_string))
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

/// Why a prompt cannot be rendered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PromptError {
    /// No templates come with the environment.
    #[error(
        "there are no prompts for the environment {environment:?}; there are for household, alfworld and node"
    )]
    UnknownSet {
        /// The name given.
        environment: String,
    },
    /// A template is wrong.
    #[error("the prompt template {name}: {reason}")]
    Template {
        /// Which of the set's templates.
        name: &'static str,
        /// The template engine's account.
        reason: String,
    },
}
