//! What an engine costs that has nothing to do.

use std::fs;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;

use crate::{Engine, Options, load};

/// How long an engine has for what it does before it rests.
const SETTLING: Duration = Duration::from_secs(1);

/// Processor time of this process while a loaded engine is idle.
#[derive(Serialize)]
pub(crate) struct Idle {
    engine: Engine,
    /// Milliseconds a minute, of all threads; none where Linux does not count them.
    milliseconds_a_minute: Option<f64>,
}

impl Idle {
    /// Loads each engine and lets it rest.
    pub(crate) fn measure(options: &Options) -> Result<Vec<Self>> {
        options.engine.iter().map(|&engine| Self::of(options, engine)).collect()
    }

    fn of(options: &Options, engine: Engine) -> Result<Self> {
        let _loaded = load(options, engine, NonZeroU32::MIN)?;
        sleep(SETTLING);
        let (start, before) = (Instant::now(), processor_time());
        sleep(Duration::from_secs(options.idle));
        let (seconds, after) = (start.elapsed().as_secs_f64(), processor_time());
        let used = before.zip(after).map(|(before, after)| after.saturating_sub(before));
        let a_minute = |used: Duration| used.as_secs_f64() * 1e3 * 60.0 / seconds;
        Ok(Self { engine, milliseconds_a_minute: used.map(a_minute) })
    }

    /// As a line.
    pub(crate) fn text(&self) -> String {
        let used = self.milliseconds_a_minute;
        let used = used.map_or("an unknown time".to_owned(), |used| format!("{used:.1} ms"));
        format!("{} loaded and idle: {used} of processor time a minute", self.engine.name())
    }
}

/// Of all threads that run: the first number of each one's `schedstat`, in nanoseconds.
fn processor_time() -> Option<Duration> {
    let tasks = fs::read_dir("/proc/self/task").ok()?;
    let paths = tasks.flatten().map(|task| task.path().join("schedstat"));
    let nanoseconds = |path: PathBuf| {
        let text = fs::read_to_string(path).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    };
    paths.map(nanoseconds).sum::<Option<u64>>().map(Duration::from_nanos)
}
