//! A table of texts without duplicates, which are referred to by index.

use std::collections::HashMap;

use runtime_core::visible::visible;
use serde::{Serialize, Serializer};

/// The index of a text.
pub(super) type TextId = usize;

/// A table of texts without duplicates.
#[derive(Default)]
pub(super) struct Texts {
    all: Vec<String>,
    ids: HashMap<String, TextId>,
    /// The number of texts in a preceding table, whose indices come first.
    elsewhere: usize,
    /// Number of bytes of this table's texts.
    pub(super) bytes: usize,
}

impl Texts {
    /// An empty table whose indices continue those of this one.
    pub(super) fn beyond(self) -> Self {
        Self { elsewhere: self.all.len(), bytes: 0, ..self }
    }

    /// The index of a text, with hidden characters spelled out, which is added if it is new.
    pub(super) fn id(&mut self, text: &str) -> TextId {
        let text = &*visible(text);
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

/// The JSON with escapes for characters that are special in HTML or end a line in old
/// JavaScript. These occur only in strings.
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
