//! Texts that stand once and are named by their place.

use std::collections::HashMap;

use serde::{Serialize, Serializer};

/// The place of a text.
pub(super) type TextId = usize;

/// Texts, each once.
#[derive(Default)]
pub(super) struct Texts {
    all: Vec<String>,
    ids: HashMap<String, TextId>,
    /// The first texts that stand elsewhere.
    elsewhere: usize,
    /// Bytes of those that stand here.
    pub(super) bytes: usize,
}

impl Texts {
    /// Further texts than these, named by their place behind them.
    pub(super) fn beyond(self) -> Self {
        Self { elsewhere: self.all.len(), bytes: 0, ..self }
    }

    /// The place of a text, which is added where it is new.
    pub(super) fn id(&mut self, text: &str) -> TextId {
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = self.all.len();
        self.all.push(text.into());
        self.ids.insert(text.into(), id);
        self.bytes += text.len();
        id
    }
}

impl Serialize for Texts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.all[self.elsewhere..].serialize(serializer)
    }
}

/// The same JSON with neither a character that means something to HTML nor one
/// that once ended a line of JavaScript. They occur in strings alone.
pub(super) fn without_markup(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '<' => text += "\\u003c",
            '>' => text += "\\u003e",
            '&' => text += "\\u0026",
            '\u{2028}' => text += "\\u2028",
            '\u{2029}' => text += "\\u2029",
            letter => text.push(letter),
        }
    }
    text
}
