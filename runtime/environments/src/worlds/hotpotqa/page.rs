//! A page of the documents: its sentences, what a search shows of it, and lookups in it.

use std::sync::Arc;

use super::folding::folded;

/// Number of sentences of the first paragraph that a search shows.
const SENTENCES_SHOWN: usize = 5;

/// A page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// Its title, as its source writes it.
    pub(super) title: String,
    /// Its sentences, without blanks around them.
    pub(super) sentences: Vec<String>,
    /// Number of sentences in the first paragraph.
    pub(super) first_paragraph: usize,
}

impl Page {
    /// A page of one paragraph, from its sentences.
    pub(super) fn of_sentences<'a>(
        title: &str,
        sentences: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let sentences = sentences.into_iter().map(str::trim).filter(|text| !text.is_empty());
        let sentences: Vec<String> = sentences.map(str::to_owned).collect();
        Self { title: title.trim().to_owned(), first_paragraph: sentences.len(), sentences }
    }

    /// A page from its text: lines are paragraphs.
    pub(super) fn of_text(title: &str, text: &str) -> Self {
        let mut paragraphs = text.lines().map(sentences).filter(|found| !found.is_empty());
        let mut all = paragraphs.next().unwrap_or_default();
        let first_paragraph = all.len();
        all.extend(paragraphs.flatten());
        let sentences = all.into_iter().map(str::to_owned).collect();
        Self { title: title.trim().to_owned(), sentences, first_paragraph }
    }

    /// What a search shows: the beginning of the first paragraph.
    pub(super) fn beginning(&self) -> String {
        let shown = self.first_paragraph.min(SENTENCES_SHOWN).min(self.sentences.len());
        self.sentences[..shown].join(" ")
    }

    /// All of it as one text.
    pub(super) fn text(&self) -> String {
        self.sentences.join(" ")
    }
}

/// The sentences of a paragraph: they end with a mark and a blank before what is no small letter.
/// Abbreviations end some of them early, as they do in `ReAct`'s pages.
fn sentences(paragraph: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut before = ' ';
    let mut ended = None;
    for (place, c) in paragraph.char_indices() {
        if let Some(end) = ended.filter(|_| !c.is_whitespace()) {
            if !c.is_lowercase() {
                found.push(&paragraph[start..end]);
                start = place;
            }
            ended = None;
        } else if c.is_whitespace() && matches!(before, '.' | '!' | '?') {
            ended = Some(place);
        }
        before = c;
    }
    found.push(&paragraph[start..]);
    found.into_iter().map(str::trim).filter(|sentence| !sentence.is_empty()).collect()
}

/// A page that is open, and how far its last keyword was looked up.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    page: Arc<Page>,
    keyword: String,
    /// Number of results shown.
    shown: usize,
}

impl Reading {
    /// A page from its beginning.
    pub(super) fn new(page: Arc<Page>) -> Self {
        Self { page, keyword: String::new(), shown: 0 }
    }

    /// The next sentence with a keyword; case and accents do not count. Another keyword begins
    /// anew.
    pub(super) fn look_up(&mut self, keyword: &str) -> String {
        let keyword = folded(keyword);
        if keyword != self.keyword {
            (self.keyword, self.shown) = (keyword, 0);
        }
        let has = |sentence: &&String| folded(sentence).contains(&self.keyword);
        let results: Vec<&String> = self.page.sentences.iter().filter(has).collect();
        let Some(sentence) = results.get(self.shown) else {
            return "No more results.".to_owned();
        };
        self.shown += 1;
        format!("(Result {} / {}) {sentence}", self.shown, results.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_search_shows_the_beginning_of_the_first_paragraph() {
        let text = "One. Two! Three? Four. Five. Six.\n\nSeven.";
        let page = Page::of_text("Numbers", text);

        assert_eq!(page.beginning(), "One. Two! Three? Four. Five.");
        assert_eq!(page.sentences.len(), 7);
        assert_eq!(Page::of_text("Short", "One.\nTwo.").beginning(), "One.");
    }

    #[test]
    fn a_sentence_goes_on_with_a_small_letter() {
        let check = |text, expected: &[&str]| assert_eq!(sentences(text), expected);
        check(
            "He lived approx. ten years.  Then he left",
            &["He lived approx. ten years.", "Then he left"],
        );
        check("At 3.5 m. 2004 was next.", &["At 3.5 m.", "2004 was next."]);
        check(" . ", &["."]);
        check("", &[]);
    }

    #[test]
    fn lookups_walk_through_the_sentences_with_a_keyword() {
        let page = Page::of_sentences("P", ["He was born.", " Café BORN again.", " No."]);
        let mut reading = Reading::new(Arc::new(page));

        assert_eq!(reading.look_up("born"), "(Result 1 / 2) He was born.");
        assert_eq!(reading.look_up("Born"), "(Result 2 / 2) Café BORN again.");
        assert_eq!(reading.look_up("born"), "No more results.");
        assert_eq!(reading.look_up("cafe"), "(Result 1 / 1) Café BORN again.");
        assert_eq!(reading.look_up("born"), "(Result 1 / 2) He was born.");
        assert_eq!(reading.look_up("x"), "No more results.");
    }

    proptest! {
        #[test]
        fn no_text_makes_a_page_panic(text in "\\PC*|[.!? \n\\u{2028}aA]*") {
            let page = Page::of_text("x", &text);
            let shown: usize = page.sentences.iter().map(String::len).sum();
            prop_assert!(shown <= text.len() && page.beginning().len() <= page.text().len());
        }
    }
}
