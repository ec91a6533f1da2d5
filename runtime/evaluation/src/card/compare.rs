//! Cards side by side, with ratios to the first, and what keeps them from being compared.

use super::text::{megabytes, number, speed_text};
use super::{Card, SliceCard, Speed};
use crate::interval::Rate;
use crate::table::{aligned, rate_text};

/// A card and what it is called.
#[derive(Clone, Debug)]
pub struct Named<'a> {
    /// The name, such as its file's.
    pub name: String,
    /// The card.
    pub card: &'a Card,
}

/// A quantity of which cards are compared by ratios.
pub(crate) struct Quantity {
    /// The name with its unit.
    pub(crate) name: &'static str,
    /// Its value.
    pub(crate) of: fn(&Card) -> Option<f64>,
    /// The value as text.
    text: fn(&Card) -> String,
    /// Whether it depends on what was played.
    of_tasks: bool,
}

/// All of them.
pub(crate) const QUANTITIES: [Quantity; 7] = [
    Quantity {
        name: "pp512, tokens/s",
        of: |card| Some(speed(card).pp512?.mean),
        text: |card| speed_text(speed(card).pp512),
        of_tasks: false,
    },
    Quantity {
        name: "tg128, tokens/s",
        of: |card| Some(speed(card).tg128?.mean),
        text: |card| speed_text(speed(card).tg128),
        of_tasks: false,
    },
    Quantity {
        name: "episodes a minute",
        of: |card| card.totals.episodes_per_minute,
        text: |card| number(card.totals.episodes_per_minute),
        of_tasks: true,
    },
    Quantity {
        name: "solved a minute",
        of: |card| card.totals.solved_per_minute,
        text: |card| number(card.totals.solved_per_minute),
        of_tasks: true,
    },
    Quantity {
        name: "seconds",
        of: |card| Some(card.totals.seconds),
        text: |card| number(Some(card.totals.seconds)),
        of_tasks: true,
    },
    Quantity {
        name: "peak memory, MB",
        of: |card| Some(card.totals.memory_peak_bytes? as f64),
        text: |card| megabytes(card.totals.memory_peak_bytes),
        of_tasks: true,
    },
    Quantity {
        name: "energy, J",
        of: |card| card.totals.energy_joules,
        text: |card| number(card.totals.energy_joules),
        of_tasks: true,
    },
];

fn speed(card: &Card) -> Speed {
    card.speed.unwrap_or_default()
}

impl Quantity {
    /// A card's value over the first card's; `None` where one is not known or 0, or where they did
    /// not play the same.
    pub(crate) fn ratio(&self, card: &Card, first: &Card) -> Option<f64> {
        let is_fair = !self.of_tasks || plays_as(card, first);
        let (found, of) = ((self.of)(card)?, (self.of)(first)?);
        (is_fair && of > 0.0).then(|| found / of)
    }
}

