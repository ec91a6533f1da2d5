//! The questions with their paragraphs, from the data set's file.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::error::HotpotqaError;
use super::page::Page;
use crate::rows::{Row, RowError, RowFile};
use crate::split::Purpose;

/// The file of the questions that have paragraphs.
const QUESTIONS: RowFile =
    RowFile { set: "hotpotqa", path: "hotpotqa/hotpotqa-distractor-100.jsonl" };

/// Name, purpose and share in hundredths of every split.
pub(super) const SPLITS: [(&str, Purpose, usize); 3] = [
    ("train", Purpose::Train, 60),
    ("validation", Purpose::Validation, 20),
    ("test", Purpose::Test, 20),
];

/// Fewest questions of which every split has one.
const QUESTIONS_MIN: usize = 5;

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    /// Its id in the data set.
    pub(super) id: String,
    /// Its place in [`SPLITS`].
    pub(super) split: usize,
    /// The question itself.
    pub(super) text: String,
    /// The expected answer.
    pub(super) answer: String,
    /// `bridge` or `comparison`.
    pub(super) kind: String,
    /// `easy`, `medium` or `hard`.
    pub(super) level: String,
    /// The paragraphs that the answer follows from.
    pub(super) supporting: Vec<Supporting>,
}

/// A paragraph that an answer follows from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Supporting {
    /// The paragraph.
    pub(super) page: Page,
    /// The sentences that matter, from 0.
    pub(super) sentences: Vec<usize>,
}

/// The questions of a data folder in their order, and all their paragraphs.
pub(super) fn read(data: &Path) -> Result<(Vec<Question>, Vec<Page>), HotpotqaError> {
    let mut pages = Vec::new();
    let mut questions = QUESTIONS.read(data, |row| question(&row, &mut pages))?;
    if questions.len() < QUESTIONS_MIN {
        let path = QUESTIONS.find(data)?;
        return Err(HotpotqaError::TooFew { path, found: questions.len() });
    }
    split(&mut questions);
    Ok((questions, pages))
}

fn question(row: &Row<'_>, pages: &mut Vec<Page>) -> Result<Question, RowError> {
    let mut facts = Vec::new();
    for fact in row.rows("supporting_facts")? {
        let sentence = usize::try_from(fact.count("sent_id")?).unwrap_or(usize::MAX);
        facts.push((fact.text("title")?.to_owned(), sentence));
    }
    let mut supporting = Vec::new();
    for paragraph in row.rows("context")? {
        let (title, texts) = (paragraph.text("title")?, paragraph.texts("sentences")?);
        let page = Page::of_sentences(title, texts.iter().copied());
        let of_page = facts.iter().filter(|(known, _)| known == title);
        // A page has no empty sentences, so the others move up.
        let before = |end: usize| texts.iter().take(end).filter(|text| !text.trim().is_empty());
        let sentences: Vec<usize> = of_page.map(|&(_, place)| before(place).count()).collect();
        if !sentences.is_empty() {
            supporting.push(Supporting { page: page.clone(), sentences });
        }
        pages.push(page);
    }
    let level = row.value("level").and_then(serde_json::Value::as_str).unwrap_or_default();
    Ok(Question {
        id: row.text("id")?.to_owned(),
        split: 0,
        text: row.text("question")?.trim().to_owned(),
        answer: row.text("answer")?.to_owned(),
        kind: row.text("type")?.to_owned(),
        level: level.to_owned(),
        supporting,
    })
}

/// Gives every question its split: in the order of their ids' SHA-256 the first sixty of a hundred
/// are for training, the next twenty for validation, the others for test.
fn split(questions: &mut [Question]) {
    let mut order: Vec<usize> = (0..questions.len()).collect();
    order.sort_by_cached_key(|&place| Sha256::digest(questions[place].id.as_bytes()));
    let all = order.len();
    let train = all * SPLITS[0].2 / 100;
    let validation = all * (SPLITS[0].2 + SPLITS[1].2) / 100;
    for (rank, place) in order.into_iter().enumerate() {
        questions[place].split = usize::from(rank >= train) + usize::from(rank >= validation);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_twenty_and_twenty_of_a_hundred_whatever_their_order() {
        let question = |number: usize| Question {
            id: format!("id{number}"),
            split: 0,
            text: String::new(),
            answer: String::new(),
            kind: String::new(),
            level: String::new(),
            supporting: Vec::new(),
        };
        let mut forward: Vec<Question> = (0..100).map(question).collect();
        let mut backward: Vec<Question> = (0..100).rev().map(question).collect();

        split(&mut forward);
        split(&mut backward);

        let sizes = [0, 1, 2].map(|split| forward.iter().filter(|one| one.split == split).count());
        assert_eq!(sizes, [60, 20, 20]);
        backward.reverse();
        assert_eq!(forward, backward);
    }
}
