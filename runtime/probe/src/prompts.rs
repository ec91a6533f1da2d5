//! Prompt templates of a folder: a child renders them, since they see what worlds and models wrote.
//!
//! It stays for as long as the set does, a few megabytes; a rendering costs a line to it and one
//! back. The built-in templates are rendered in this process.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use runtime_agent::prompts::{PromptError, PromptRenderer, PromptSet, TEMPLATES};
use serde::{Deserialize, Serialize};

use crate::child::{Child, ChildLimits, Kind, ProbeError, SPACE_BYTES, is_allowed};

/// How long a rendering may take.
const TIME: Duration = Duration::from_secs(2);
/// Processor time of a child, for all of its renderings.
const PROCESSOR: Duration = Duration::from_hours(24 * 365);

/// A set of the templates of a folder, rendered by a child where this program has one.
pub fn confine_prompts(sources: &[String; 8]) -> Result<PromptSet, PromptError> {
    if !is_allowed() {
        return PromptSet::from_sources(sources);
    }
    let renderer = ChildRenderer { sources: sources.clone(), child: Mutex::new(None) };
    // Whether they are templates is said by the first answer.
    let wrong = |reason| PromptError::Template { name: TEMPLATES[0], reason };
    match renderer.ask(&PromptQuestion::Read(sources.to_vec())).map_err(wrong)? {
        PromptAnswer::Refused { name, reason } => {
            let name = TEMPLATES.into_iter().find(|known| *known == name).unwrap_or("syntax");
            Err(PromptError::Template { name, reason })
        }
        PromptAnswer::Rendered(_) => Ok(PromptSet::elsewhere(sources, Box::new(renderer))),
    }
}

/// What a child is asked.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum PromptQuestion {
    /// To read a set.
    Read(Vec<String>),
    /// To render one of its templates.
    Render(String, serde_json::Value),
}

/// What it answers.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum PromptAnswer {
    /// The text, empty of a set.
    Rendered(String),
    /// A template is wrong.
    Refused {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
}

/// Answers of the set that was read last.
pub(crate) fn answer(set: &mut Option<PromptSet>, question: PromptQuestion) -> PromptAnswer {
    let refused = |error: PromptError| match error {
        PromptError::Template { name, reason } => {
            PromptAnswer::Refused { name: name.to_owned(), reason }
        }
        other => PromptAnswer::Refused { name: String::new(), reason: other.to_string() },
    };
    match question {
        PromptQuestion::Read(sources) => {
            let sources: [String; 8] =
                std::array::from_fn(|place| sources.get(place).cloned().unwrap_or_default());
            match PromptSet::from_sources(&sources) {
                Ok(read) => {
                    *set = Some(read);
                    PromptAnswer::Rendered(String::new())
                }
                Err(error) => refused(error),
            }
        }
        PromptQuestion::Render(name, scene) => {
            let known = TEMPLATES.into_iter().find(|known| **known == name);
            match set.as_ref().zip(known).map(|(set, name)| set.render(name, &scene)) {
                Some(Ok(text)) => PromptAnswer::Rendered(text),
                Some(Err(error)) => refused(error),
                None => PromptAnswer::Refused { name, reason: "it was not read".to_owned() },
            }
        }
    }
}

/// A child that has read a set, started when it is needed.
#[derive(Debug)]
struct ChildRenderer {
    sources: [String; 8],
    child: Mutex<Option<Child>>,
}

impl ChildRenderer {
    fn ask(&self, question: &PromptQuestion) -> Result<PromptAnswer, String> {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        // It ends with the thread that started it, which may be over before the set is.
        let is_running = child.as_mut().is_some_and(Child::is_running);
        if !is_running {
            *child = Some(self.start().map_err(|error| told(&error))?);
        }
        let asked = child.as_mut().map(|child| child.ask(question, TIME));
        let answer = asked.unwrap_or(Err(ProbeError::Time(TIME)));
        if answer.is_err() {
            *child = None;
        }
        answer.map_err(|error| told(&error))
    }

    fn start(&self) -> Result<Child, ProbeError> {
        let limits =
            ChildLimits { read: Vec::new(), memory_bytes: SPACE_BYTES, processor: PROCESSOR };
        let mut child = Child::start(Kind::Prompts, &limits)?;
        child.ask::<PromptAnswer>(&PromptQuestion::Read(self.sources.to_vec()), TIME)?;
        Ok(child)
    }
}

impl PromptRenderer for ChildRenderer {
    fn render(&self, name: &str, scene: serde_json::Value) -> Result<String, String> {
        match self.ask(&PromptQuestion::Render(name.to_owned(), scene))? {
            PromptAnswer::Rendered(text) => Ok(text),
            PromptAnswer::Refused { reason, .. } => Err(reason),
        }
    }
}

fn told(error: &ProbeError) -> String {
    crate::child::told(error, "a rendering", TIME)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(opening: &str) -> Vec<String> {
        TEMPLATES.map(|name| if name == "opening" { opening } else { "Play." }.to_owned()).to_vec()
    }

    fn rendered(opening: &str, scene: serde_json::Value) -> PromptAnswer {
        let mut set = None;
        answer(&mut set, PromptQuestion::Read(sources(opening)));
        answer(&mut set, PromptQuestion::Render("opening".to_owned(), scene))
    }

    #[test]
    fn a_template_sees_the_same_variables_in_a_child() {
        let scene =
            serde_json::json!({ "trial": 2, "reflections": ["a", "b"], "transcript": null });

        let answer =
            rendered("{{ trial }} {{ reflections|join(', ') }} {{ transcript or 'none' }}", scene);

        assert!(
            matches!(&answer, PromptAnswer::Rendered(text) if text == "2 a, b none"),
            "{answer:?}"
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_its_template() {
        let unknown = rendered("{{ unknown }}", serde_json::json!({}));
        let broken = answer(&mut None, PromptQuestion::Read(sources("{% if %}")));

        for answer in [unknown, broken] {
            assert!(
                matches!(&answer, PromptAnswer::Refused { name, .. } if name == "opening"),
                "{answer:?}"
            );
        }
    }
}
