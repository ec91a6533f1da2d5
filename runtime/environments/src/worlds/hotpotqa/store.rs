//! A file of documents, such as an extract of Wikipedia: JSON lines with a title, and a text or
//! sentences. Lines with the same title that follow each other are paragraphs of one page.
//!
//! ```text
//! feature `index`     FILE.jsonl ─► FILE.jsonl.index/, made once, searched on disk
//! without it          FILE.jsonl ─► memory, 64 MiB at most
//! ```

#[cfg(feature = "index")]
mod indexed;
#[cfg(not(feature = "index"))]
#[path = "store/loaded.rs"]
mod indexed;
#[cfg(feature = "index")]
mod stamp;

use std::path::Path;

use serde_json::Value;

use super::error::HotpotqaError;
use super::page::Page;
use crate::preparation;
use crate::rows::{self, Row, RowError};

pub(super) use indexed::open;

/// Greatest number of sentences of a page; further ones are left out.
const SENTENCES_MAX: usize = 20_000;

/// Gives every page of a file to `visit`, in order.
fn each_page(
    path: &Path,
    mut visit: impl FnMut(Page) -> Result<(), HotpotqaError>,
) -> Result<(), HotpotqaError> {
    let bytes = std::fs::metadata(path).map_or(0, |found| found.len());
    let (mut done, mut open) = (0, Page::default());
    let what = format!("indexing {}", path.display());
    rows::each(path, |row| {
        let paragraph = page(&row)?;
        done += paragraph.sentences.iter().map(String::len).sum::<usize>() as u64;
        preparation::tell(&what, done.min(bytes), bytes);
        if paragraph.title == open.title {
            let room = SENTENCES_MAX.saturating_sub(open.sentences.len());
            open.sentences.extend(paragraph.sentences.into_iter().take(room));
            return Ok(());
        }
        let page = std::mem::replace(&mut open, paragraph);
        if page.title.is_empty() { Ok(()) } else { visit(page) }
    })?;
    if !open.title.is_empty() {
        visit(open)?;
    }
    preparation::tell(&what, bytes, bytes);
    Ok(())
}

/// The page of a line. Its text is a string, or a list of sentences, as it is in HotPotQA's own
/// extract.
fn page(row: &Row<'_>) -> Result<Page, RowError> {
    let title = row.text("title")?.trim();
    if title.is_empty() {
        let found = Value::String(title.to_owned());
        return Err(row.wrong("title", "a title", &found));
    }
    let mut page = match (row.value("sentences"), row.value("text")) {
        (Some(_), _) => Page::of_sentences(title, row.texts("sentences")?),
        (None, Some(Value::Array(_))) => Page::of_sentences(title, row.texts("text")?),
        (None, _) => Page::of_text(title, row.text("text")?),
    };
    page.sentences.truncate(SENTENCES_MAX);
    Ok(page)
}

#[cfg(test)]
mod tests;
