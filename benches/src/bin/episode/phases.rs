//! Where the time of an engine goes, from the spans that it opens.
//!
//! ```text
//! batch ─► products, attention     draw
//! ```
//!
//! What of a batch is neither is norms, gates, embeddings and copies; what of a row's time is
//! neither a batch nor a draw is waiting: the agent's own work, and the environment's.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use tracing::Level;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// The spans that count.
const COUNTED: [&str; 4] = ["batch", "products", "attention", "draw"];

/// Adds up the time within spans of each name.
#[derive(Clone, Default)]
pub(crate) struct Phases(Arc<Mutex<BTreeMap<&'static str, Spent>>>);

#[derive(Clone, Copy, Default)]
struct Spent {
    time: Duration,
    spans: u64,
    tokens: u64,
}

/// Shares of a row's time, and the sizes of its batches.
#[derive(Clone, Copy, Default, Serialize)]
pub(crate) struct Shares {
    /// Batches of all steps.
    pub(crate) batches: u64,
    /// Tokens of all batches.
    pub(crate) tokens: u64,
    /// Percent of the row's time in products of weights; none where the engine does not say.
    pub(crate) products: Option<f64>,
    /// Percent in attention.
    pub(crate) attention: Option<f64>,
    /// Percent in the rest of batches.
    pub(crate) rest: f64,
    /// Percent in drawing tokens.
    pub(crate) draws: f64,
    /// Percent that the engine waits.
    pub(crate) waiting: f64,
}

/// Where these spans are opened.
pub(crate) fn targets() -> Targets {
    Targets::new()
        .with_target("models_native", Level::TRACE)
        .with_target("runtime_engine", Level::TRACE)
}

impl Phases {
    /// What was spent since the last call, of so many seconds.
    pub(crate) fn take(&self, seconds: f64) -> Shares {
        let spent = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let of = |name: &str| spent.get(name).copied().unwrap_or_default();
        let percent = |time: Duration| 100.0 * time.as_secs_f64() / seconds;
        let (batch, draw) = (of("batch"), percent(of("draw").time));
        let inside = ["products", "attention"].map(|name| {
            let spent = of(name);
            (spent.spans > 0).then(|| percent(spent.time))
        });
        let [products, attention] = inside;
        let all = percent(batch.time);
        Shares {
            batches: batch.spans,
            tokens: batch.tokens,
            products,
            attention,
            rest: all - products.unwrap_or(0.0) - attention.unwrap_or(0.0),
            draws: draw,
            waiting: (100.0 - all - draw).max(0.0),
        }
    }

    fn add(&self, name: &'static str, spent: Spent) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = all.entry(name).or_default();
        sum.time += spent.time;
        sum.spans += spent.spans;
        sum.tokens += spent.tokens;
    }
}

/// When a span was entered.
struct Entered(Instant);

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Phases {
    fn on_new_span(&self, attributes: &Attributes<'_>, _id: &Id, _context: Context<'_, S>) {
        if attributes.metadata().name() == "batch" {
            let mut tokens = Tokens(0);
            attributes.record(&mut tokens);
            self.add("batch", Spent { tokens: tokens.0, ..Spent::default() });
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            span.extensions_mut().replace(Entered(Instant::now()));
        }
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let entered = span.extensions_mut().remove::<Entered>();
        if let Some(Entered(start)) = entered
            && COUNTED.contains(&span.name())
        {
            self.add(span.name(), Spent { time: start.elapsed(), spans: 1, tokens: 0 });
        }
    }
}

/// Reads a span's number of tokens.
struct Tokens(u64);

impl Visit for Tokens {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "tokens" {
            self.0 = value;
        }
    }

    fn record_debug(&mut self, _field: &Field, _value: &dyn fmt::Debug) {}
}
