//! An episode in the shop: from the search page to a purchase.

use std::collections::HashMap;
use std::sync::Arc;

use runtime_core::environment::{ActionForm, Environment, EnvironmentError, Step};
use runtime_core::task::Task;

use super::action::{Action, SEARCH, folded};
use super::address::{Address, goal_of};
use super::catalogue::{Catalogue, Product};
use super::goal::Goal;
use super::page::{Button, Page, View};
use super::score::{Score, best_score, score};
use crate::world::{GameScore, Playable};

/// What is answered to an action that the page does not know.
const UNKNOWN: &str =
    "Nothing happens. Actions are search[words], and click[…] with a button of this page.";

/// A shop with one buyer.
pub(super) struct Shopping {
    catalogue: Arc<Catalogue>,
    visit: Option<Visit>,
}

/// The values that were chosen, by their option; `None` if none was.
type Choices = Vec<Option<usize>>;

/// An episode.
struct Visit {
    goal: Goal,
    page: Page,
    /// Places of the last search's products.
    results: Vec<usize>,
    /// The page of results that was seen last.
    results_page: usize,
    choices: Choices,
    bought: Option<Score>,
    /// The best scores that a page of results and a product's page have made possible.
    reached: [f64; 2],
    /// Best scores of products that were seen, by their places.
    scores: HashMap<usize, f64>,
    /// Whether the last action had an effect.
    known: Option<bool>,
}

impl Shopping {
    pub(super) fn new(catalogue: Arc<Catalogue>) -> Self {
        Self { catalogue, visit: None }
    }
}

impl Visit {
    fn new(goal: Goal) -> Self {
        Self {
            goal,
            page: Page::Search,
            results: Vec::new(),
            results_page: 0,
            choices: Vec::new(),
            bought: None,
            reached: [0.0; 2],
            scores: HashMap::new(),
            known: None,
        }
    }

    fn view<'a>(&'a self, catalogue: &'a Catalogue) -> View<'a> {
        View { catalogue, goal: &self.goal, results: &self.results }
    }

    /// Takes an action; returns what is seen, or `None` if the page does not know it.
    fn act(&mut self, catalogue: &Catalogue, action: &str) -> Option<String> {
        match Action::parse(action)? {
            _ if self.page == Page::Done => None,
            Action::Search(words) => {
                self.results = catalogue.search(&words);
                self.go(catalogue, Page::Results(0));
                Some(self.view(catalogue).text(self.page))
            }
            Action::Click(text) => {
                let buttons = self.view(catalogue).buttons(self.page);
                let mut found = buttons.into_iter().filter(|(button, _)| folded(button) == text);
                let (_, button) = found.next()?;
                self.click(catalogue, button)
            }
        }
    }

    fn click(&mut self, catalogue: &Catalogue, button: Button) -> Option<String> {
        let next = match (button, self.page) {
            (Button::Back, _) => Page::Search,
            (Button::Next, Page::Results(number)) => Page::Results(number + 1),
            (Button::Previous, Page::Results(number)) => Page::Results(number.checked_sub(1)?),
            (Button::Previous, Page::Item(_)) => Page::Results(self.results_page),
            (Button::Previous, Page::Description(place) | Page::Features(place)) => {
                Page::Item(place)
            }
            (Button::Product(place), _) => {
                self.choices = vec![None; catalogue.products[place].options.len()];
                Page::Item(place)
            }
            (Button::Description, Page::Item(place)) => Page::Description(place),
            (Button::Features, Page::Item(place)) => Page::Features(place),
            (Button::Buy, Page::Item(place)) => {
                self.buy(catalogue, place);
                Page::Done
            }
            (Button::Choice(option, value), Page::Item(place)) => {
                *self.choices.get_mut(option)? = Some(value);
                let text = &catalogue.products[place].options[option].values[value];
                return Some(format!("You have clicked {text}."));
            }
            _ => return None,
        };
        self.go(catalogue, next);
        Some(self.view(catalogue).text(next))
    }

    /// Comes to a page, and keeps what it makes possible.
    fn go(&mut self, catalogue: &Catalogue, page: Page) {
        self.page = page;
        let (part, seen) = match page {
            Page::Results(number) => {
                self.results_page = number;
                (0, self.view(catalogue).shown(number).to_vec())
            }
            Page::Item(place) => (1, vec![place]),
            _ => return,
        };
        for place in seen {
            let possible = *self.scores.entry(place).or_insert_with(|| {
                let product = &catalogue.products[place];
                best_score(product, &self.goal, &catalogue.products[self.goal.product]).total()
            });
            self.reached[part] = self.reached[part].max(possible);
        }
    }

