//! Prompts as text: the model's own tokenizer decodes the token ids in records.

use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;

use anyhow::{Context, bail};
use models::checksum::sha256_file;
use models::gguf::Gguf;
use models::manifest;
use models::tokenizer::Tokenizer;
use runtime_agent::conversation::{ACTION, THOUGHT};
use runtime_core::event::RunEvent;
use runtime_core::model::ModelIdentity;
use runtime_core::strategy::Strategy;
use runtime_evaluation::transcript::{AnswerView, Transcript};
use serde_json::Value;

use crate::files;
use crate::loaded::script;

/// The names of roles in chat templates.
const ROLES: [&str; 4] = ["system", "user", "assistant", "model"];

/// A vocabulary, or why it is not available.
type Opened = Rc<Result<Reader, String>>;

/// The vocabularies that were opened, by what a model is called and by its file's sha256.
#[derive(Default)]
pub(super) struct Vocabularies {
    opened: HashMap<[String; 3], Opened>,
}

/// The vocabularies of a run's models.
pub(super) struct Words {
    actor: Opened,
    /// `None` if the actor reflects.
    retrospective: Option<Opened>,
}

/// The decoder of a model's token ids.
enum Reader {
    /// Ids are bytes.
    Bytes,
    /// Ids are tokens of a file's vocabulary.
    Tokens(Box<Tokenizer>),
}

impl Vocabularies {
    /// The vocabularies of a run's models.
    pub(super) fn words(&mut self, run: &RunEvent) -> Words {
        let settings: Value = serde_json::from_str(&run.settings).unwrap_or_default();
        let mut open = |model: &ModelIdentity, role: &str| {
            let named = settings[role].as_str().unwrap_or_default();
            let key = [model.name.clone(), model.sha256.clone(), named.to_owned()];
            let opened = self.opened.entry(key).or_insert_with(|| {
                Rc::new(Reader::open(model, named).map_err(|error| format!("{error:#}")))
            });
            Rc::clone(opened)
        };
        let is_other = run.strategy == Strategy::Retrospective.name()
            && run.retrospective.sha256 != run.actor.sha256;
        Words {
            actor: open(&run.actor, "actor"),
            retrospective: is_other.then(|| open(&run.retrospective, "retrospective")),
        }
    }
}

impl Words {
    /// A token of the actor as text.
    pub(super) fn word(&self, token: u32) -> Option<String> {
        self.actor.as_ref().as_ref().ok().map(|reader| reader.text(&[token]))
    }

    /// Adds the prompts' texts, or a note why they are missing.
    pub(super) fn add(&self, transcript: &mut Transcript) {
        let retrospective = self.retrospective.as_ref().unwrap_or(&self.actor);
        let mut why = self.actor.as_ref().as_ref().err();
        if let Ok(reader) = self.actor.as_ref() {
            let mut known = [String::new(), String::new()];
            for step in &mut transcript.steps {
                for answer in step.thought.iter_mut().chain([&mut step.answer]) {
                    reader.add(answer, &known);
                }
                known = [step.answer.text.clone(), step.observation.clone()];
            }
        }
        let judged = transcript.judgement.iter_mut().map(|judgement| &mut judgement.answer);
        let reflected = transcript.reflections.iter_mut().map(|reflection| &mut reflection.answer);
        for answer in judged.chain(reflected) {
            match retrospective.as_ref() {
                Ok(reader) => reader.add(answer, &[]),
                Err(reason) => why = Some(reason),
            }
        }
        let note = why.map(|reason| format!("Prompts are counted and not shown: {reason}."));
        transcript.notes.extend(note);
    }
}

impl Reader {
    fn open(model: &ModelIdentity, named: &str) -> anyhow::Result<Self> {
        match (model.sha256.as_str(), model.name.as_str()) {
            ("", name) if script(name).is_some() => Ok(Self::Bytes),
            ("", name) => bail!("{name} is behind an endpoint, which names no tokens"),
            _ => {
                let path = file(model, named)?;
                let vocabulary = || format!("cannot read the vocabulary of {}", path.display());
                let gguf = Gguf::open(&path).with_context(vocabulary)?;
                let tokenizer = Tokenizer::from_gguf(&gguf).with_context(vocabulary)?;
                Ok(Self::Tokens(Box::new(tokenizer)))
            }
        }
    }

    /// Adds a prompt's texts; what is new in it only where that is more than what is known.
    fn add(&self, answer: &mut AnswerView, known: &[String]) {
        let prompt = &mut answer.prompt;
        if prompt.ids.is_empty() {
            return;
        }
        let new = prompt.ids.get(prompt.shared_tokens..).unwrap_or_default();
        let controls = |id: &u32| matches!(self, Self::Tokens(words) if words.is_control(*id));
        let said: Vec<String> = new.split(controls).map(|ids| self.text(ids)).collect();
        let says_more = says_more(&said.join("\n"), known);
        prompt.new_text = says_more.then(|| self.text(new));
        prompt.text = Some(self.text(&prompt.ids));
    }

    /// The prompt's text, with control tokens as spelled in the file.
    fn text(&self, ids: &[u32]) -> String {
        let mut bytes = Vec::new();
        for &id in ids {
            match self {
                Self::Bytes => bytes.extend(u8::try_from(id)),
                Self::Tokens(words) if words.is_control(id) => {
                    bytes.extend_from_slice(words.token_text(id).unwrap_or_default().as_bytes());
                }
                Self::Tokens(words) => bytes.extend_from_slice(words.token_bytes(id)),
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// Whether a text says more than what is known, who speaks, and the marks of thought and action.
fn says_more(text: &str, known: &[String]) -> bool {
    let mut text = text.to_owned();
    for known in known.iter().map(|known| known.trim()).filter(|known| !known.is_empty()) {
        text = text.replacen(known, "", 1);
    }
    let is_frame = |word: &str| {
        let role = word.trim_matches(['[', ']']);
        ROLES.contains(&role) || [THOUGHT, ACTION.trim()].contains(&word)
    };
    !text.split_whitespace().all(is_frame)
}

/// The file with a model's vocabulary: as it was named, or as the catalogue knows it.
fn file(model: &ModelIdentity, named: &str) -> anyhow::Result<PathBuf> {
    let folder = files::models_folder()?;
    let as_named = manifest::resolve(named, &folder).ok().map(|resolved| resolved.path);
    let catalog = manifest::catalog();
    let known = catalog.iter().find(|known| known.sha256 == model.sha256);
    let known = known.map(|known| folder.join(&known.file));
    let found = as_named.into_iter().chain(known).chain([folder.join(&model.name)]);
    let found: Vec<PathBuf> = found.filter(|path| path.is_file()).collect();
    let is_it = |path: &&PathBuf| sha256_file(path).is_ok_and(|sha256| sha256 == model.sha256);
    let start = model.sha256.get(..12).unwrap_or(&model.sha256);
    match (found.iter().find(is_it), found.first()) {
        (Some(path), _) => Ok(path.clone()),
        (None, Some(other)) => {
            bail!("{} is another file than {} (sha256 {start}…)", other.display(), model.name)
        }
        (None, None) => bail!("the model's file {} (sha256 {start}…) is not here", model.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_observation_and_its_frame_are_nothing_new() {
        let known = ["go to desk 1".to_owned(), "A desk.\n".to_owned()];

        assert!(!says_more("\nuser\nA desk.\nassistant\n", &known));
        assert!(!says_more("[assistant] go to desk 1\n[user] A desk.\nThought:", &known));
        assert!(says_more("\nuser\n(2 earlier steps are not shown.)\nA desk.", &known));
    }
}
