//! An episode: actions in, observations out, and the answer's score at its end.

use std::collections::BTreeSet;
use std::sync::Arc;

use runtime_core::environment::{ActionForm, Environment, EnvironmentError, Step};
use runtime_core::task::Task;

use super::action::{Action, Choice, parse};
use super::documents::Documents;
use super::folding::key;
use super::page::Reading;
use super::question::{Question, Supporting};
use super::score::{AnswerScore, score};
use super::{Context, HotpotqaOptions, Shared};
use crate::world::{GameScore, Playable};

/// Number of similar titles that a search without a page tells.
const SIMILAR_TITLES: usize = 5;
/// Greatest number of characters of an actor's text that an observation repeats.
const REPEATED_CHARACTERS_MAX: usize = 100;
/// Greatest reward of an answer that is not exact: right words in a wrong order have an F1 of 1.0.
const INEXACT_REWARD_MAX: f64 = 0.99;

/// Plays questions, one at a time.
pub(super) struct QuestionEnvironment {
    pub(super) shared: Arc<Shared>,
    pub(super) episode: Option<QuestionEpisode>,
}

/// A question under way.
pub(super) struct QuestionEpisode {
    /// Its place among all questions.
    question: usize,
    reading: Option<Reading>,
    /// The keys of the supporting pages that were opened.
    opened: BTreeSet<String>,
    answer: Option<(String, AnswerScore)>,
    was_known: bool,
}

impl QuestionEpisode {
    /// What the answer earned.
    fn reward(&self) -> f32 {
        match self.answer {
            None => 0.0,
            Some((_, found)) if found.is_exact => 1.0,
            #[expect(clippy::cast_possible_truncation, reason = "a share of words")]
            Some((_, found)) => found.f1.min(INEXACT_REWARD_MAX) as f32,
        }
    }
}

impl QuestionEnvironment {
    fn options(&self) -> HotpotqaOptions {
        self.shared.options
    }

    /// The beginning: the context, if it is given, and the question.
    fn opening(&self, question: &Question) -> String {
        let options = self.options();
        let mut lines = Vec::new();
        if options.context == Context::Gold {
            lines.extend(question.supporting.iter().map(|supporting| {
                let shown = cut_to_facts(supporting, options.observation_characters);
                format!("{}: {shown}", supporting.page.title)
            }));
        }
        lines.push(format!("Question: {}", question.text));
        if options.context != Context::Search {
            lines.push("Answer with Finish[answer].".to_owned());
        }
        lines.join("\n")
    }

    /// What may be done now.
    fn choice(&self, episode: &QuestionEpisode) -> Choice {
        match (self.options().context, &episode.reading) {
            (Context::None | Context::Gold, _) => Choice::Finish,
            (Context::Search, None) => Choice::Search,
            (Context::Search, Some(_)) => Choice::All,
        }
    }

    /// Takes an action and says what there is to see.
    fn act(&self, episode: &mut QuestionEpisode, text: &str) -> Result<String, EnvironmentError> {
        let question = &self.shared.questions[episode.question];
        let choice = self.choice(episode);
        episode.was_known = true;
        match (parse(text), choice) {
            (Some(Action::Finish(answer)), _) => {
                episode.answer = Some((answer.to_owned(), score(answer, &question.answer)));
                Ok(format!("You answered: {}", repeated(answer)))
            }
            (Some(Action::Search(title)), Choice::Search | Choice::All) => {
                self.search(episode, title)
            }
            (Some(Action::Lookup(keyword)), Choice::All) => {
                Ok(episode.reading.as_mut().map_or_else(String::new, |page| page.look_up(keyword)))
            }
            (Some(Action::Lookup(_)), Choice::Search) => {
                episode.was_known = false;
                Ok("There is no open page to look up in. Search[title] first.".to_owned())
            }
            (Some(_), Choice::Finish) => {
                episode.was_known = false;
                Ok("There is nothing to search. Answer with Finish[answer].".to_owned())
            }
            (None, _) => {
                episode.was_known = false;
                Ok(format!("Invalid action. Valid actions are {}.", choice.text()))
            }
        }
    }

    fn search(
        &self,
        episode: &mut QuestionEpisode,
        title: &str,
    ) -> Result<String, EnvironmentError> {
        let broken = |problem| EnvironmentError::Broken(crate::world::causes(&problem));
        let documents: &dyn Documents = &*self.shared.documents;
        if let Some(page) = documents.page(title).map_err(broken)? {
            let name = key(&page.title);
            if self.supporting(episode).any(|supporting| key(&supporting.page.title) == name) {
                episode.opened.insert(name);
            }
            let shown = page.beginning();
            episode.reading = Some(Reading::new(page));
            return Ok(shown);
        }
        let similar = documents.similar(title, SIMILAR_TITLES).map_err(broken)?;
        Ok(format!("Could not find {}. Similar: [{}]", repeated(title), similar.join("; ")))
    }

