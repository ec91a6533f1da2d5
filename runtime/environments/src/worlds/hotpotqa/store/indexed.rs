//! A file of documents, indexed on disk once by tantivy, of which only what is searched is read.
//!
//! The index lies beside the file, in `FILE.jsonl.index`, or in the user's cache folder where that
//! cannot be written. It is made in a folder of its own and renamed once it is whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use runtime_core::hexadecimal;
use sha2::{Digest, Sha256};
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, Occur, Query, TermQuery};
use tantivy::schema::{
    Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions, Value,
};
use tantivy::{Index, IndexReader, IndexWriter, Score, TantivyDocument, Term};

use super::each_page;
use super::stamp::Stamp;
use crate::bm25;
use crate::worlds::hotpotqa::documents::{Documents, best, words};
use crate::worlds::hotpotqa::error::HotpotqaError;
use crate::worlds::hotpotqa::folding::{folded, key};
use crate::worlds::hotpotqa::page::Page;

/// Memory of the writer: what it holds before it writes a piece of the index.
const WRITER_BYTES: usize = 64 << 20;
/// Greatest number of words of a query; further ones are ignored.
const QUERY_WORDS_MAX: usize = 64;
/// Greatest number of pages with the same key that are looked at.
const PAGES_OF_KEY_MAX: usize = 16;
/// Hits looked at beyond those asked for, so that equal ones are ordered by title.
const FURTHER_HITS: usize = 16;

/// Documents on disk.
pub(super) struct IndexedDocuments {
    folder: PathBuf,
    fields: Fields,
    reader: IndexReader,
}

#[derive(Clone, Copy)]
struct Fields {
    key: Field,
    title: Field,
    page: Field,
    words: Field,
}

impl std::fmt::Debug for IndexedDocuments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IndexedDocuments").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// Opens the index of a file, which is made if there is none of its contents.
pub(in crate::worlds::hotpotqa) fn open(path: &Path) -> Result<Box<dyn Documents>, HotpotqaError> {
    let unreadable = |source| HotpotqaError::Unreadable { path: path.to_owned(), source };
    let path = &fs::canonicalize(path).map_err(unreadable)?;
    let folders = folders(path);
    let untouched =
        |folder: &&PathBuf| Stamp::read(folder).is_some_and(|stamp| stamp.is_untouched(path));
    if let Some(folder) = folders.iter().find(untouched) {
        return Ok(Box::new(IndexedDocuments::open(folder)?));
    }
    let stamp = Stamp::of(path).map_err(unreadable)?;
    let same = |folder: &&PathBuf| Stamp::read(folder).is_some_and(|found| found.is_same(&stamp));
    if let Some(folder) = folders.iter().find(same) {
        // A folder that cannot be written is read again the next time.
        let _ = stamp.write(folder);
        return Ok(Box::new(IndexedDocuments::open(folder)?));
    }
    let folder = make(path, &folders, &stamp)?;
    Ok(Box::new(IndexedDocuments::open(&folder)?))
}

/// Where an index may lie, the better place first.
fn folders(path: &Path) -> Vec<PathBuf> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".index");
    let name = Sha256::digest(path.as_os_str().as_encoded_bytes());
    let name = hexadecimal::digits(&name[..8]);
    let cache = dirs::cache_dir().map(|cache| cache.join("rebound").join("indexes").join(name));
    [Some(PathBuf::from(beside)), cache].into_iter().flatten().collect()
}

/// Makes the index in the first folder that can be written.
fn make(path: &Path, folders: &[PathBuf], stamp: &Stamp) -> Result<PathBuf, HotpotqaError> {
    let mut failed = None;
    for folder in folders {
        let failure = |error: &dyn std::error::Error| index_error(folder, error);
        let part = folder.with_extension(format!("{}.part", std::process::id()));
        if let Err(error) = fs::create_dir_all(&part) {
            failed = Some(failure(&error));
            continue;
        }
        let made = fill(path, &part).and_then(|()| {
            stamp.write(&part).map_err(|error| failure(&error))?;
            // Of another file, another form, or of a program that did not end.
            let _ = fs::remove_dir_all(folder);
            fs::rename(&part, folder).map_err(|error| failure(&error))
        });
        if made.is_err() {
            let _ = fs::remove_dir_all(&part);
        }
        return made.map(|()| folder.clone());
    }
    let nowhere = || index_error(path, &"there is no folder for it");
    Err(failed.unwrap_or_else(nowhere))
}

