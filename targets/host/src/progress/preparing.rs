//! The bar of what takes long before a world can be played.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use targets_console::terminal;

use super::{Show, bytes, lock};

/// What is done within this time has no bar.
const WITHOUT_BAR: Duration = Duration::from_secs(2);
/// Columns of a bar's name.
const NAME_COLUMNS: usize = 28;

struct Preparation {
    what: String,
    begun: Instant,
    bar: Option<ProgressBar>,
}

/// Shows how far a preparation is, once it has taken two seconds.
#[allow(clippy::disallowed_methods, reason = "this is where the clock comes from")]
pub(crate) fn preparing(what: &str, done: u64, all: u64) {
    static UNDER_WAY: Mutex<Option<Preparation>> = Mutex::new(None);
    let mut under_way = lock(&UNDER_WAY);
    if under_way.as_ref().is_none_or(|preparation| preparation.what != what) {
        *under_way = Some(Preparation { what: what.to_owned(), begun: Instant::now(), bar: None });
    }
    let Some(preparation) = under_way.as_mut() else { return };
    if done >= all {
        if let Some(bar) = &preparation.bar {
            bar.finish_and_clear();
        }
        *under_way = None;
        return;
    }
    if preparation.bar.is_none() && preparation.begun.elapsed() >= WITHOUT_BAR {
        let bar = bytes(Show::Bars, &terminal::line(what, NAME_COLUMNS));
        bar.set_length(all);
        preparation.bar = Some(bar);
    }
    if let Some(bar) = &preparation.bar {
        bar.set_position(done);
    }
}