    fn supporting(&self, episode: &QuestionEpisode) -> impl Iterator<Item = &Supporting> {
        self.shared.questions[episode.question].supporting.iter()
    }

    /// The share of what is to be done: opening each supporting page, and the right answer.
    fn progress(&self, episode: &QuestionEpisode) -> f32 {
        let reward = episode.reward();
        if self.options().context != Context::Search {
            return reward;
        }
        let pages = self.supporting(episode).count();
        reward.max(episode.opened.len() as f32 / (pages + 1) as f32)
    }
}

impl Environment for QuestionEnvironment {
    fn reset(&mut self, task: &Task) -> Result<String, EnvironmentError> {
        let unknown = || EnvironmentError::UnknownTask(task.id.clone());
        let question = self.shared.place(&task.id).ok_or_else(unknown)?;
        self.episode = Some(QuestionEpisode {
            question,
            reading: None,
            opened: BTreeSet::new(),
            answer: None,
            was_known: true,
        });
        Ok(self.opening(&self.shared.questions[question]))
    }

    fn step(&mut self, action: &str) -> Result<Step, EnvironmentError> {
        let mut episode = self.episode.take().ok_or(EnvironmentError::NotReset)?;
        let was_over = episode.answer.is_some();
        let observation = if was_over {
            episode.was_known = false;
            Ok("The question was answered.".to_owned())
        } else {
            self.act(&mut episode, action)
        };
        let reward = if was_over { 0.0 } else { episode.reward() };
        let (progress, done) = (self.progress(&episode), episode.answer.is_some());
        self.episode = Some(episode);
        let observation = cut(&observation?, self.options().observation_characters);
        Ok(Step { observation, reward, progress, done })
    }

    /// Titles and answers are free.
    fn admissible_actions(&mut self) -> Option<Vec<String>> {
        None
    }

    fn action_form(&mut self) -> ActionForm {
        let choice = self.episode.as_ref().map(|episode| self.choice(episode));
        choice.map_or(ActionForm::Line, |choice| ActionForm::Pattern(choice.pattern()))
    }

    fn grounded(&self) -> Option<bool> {
        self.episode.as_ref().map(|episode| episode.was_known)
    }

    fn feedback(&self) -> String {
        let Some(episode) = &self.episode else { return String::new() };
        let answered = match &episode.answer {
            None => "You did not answer.".to_owned(),
            Some((_, found)) if found.is_exact => "Your answer was right.".to_owned(),
            Some((answer, _)) => format!("Your answer {} was not right.", repeated(answer)),
        };
        if self.options().context != Context::Search {
            return answered;
        }
        let (pages, opened) = (self.supporting(episode).count(), episode.opened.len());
        let has = |supporting: &&Supporting| episode.opened.contains(&key(&supporting.page.title));
        let titles = self.supporting(episode).filter(has);
        let titles: Vec<&str> = titles.map(|supporting| supporting.page.title.as_str()).collect();
        let titles = if opened == 0 { String::new() } else { format!(": {}", titles.join("; ")) };
        format!("{answered} Needed pages that you found: {opened} of {pages}{titles}.")
    }
}

impl Playable for QuestionEnvironment {
    /// Hundredths of F1.
    fn standing(&self) -> GameScore {
        let episode = self.episode.as_ref();
        let reward = episode.map_or(0.0, QuestionEpisode::reward);
        #[expect(clippy::cast_possible_truncation, reason = "0 to 100")]
        let score = (reward * 100.0).round() as i64;
        let done = episode.is_some_and(|episode| episode.answer.is_some());
        GameScore { score, score_max: 100, won: reward >= 1.0, done }
    }
}

/// A paragraph within so many characters: without sentences that the answer does not follow from,
/// the last ones first.
fn cut_to_facts(supporting: &Supporting, characters: usize) -> String {
    let sentences = &supporting.page.sentences;
    let lengths: Vec<usize> = sentences.iter().map(|text| text.chars().count() + 1).collect();
    let mut length: usize = lengths.iter().sum();
    let mut left: Vec<&str> = Vec::new();
    for (place, sentence) in sentences.iter().enumerate().rev() {
        if length > characters + 1 && !supporting.sentences.contains(&place) {
            length -= lengths[place];
        } else {
            left.push(sentence);
        }
    }
    left.reverse();
    cut(&left.join(" "), characters)
}

/// A text of at most so many characters; the last one tells that there was more.
fn cut(text: &str, characters: usize) -> String {
    if text.chars().nth(characters).is_none() {
        return text.to_owned();
    }
    let kept: String = text.chars().take(characters.saturating_sub(1)).collect();
    kept.trim_end().to_owned() + "…"
}

/// What an observation repeats of an actor's text.
fn repeated(text: &str) -> String {
    let line = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    cut(&line.take(REPEATED_CHARACTERS_MAX + 1).collect::<String>(), REPEATED_CHARACTERS_MAX)
}

#[cfg(test)]
mod tests;