/// Writes the index of a file into an empty folder. One thread writes it, so that the same file
/// gives the same index.
fn fill(path: &Path, folder: &Path) -> Result<(), HotpotqaError> {
    let failure = |error: tantivy::TantivyError| index_error(folder, &error);
    let (schema, fields) = schema();
    let index = Index::create_in_dir(folder, schema).map_err(failure)?;
    let mut writer: IndexWriter =
        index.writer_with_num_threads(1, WRITER_BYTES).map_err(failure)?;
    let mut count = 0_u64;
    each_page(path, |page| {
        let mut document = TantivyDocument::new();
        document.add_text(fields.key, key(&page.title));
        document.add_text(fields.title, &page.title);
        document.add_text(fields.words, words(&page));
        let whole = serde_json::to_string(&(page.first_paragraph, &page.sentences));
        document.add_text(fields.page, whole.map_err(|error| index_error(folder, &error))?);
        writer.add_document(document).map_err(failure)?;
        count += 1;
        Ok(())
    })?;
    writer.commit().map_err(failure)?;
    writer.wait_merging_threads().map_err(failure)?;
    if count == 0 {
        return Err(HotpotqaError::NoDocuments { path: path.to_owned() });
    }
    Ok(())
}

fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let counted = TextFieldIndexing::default().set_index_option(IndexRecordOption::WithFreqs);
    let fields = Fields {
        key: schema.add_text_field("key", STRING),
        title: schema.add_text_field("title", STORED),
        page: schema.add_text_field("page", STORED),
        words: schema.add_text_field("words", TextOptions::default().set_indexing_options(counted)),
    };
    (schema.build(), fields)
}

fn index_error(path: &Path, error: &(impl std::fmt::Display + ?Sized)) -> HotpotqaError {
    HotpotqaError::Index { path: path.to_owned(), reason: error.to_string() }
}

impl IndexedDocuments {
    fn open(folder: &Path) -> Result<Self, HotpotqaError> {
        let failure = |error: tantivy::TantivyError| index_error(folder, &error);
        let index = Index::open_in_dir(folder).map_err(failure)?;
        let (schema, fields) = schema();
        if index.schema() != schema {
            return Err(index_error(folder, "it is of another form; remove it"));
        }
        let reader = index.reader().map_err(failure)?;
        Ok(Self { folder: folder.to_owned(), fields, reader })
    }

    /// The documents that a query finds, the best first, with their scores.
    fn found(
        &self,
        query: &dyn Query,
        count: usize,
    ) -> Result<Vec<(Score, TantivyDocument)>, HotpotqaError> {
        let failure = |error: tantivy::TantivyError| index_error(&self.folder, &error);
        let searcher = self.reader.searcher();
        let hits = searcher.search(query, &TopDocs::with_limit(count).order_by_score());
        let stored = |(score, address)| Ok((score, searcher.doc(address).map_err(failure)?));
        hits.map_err(failure)?.into_iter().map(stored).collect()
    }
}

impl Documents for IndexedDocuments {
    fn page(&self, title: &str) -> Result<Option<Arc<Page>>, HotpotqaError> {
        let key = Term::from_field_text(self.fields.key, &key(title));
        let query = TermQuery::new(key, IndexRecordOption::Basic);
        let found = self.found(&query, PAGES_OF_KEY_MAX)?;
        let titles = found.iter().map(|(_, document)| text(document, self.fields.title));
        let Some(best) = best(title, titles) else { return Ok(None) };
        let document = &found[best].1;
        let stored = serde_json::from_str(text(document, self.fields.page));
        let (first_paragraph, sentences) =
            stored.map_err(|error| index_error(&self.folder, &error))?;
        let title = text(document, self.fields.title).to_owned();
        Ok(Some(Arc::new(Page { title, sentences, first_paragraph })))
    }

    fn similar(&self, query: &str, titles_max: usize) -> Result<Vec<String>, HotpotqaError> {
        let of_word = |word: String| -> (Occur, Box<dyn Query>) {
            let word = Term::from_field_text(self.fields.words, &word);
            (Occur::Should, Box::new(TermQuery::new(word, IndexRecordOption::WithFreqs)))
        };
        let query = folded(query);
        let words = bm25::words(&query).take(QUERY_WORDS_MAX);
        let query = BooleanQuery::new(words.map(of_word).collect());
        let found = self.found(&query, titles_max + FURTHER_HITS)?;
        let title = self.fields.title;
        let mut found: Vec<(Score, &str)> =
            found.iter().map(|(score, document)| (*score, text(document, title))).collect();
        found.sort_by(|(one_score, one), (other_score, other)| {
            other_score.total_cmp(one_score).then_with(|| one.cmp(other))
        });
        Ok(found.into_iter().take(titles_max).map(|(_, title)| title.to_owned()).collect())
    }
}

/// What a document has stored in a field.
fn text(document: &TantivyDocument, field: Field) -> &str {
    document.get_first(field).and_then(|value| value.as_str()).unwrap_or_default()
}
