//! The top of the page: the verdict, the circumstances of each run, and a description of its
//! arms.

use runtime_core::model::ModelIdentity;
use runtime_core::strategy::Strategy;
use serde::Serialize;
use serde_json::Value;

use super::ReportRun;
use super::column::Column;
use super::verdict;
use crate::results::Results;
use crate::results::circumstances::{Circumstances, Machine};

/// The template's variables for the head of a run.
#[derive(Serialize)]
pub(super) struct AboutView<'a> {
    name: &'a str,
    verdict: String,
    /// Facts about the run, as names and values.
    facts: Vec<(&'static str, String)>,
}

impl<'a> AboutView<'a> {
    /// The head of a run.
    pub(super) fn new(run: &'a ReportRun<'_>, results: &Results) -> Self {
        let circumstances = results.circumstances.as_ref();
        let mut facts = circumstances.map(circumstances_facts).unwrap_or_default();
        facts.push(("actor", weights(&results.actor)));
        for arm in results.arms.iter().filter(|arm| arm.retrospective != results.actor) {
            facts.push(("retrospective", weights(&arm.retrospective)));
        }
        facts.push(("tasks", tasks(run, &results.settings)));
        facts.push(("sampling", sampling(&results.settings)));
        facts.push(("program", format!("rebound {}", results.rebound)));
        facts.retain(|(_, value)| !value.is_empty());
        facts.dedup();
        Self { name: &run.name, verdict: verdict::of_run(results), facts }
    }
}

/// When, where and how the run was played.
fn circumstances_facts(found: &Circumstances) -> Vec<(&'static str, String)> {
    let Circumstances { first, end, resumed } = found;
    let times = match resumed.len() {
        0 => String::new(),
        1 => ", resumed once".into(),
        times => format!(", resumed {times} times"),
    };
    let Machine { processor, cores, memory_bytes, system } = &first.machine;
    let memory = format!("{:.1} GB", *memory_bytes as f64 / 1e9);
    let cores = if *cores == 1 { "1 core".into() } else { format!("{cores} cores") };
    let machine = [processor, &cores, &memory, system].map(String::as_str);
    let known = machine.into_iter().filter(|part| !part.is_empty());
    let threads = first.threads.map(|threads| match threads {
        1 => "1 thread".to_owned(),
        threads => format!("{threads} threads"),
    });
    let engine: Vec<String> = first.engines.iter().cloned().chain(threads).collect();
    vec![
        ("played", period(&first.start, end) + &times),
        ("machine", known.collect::<Vec<_>>().join(", ")),
        ("engine", engine.join(", ")),
        ("command", first.command_line.join(" ")),
    ]
}

/// The period to the minute; both ends are in the format of RFC 3339.
fn period(start: &str, end: &str) -> String {
    let minute = |time: &str| Some((time.get(..10)?.to_owned(), time.get(11..16)?.to_owned()));
    match (minute(start), minute(end)) {
        (Some((day, from)), Some((last_day, to))) if day == last_day => {
            format!("{day}, {from} to {to} UTC")
        }
        (Some((day, from)), Some((last_day, to))) => format!("{day} {from} to {last_day} {to} UTC"),
        _ => format!("{start} to {end}"),
    }
}

/// A description of an arm's strategy, as a sentence.
pub(super) fn what(column: &Column<'_>, settings: &Value) -> String {
    let told = match column.results.strategy.parse() {
        Ok(Strategy::None) => "Retries, and is told nothing: the control.",
        Ok(Strategy::LastAttempt) => "Reads the failed trial before it.",
        Ok(Strategy::Reflexion) => "Reads what the actor itself wrote about its failures.",
        Ok(Strategy::LastAttemptAndReflexion) => {
            "Reads the failed trial before it, and what the actor itself wrote about it."
        }
        Ok(Strategy::Retrospective) => "Reads what a second model wrote about its failures.",
        Ok(Strategy::ImmediateReflexion) => {
            "Reads what the actor itself wrote about its trials without having seen any results; the \
             last trial counts."
        }
        Ok(Strategy::Rerank) => {
            "Retries, and is told nothing; of its trials the one with the greatest progress counts."
        }
        Ok(Strategy::Search) => {
            "Reads its best trial so far, at most three times the same, and what the actor itself \
             wrote about it; the trial with the greatest progress counts."
        }
        Err(_) => return String::new(),
    };
    let strategy = column.results.strategy.parse();
    let reflects = strategy.is_ok_and(Strategy::reflects);
    let best_of = settings["best_of"].as_u64().filter(|drawn| *drawn > 1 && reflects);
    let best_of = best_of.map(|drawn| format!(" Of {drawn} drawn, the one that scores highest."));
    let borrows = column.results.strategy == Strategy::Retrospective.name();
    let borrowed = settings["borrowed"].as_str().filter(|_| borrows);
    let borrowed = borrowed.map(|_| " Here it was written about other tasks.");
    format!("{told}{}{}", best_of.unwrap_or_default(), borrowed.unwrap_or_default())
}

/// A model's name and the beginnings of its files' hashes.
pub(super) fn weights(model: &ModelIdentity) -> String {
    let adapter = model
        .adapter_sha256
        .as_deref()
        .map_or("no adapter".into(), |sha256| format!("adapter {}", beginning(sha256)));
    match beginning(&model.sha256) {
        "" => format!("{}, {adapter}", model.name),
        sha256 => format!("{} {sha256}, {adapter}", model.name),
    }
}

/// The beginning of a hash, long enough to distinguish two.
pub(super) fn beginning(sha256: &str) -> &str {
    sha256.get(..12).unwrap_or(sha256)
}

fn tasks(run: &ReportRun<'_>, settings: &Value) -> String {
    let Some(history) = run.histories.first() else { return String::new() };
    let pool = &history.run.tasks;
    let named = [&settings["environment"], &settings["split"]];
    let world: Vec<&str> = named.into_iter().filter_map(Value::as_str).collect();
    let limits = pool.first().map(|task| task.limits).unwrap_or_default();
    let of = if world.is_empty() { String::new() } else { format!(" of {}", world.join(" ")) };
    let (count, steps, trials) = (pool.len(), limits.steps_max, limits.trials_max);
    format!("{count}{of}, {trials} trials of {steps} steps at most")
}

fn sampling(settings: &Value) -> String {
    let named = ["temperature", "seed", "feedback"];
    let known = named.into_iter().filter(|name| !settings[name].is_null());
    let text = |name: &str| match &settings[name] {
        Value::String(value) => format!("{name} {value}"),
        value => format!("{name} {value}"),
    };
    let oracle = settings["oracle"].as_str();
    let oracle = oracle.map(|told| format!("an oracle that tells {told}"));
    known.map(text).chain(oracle).collect::<Vec<_>>().join(", ")
}
