//! Adds to transcripts what records do not contain: prompts as text, from the model's vocabulary,
//! and admissible actions, from a replay in the world.

mod replay;
mod words;

use std::collections::HashMap;
use std::path::PathBuf;

use runtime_core::event::RunEvent;
use runtime_evaluation::report::TranscriptReader;
use runtime_evaluation::transcript::Transcript;

use crate::files;
use replay::Worlds;
use words::{Vocabularies, Words};

/// Reads trials with the vocabularies and the worlds that are at hand; each is opened once.
pub struct Reading {
    worlds: Worlds,
    vocabularies: Vocabularies,
    /// Those of the arm that was read last, and what tells it from others: its strategy, its
    /// settings, its models.
    words: Option<([String; 4], Words)>,
}

impl Reading {
    /// Reads with the data sets of a folder, or of the usual one.
    pub fn new(data: Option<PathBuf>) -> Self {
        let worlds = Worlds { data: files::data_folder(data), opened: HashMap::new() };
        Self { worlds, vocabularies: Vocabularies::default(), words: None }
    }

    fn words(&mut self, run: &RunEvent) -> &Words {
        let (actor, retrospective) = (&run.actor.sha256, &run.retrospective.sha256);
        let key = [&run.strategy, &run.settings, actor, retrospective];
        let kept = self.words.take().filter(|(known, _)| known.each_ref() == key);
        let words = kept.unwrap_or_else(|| (key.map(Clone::clone), self.vocabularies.words(run)));
        &self.words.insert(words).1
    }
}

impl TranscriptReader for Reading {
    fn read(&mut self, run: &RunEvent, transcript: &mut Transcript) {
        self.worlds.add_admissible(transcript, run);
        self.words(run).add(transcript);
    }

    fn word(&mut self, run: &RunEvent, token: u32) -> Option<String> {
        self.words(run).word(token)
    }
}