/// Cards as a table, a column each; empty without cards.
pub fn text(cards: &[Named<'_>]) -> String {
    let Some(first) = cards.first() else { return String::new() };
    let mut rows = vec![row("", cards, |named| named.name.clone())];
    rows.extend(about(cards));
    for quantity in &QUANTITIES {
        let cell = |(place, named): (usize, &Named<'_>)| {
            let found = (quantity.text)(named.card);
            match quantity.ratio(named.card, first.card).filter(|_| place > 0) {
                Some(ratio) => format!("{found} ({ratio:.2})"),
                None => found,
            }
        };
        let cells = cards.iter().enumerate().map(cell);
        rows.push([quantity.name.to_owned()].into_iter().chain(cells).collect());
    }
    for (world, strategy) in arms(cards) {
        rows.push(row(&format!("{world}, {strategy}"), cards, |named| {
            let found = success(named.card, &world, &strategy);
            found.map_or("-".to_owned(), |rate| rate_text(&rate))
        }));
    }
    let mut text = aligned(&rows);
    text += "In parentheses: the ratio to the first card, where both played the same. By world and \
             arm: solved after\nthe last trial, with 95 % Wilson intervals.\n";
    for difference in differences(cards) {
        text += "Differs: ";
        text += &difference;
        text += ".\n";
    }
    text
}

fn row(name: &str, cards: &[Named<'_>], cell: impl Fn(&Named<'_>) -> String) -> Vec<String> {
    [name.to_owned()].into_iter().chain(cards.iter().map(cell)).collect()
}

/// What each card is of.
fn about(cards: &[Named<'_>]) -> Vec<Vec<String>> {
    let unknown = || "-".to_owned();
    vec![
        row("processor", cards, |named| named.card.machine.machine.processor.clone()),
        row("cores, threads, parallel", cards, |Named { card, .. }| {
            let (limits, cores) = (&card.limits, card.machine.machine.cores);
            let threads = limits.threads.map_or_else(unknown, |threads| threads.to_string());
            format!("{cores}, {threads}, {}", limits.parallel)
        }),
        row("memory, MB", cards, |named| megabytes(Some(named.card.machine.machine.memory_bytes))),
        row("board", cards, |named| named.card.limits.board.clone().unwrap_or_else(unknown)),
        row("board's memory, MB", cards, |named| megabytes(named.card.limits.memory_bytes)),
        row("engine", cards, |named| named.card.engines.join("; ")),
        row("actor", cards, |named| named.card.actor.name.clone()),
        row("suite", cards, |named| suite(named.card)),
        row("rebound", cards, |named| named.card.rebound.clone()),
    ]
}

fn suite(card: &Card) -> String {
    format!("{} {}", card.suite.name, card.suite.version)
}

/// The worlds and strategies of all cards, in the order of their first card.
pub(crate) fn arms(cards: &[Named<'_>]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for slice in cards.iter().flat_map(|named| &named.card.slices) {
        for arm in &slice.arms {
            let arm = (slice.world.clone(), arm.strategy.clone());
            if !found.contains(&arm) {
                found.push(arm);
            }
        }
    }
    found
}

/// Success after the last trial.
pub(crate) fn success(card: &Card, world: &str, strategy: &str) -> Option<Rate> {
    let slice = card.slices.iter().find(|slice| slice.world == world)?;
    let arm = slice.arms.iter().find(|arm| arm.strategy == strategy)?;
    Some(arm.success_by_trial.last()?.rate)
}

/// Whether two cards are of the same tasks in the same worlds.
fn plays_as(one: &Card, other: &Card) -> bool {
    let slices = |card: &Card| card.slices.iter().map(what_is_played).collect::<Vec<_>>();
    one.suite == other.suite && slices(one) == slices(other)
}

fn what_is_played(slice: &SliceCard) -> String {
    let SliceCard { world, split, tasks, steps, trials, .. } = slice;
    let arms: Vec<&str> = slice.arms.iter().map(|arm| &*arm.strategy).collect();
    format!("{tasks} of {world} {split}, {steps} steps, {trials} trials, {}", arms.join(" and "))
}

/// What cards may differ in, and how each of them has it.
type Aspect<'a> = (&'a str, &'a dyn Fn(&Card) -> String);

/// What of the cards differs from the first, beside hardware, limits and engines.
pub fn differences(cards: &[Named<'_>]) -> Vec<String> {
    let Some((first, rest)) = cards.split_first() else { return Vec::new() };
    let identity = |card: &Card| {
        let actor = &card.actor;
        let adapter = actor.adapter_sha256.as_deref();
        let adapter = adapter.map(|sha256| format!(" with the adapter {}", short(sha256)));
        format!("{} {}{}", actor.name, short(&actor.sha256), adapter.unwrap_or_default())
    };
    let context = |card: &Card| card.limits.context_tokens.to_string();
    let skipped = |card: &Card| {
        let skipped = card.skipped.iter().map(|skipped| &*skipped.world).collect::<Vec<_>>();
        if skipped.is_empty() { "none".to_owned() } else { skipped.join(", ") }
    };
    let aspects: [Aspect<'_>; 5] = [
        ("suite", &suite),
        ("version of rebound", &|card| card.rebound.clone()),
        ("actor", &identity),
        ("tokens of context", &context),
        ("skipped worlds", &skipped),
    ];
    let mut found = Vec::new();
    for (what, of) in aspects {
        let ours = of(first.card);
        let others = rest.iter().map(|named| (&named.name, of(named.card)));
        for (name, theirs) in others.filter(|(_, theirs)| *theirs != ours) {
            found.push(format!("{what}: {ours} in {}, {theirs} in {name}", first.name));
        }
    }
    for named in rest {
        found.extend(other_slices(first, named));
    }
    found
}

/// The worlds that both played, but not alike.
fn other_slices(first: &Named<'_>, other: &Named<'_>) -> Vec<String> {
    let played = |slice: &SliceCard| {
        let mut others = other.card.slices.iter().filter(|found| found.world == slice.world);
        let (ours, theirs) = (what_is_played(slice), what_is_played(others.next()?));
        (ours != theirs)
            .then(|| format!("slice: {ours} in {}, {theirs} in {}", first.name, other.name))
    };
    first.card.slices.iter().filter_map(played).collect()
}

/// The beginning of a checksum.
fn short(sha256: &str) -> String {
    if sha256.is_empty() { "without weights".to_owned() } else { sha256.chars().take(8).collect() }
}
