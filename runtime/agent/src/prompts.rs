//! Prompt templates: sets of minijinja files, in `prompts/`.
//!
//! A set has eight templates: `system`, `example`, `opening` and `observation` for
//! the actor, `reflection_system` and `reflection` for the retrospective,
//! `judgement_system` and `judgement` for the judge, who answers yes or no. In an example
//! lines that begin with `> ` are the assistant's, the others are the user's. The
//! variables are the fields of [`PromptContext`] and [`PromptTrajectory`], for
//! `observation` those of [`ObservationContext`]. An unknown variable is an error.
//!
//! A set from elsewhere than this program may be hostile: it can be given to a
//! [`PromptRenderer`], which renders it where that does no harm.

mod built_in;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use runtime_core::hexadecimal;
use serde::Serialize;
use sha2::{Digest, Sha256};

pub use built_in::sets;

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

/// The names of the templates that ask for tests of a program before it is written, in the order of a
/// set's first three: who is asked, an example, and the problem. They have the variables of
/// [`PromptContext`].
pub const PROPOSAL_TEMPLATES: [&str; 3] = ["tests_system", "tests_example", "tests"];

/// Instructions that one rendering may take.
const STEPS_MAX: u64 = 10_000_000;
/// Nesting of calls and blocks within one rendering.
const DEPTH_MAX: usize = 100;

/// A set of prompt templates.
#[derive(Debug)]
pub struct PromptSet {
    renderer: Renderer,
    sha256: String,
}

#[derive(Debug)]
enum Renderer {
    Here(Box<Environment<'static>>),
    Elsewhere(Box<dyn PromptRenderer>),
}

/// Renders the templates of one set somewhere else.
pub trait PromptRenderer: std::fmt::Debug + Send + Sync {
    /// The rendered template of this name with these variables; an error says why there is none.
    fn render(&self, name: &str, scene: serde_json::Value) -> Result<String, String>;
}

/// The variables of the template `observation`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ObservationContext<'a> {
    /// The observation.
    pub observation: &'a str,
    /// The goal.
    pub instruction: &'a str,
}

/// The variables of all templates but `observation`: a task before its first step.
#[derive(Clone, Debug, Serialize)]
pub struct PromptContext<'a> {
    /// The goal; empty if the first observation states it.
    pub instruction: &'a str,
    /// The task's type.
    pub kind: &'a str,
    /// The first observation.
    pub opening: &'a str,
    /// The trial, from 1.
    pub trial: u32,
    /// Reflections on earlier trials, oldest first.
    pub reflections: Vec<&'a str>,
    /// The failed trajectory, if it is shown.
    pub transcript: Option<PromptTrajectory<'a>>,
    /// Number of this episode's oldest steps that are dropped from the prompt.
    pub dropped_steps: u32,
}

/// The variables of a trajectory in a prompt.
#[derive(Clone, Debug, Serialize)]
pub struct PromptTrajectory<'a> {
    /// Number of oldest steps that are dropped to fit the budget.
    pub omitted_steps: usize,
    /// The other steps.
    pub steps: Vec<PromptStep<'a>>,
    /// The sentence about the trial's result that the feedback setting allows.
    pub verdict: String,
}

/// The variables of a step in a prompt.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PromptStep<'a> {
    /// The action.
    pub action: &'a str,
    /// The observation after it.
    pub observation: &'a str,
}

impl PromptSet {
    /// A built-in set.
    pub fn built_in(set: &str) -> Result<Self, PromptError> {
        Self::from_sources(&built_in(set)?)
    }

    /// The templates of a built-in set that ask for tests, [`PROPOSAL_TEMPLATES`].
    pub fn proposal(set: &str) -> Result<Self, PromptError> {
        let text = |name| {
            let lacks = || PromptError::Template { name, reason: format!("{set} has none") };
            built_in::template(set, name).map(str::to_owned).ok_or_else(lacks)
        };
        let sources = PROPOSAL_TEMPLATES.map(text).into_iter().collect::<Result<Vec<_>, _>>()?;
        Self::named(&PROPOSAL_TEMPLATES, &sources)
    }

    /// A set from the texts of its templates, in the order of [`TEMPLATES`].
    pub fn from_sources(sources: &[String; 8]) -> Result<Self, PromptError> {
        Self::named(&TEMPLATES, sources)
    }

