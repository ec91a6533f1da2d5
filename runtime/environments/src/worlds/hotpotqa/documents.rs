//! The documents that questions are answered from: pages by title, and similar titles.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;

use super::error::HotpotqaError;
use super::folding::{folded, key};
use super::page::Page;
use crate::bm25::{Bm25, Bm25Weights};

/// How often a title's words count as if they stood in the text.
pub(super) const TITLE_WEIGHT: usize = 3;

/// Pages that never change.
pub(super) trait Documents: Debug + Send + Sync {
    /// The page of a title, whatever its case and accents.
    fn page(&self, title: &str) -> Result<Option<Arc<Page>>, HotpotqaError>;

    /// Titles of the pages that have most of a text's words, the best first.
    fn similar(&self, text: &str, titles_max: usize) -> Result<Vec<String>, HotpotqaError>;
}

/// Pages in memory.
#[derive(Debug)]
pub(super) struct MemoryDocuments {
    pages: Vec<Arc<Page>>,
    /// The pages of a key, in their order.
    by_key: HashMap<String, Vec<usize>>,
    index: Bm25,
}

impl MemoryDocuments {
    /// Documents of these pages. Of pages with the same title the first one counts.
    pub(super) fn new(pages: impl IntoIterator<Item = Page>) -> Self {
        let mut by_key: HashMap<String, Vec<usize>> = HashMap::new();
        let mut kept: Vec<Arc<Page>> = Vec::new();
        for page in pages {
            let of_key = by_key.entry(key(&page.title)).or_default();
            if of_key.iter().all(|&known| kept[known].title != page.title) {
                of_key.push(kept.len());
                kept.push(Arc::new(page));
            }
        }
        let index = Bm25::new(kept.iter().map(|page| words(page)), Bm25Weights::LUCENE);
        Self { pages: kept, by_key, index }
    }
}

impl Documents for MemoryDocuments {
    fn page(&self, title: &str) -> Result<Option<Arc<Page>>, HotpotqaError> {
        let found = self.by_key.get(&key(title)).map_or(&[][..], Vec::as_slice);
        let titles = found.iter().map(|&place| self.pages[place].title.as_str());
        Ok(best(title, titles).map(|best| Arc::clone(&self.pages[found[best]])))
    }

    fn similar(&self, text: &str, titles_max: usize) -> Result<Vec<String>, HotpotqaError> {
        let hits = self.index.search(&folded(text), titles_max);
        Ok(hits.into_iter().map(|hit| self.pages[hit.document].title.clone()).collect())
    }
}

/// What of a page is indexed.
pub(super) fn words(page: &Page) -> String {
    let title = format!("{} ", page.title).repeat(TITLE_WEIGHT);
    folded(&(title + &page.text()))
}

/// Which of titles with one key is meant: the one written so, or else the first.
pub(super) fn best<'a>(
    title: &str,
    titles: impl ExactSizeIterator<Item = &'a str>,
) -> Option<usize> {
    let is_any = titles.len() > 0;
    let lower = title.trim().to_lowercase();
    let as_written = titles.enumerate().map(|(place, known)| {
        let rank = if known == title.trim() {
            0
        } else if known.to_lowercase() == lower {
            1
        } else {
            2
        };
        (rank, place)
    });
    as_written.min().map(|(_, place)| place).filter(|_| is_any)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn some() -> MemoryDocuments {
        MemoryDocuments::new([
            Page::of_text("Bath, Maine", "Bath is a city in Maine. It builds ships."),
            Page::of_text("Bath", "Bath is a city in Somerset."),
            Page::of_text("BATH", "A supercomputer."),
            Page::of_text("Bath", "Another one."),
            Page::of_text("Tătărescu", "A Romanian politician."),
        ])
    }

    fn first_words(title: &str) -> Option<String> {
        some().page(title).unwrap().map(|page| page.sentences[0].clone())
    }

    #[test]
    fn a_title_is_found_whatever_its_case_and_accents_and_as_it_is_written_before() {
        assert_eq!(some().pages.len(), 4);
        assert_eq!(first_words("tatarescu").unwrap(), "A Romanian politician.");
        assert_eq!(first_words("Bath").unwrap(), "Bath is a city in Somerset.");
        assert_eq!(first_words("BATH").unwrap(), "A supercomputer.");
        assert_eq!(first_words("bAth").unwrap(), "Bath is a city in Somerset.");
        assert_eq!(first_words("bath Maine").unwrap(), "Bath is a city in Maine.");
        assert_eq!(first_words("Somerset"), None);
        assert_eq!(first_words(""), None);
    }

    #[test]
    fn similar_pages_share_words_and_titles_count_more() {
        let similar = |text| some().similar(text, 3).unwrap();
        assert_eq!(similar("ships of Máine"), ["Bath, Maine"]);
        assert_eq!(similar("a romanian city")[0], "Tătărescu");
        assert_eq!(similar("bath").len(), 3);
        assert!(similar("nothing").is_empty());
    }
}