    fn buy(&mut self, catalogue: &Catalogue, place: usize) {
        let product = &catalogue.products[place];
        let chosen = chosen(product, &self.choices);
        let wanted = &catalogue.products[self.goal.product];
        self.bought = Some(score(product, &chosen, &self.goal, wanted));
    }

    /// The score of the purchase; 0.0 before it.
    fn total(&self) -> f64 {
        self.bought.as_ref().map_or(0.0, Score::total)
    }

    /// A third each for what results, a product's page and the purchase have reached (`AgentBoard`).
    fn progress(&self) -> f64 {
        (self.reached[0] + self.reached[1] + self.total()) / 3.0
    }
}

/// The chosen values.
fn chosen<'a>(product: &'a Product, choices: &Choices) -> Vec<&'a str> {
    let pairs = product.options.iter().zip(choices);
    pairs.filter_map(|(option, choice)| option.values.get((*choice)?).map(String::as_str)).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "it is 0.0 to 1.0")]
fn narrow(share: f64) -> f32 {
    share as f32
}

impl Environment for Shopping {
    fn reset(&mut self, task: &Task) -> Result<String, EnvironmentError> {
        let address = Address::parse(&task.id);
        let goal = address.and_then(|address| goal_of(&self.catalogue, &address));
        let goal = goal.ok_or_else(|| EnvironmentError::UnknownTask(task.id.clone()))?;
        let visit = self.visit.insert(Visit::new(goal));
        Ok(visit.view(&self.catalogue).text(Page::Search))
    }

    /// The reward is the score of the purchase, which ends the episode.
    fn step(&mut self, action: &str) -> Result<Step, EnvironmentError> {
        let visit = self.visit.as_mut().ok_or(EnvironmentError::NotReset)?;
        let was_done = visit.bought.is_some();
        let seen = visit.act(&self.catalogue, action);
        visit.known = Some(seen.is_some());
        let done = visit.bought.is_some();
        Ok(Step {
            observation: seen.unwrap_or_else(|| UNKNOWN.to_owned()),
            reward: if done && !was_done { narrow(visit.total()) } else { 0.0 },
            progress: narrow(visit.progress()),
            done,
        })
    }

    /// What can be clicked, but for values that are chosen already. `None` where words are searched.
    fn admissible_actions(&mut self) -> Option<Vec<String>> {
        let visit = self.visit.as_ref()?;
        if visit.page == Page::Search {
            return None;
        }
        let mut buttons = visit.view(&self.catalogue).buttons(visit.page);
        if let Page::Item(place) = visit.page {
            let chosen = chosen(&self.catalogue.products[place], &visit.choices);
            buttons.retain(|(text, button)| {
                !matches!(button, Button::Choice(..)) || !chosen.contains(text)
            });
        }
        let mut actions: Vec<String> =
            buttons.into_iter().map(|(text, _)| format!("click[{text}]")).collect();
        actions.sort_unstable();
        actions.dedup();
        Some(actions)
    }

    fn action_form(&mut self) -> ActionForm {
        let searches = self.visit.as_ref().is_some_and(|visit| visit.page == Page::Search);
        if searches { ActionForm::Pattern(SEARCH.to_owned()) } else { ActionForm::Line }
    }

    fn grounded(&self) -> Option<bool> {
        self.visit.as_ref()?.known
    }

    fn feedback(&self) -> String {
        let bought = self.visit.as_ref().and_then(|visit| visit.bought);
        let Some(score) = bought else { return "You bought nothing.".to_owned() };
        let kind = match score.kind {
            kind if kind >= 1.0 => "is",
            kind if kind > 0.1 => "may be",
            _ => "is not",
        };
        format!(
            "You bought a product that scores {:.2} of 1.00. It {kind} of the wanted kind, has {} of {} wanted \
             attributes and {} of {} wanted options, and {} the wanted price.",
            score.total(),
            score.attributes_matched,
            score.attributes,
            score.options_matched,
            score.options,
            if score.price_fits { "has" } else { "is above" },
        )
    }
}

impl Playable for Shopping {
    /// Points are hundredths of the score.
    fn standing(&self) -> GameScore {
        let visit = self.visit.as_ref();
        let total = visit.map_or(0.0, Visit::total);
        #[expect(clippy::cast_possible_truncation, reason = "it is 0 to 100")]
        let score = (100.0 * total).round() as i64;
        let done = visit.is_some_and(|visit| visit.bought.is_some());
        GameScore { score, score_max: 100, won: total >= 1.0, done }
    }
}

#[cfg(test)]
mod tests;