    fn named(names: &[&'static str], sources: &[String]) -> Result<Self, PromptError> {
        let mut environment = Environment::new();
        environment.set_fuel(Some(STEPS_MAX));
        environment.set_recursion_limit(DEPTH_MAX);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(|error| PromptError::Template {
            name: "syntax",
            reason: error.to_string(),
        })?);
        for (&name, source) in names.iter().zip(sources) {
            let added = environment.add_template_owned(name, source.clone());
            added.map_err(|error| PromptError::Template { name, reason: format!("{error:#}") })?;
        }
        let renderer = Renderer::Here(Box::new(environment));
        Ok(Self { renderer, sha256: sha256(names, sources) })
    }

    /// The same where something else renders; it has read the texts and found them right.
    pub fn elsewhere(sources: &[String; 8], renderer: Box<dyn PromptRenderer>) -> Self {
        Self { renderer: Renderer::Elsewhere(renderer), sha256: sha256(&TEMPLATES, sources) }
    }

    /// SHA-256 over all templates, in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The rendered template `name`, one of the set's, without white space at its ends.
    pub fn render(
        &self,
        name: &'static str,
        scene: &impl Serialize,
    ) -> Result<String, PromptError> {
        let rendered = match &self.renderer {
            Renderer::Here(environment) => {
                let template = environment.get_template(name);
                let rendered = template.and_then(|template| template.render(Serde(scene)));
                rendered.map_err(|error| format!("{error:#}"))
            }
            Renderer::Elsewhere(renderer) => serde_json::to_value(scene)
                .map_err(|error| error.to_string())
                .and_then(|scene| renderer.render(name, scene)),
        };
        let failed = |reason| PromptError::Template { name, reason };
        rendered.map(|text| text.trim().to_string()).map_err(failed)
    }
}

fn sha256(names: &[&str], sources: &[String]) -> String {
    let mut hash = Sha256::new();
    for (name, source) in names.iter().zip(sources) {
        hash.update(format!("{name} {}\n{source}", source.len()));
    }
    hexadecimal::digits(&hash.finalize())
}

/// The texts of a built-in set, in the order of [`TEMPLATES`].
pub fn built_in(set: &str) -> Result<[String; 8], PromptError> {
    if !sets().any(|known| known == set) {
        let known: Vec<&str> = sets().collect();
        return Err(PromptError::UnknownSet { set: set.to_string(), known: known.join(", ") });
    }
    let mut texts = [const { String::new() }; 8];
    for (text, name) in texts.iter_mut().zip(TEMPLATES) {
        let lacks = || PromptError::Template { name, reason: format!("{set} has none") };
        *text = built_in::template(set, name).ok_or_else(lacks)?.to_string();
    }
    Ok(texts)
}

/// Why a prompt cannot be rendered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PromptError {
    /// There is no built-in set of this name.
    #[error("there are no prompts {set:?}; there are {known}")]
    UnknownSet {
        /// The name given.
        set: String,
        /// All built-in sets.
        known: String,
    },
    /// A template is wrong.
    #[error("the prompt template {name}: {reason}")]
    Template {
        /// The template's name.
        name: &'static str,
        /// The template engine's message.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_is_whole_and_every_file_is_a_template() {
        for set in sets() {
            assert!(PromptSet::built_in(set).is_ok(), "{set}");
        }
        for name in built_in::names() {
            let is_known = TEMPLATES.contains(&name) || PROPOSAL_TEMPLATES.contains(&name);
            assert!(is_known, "{name}");
        }
    }

    /// Runs are gone on with only under the prompts that they were begun with.
    #[test]
    fn the_sets_are_those_that_stored_runs_were_played_with() {
        let sha256 = |set| PromptSet::built_in(set).unwrap().sha256().to_string();

        assert_eq!(
            sha256("household"),
            "c652937feeac7fb55179be13efe97caff2904dedaa313edda87f27adb47c056f"
        );
        assert_eq!(
            sha256("node"),
            "030fa1281cf494831789e4edb5b968c19382a59db2bb79539ef0dda7fac1fd2e"
        );
    }

    #[test]
    fn there_is_no_set_of_what_is_shared() {
        let problem = built_in("shared").unwrap_err().to_string();
        assert!(problem.contains("there are general, "), "{problem}");
    }
}
