//! `rebound doctor`: checks this machine, its models and its data sets.

use std::num::NonZeroU32;
use std::path::PathBuf;

use runtime_session::board::CacheFormat;
use runtime_session::doctor::Findings;
use runtime_session::files;
use runtime_session::tuning::measure::{Point, Tuning};
use runtime_session::tuning::{self, Tuned};
use targets_console::terminal::shown;
use targets_console::{out, outln};

use crate::progress::{self, Detail, Show};

pub(crate) const EXAMPLES: &str = "\
rebound doctor
rebound doctor --tune smollm2-135m-instruct
rebound doctor --json";

/// Check this machine: memory, devices, which models fit which boards, and what is missing
#[derive(clap::Args)]
pub(crate) struct Doctor {
    /// Folder of data sets [default: rebound/data in the user's data folder]
    #[arg(long, value_name = "DIR", env = "REBOUND_DATA")]
    data: Option<PathBuf>,
    /// Measure which engine, threads and settings compute a model fastest here, and store it for
    /// new runs [default model: the first that is installed]
    #[arg(long, value_name = "NAME|FILE", num_args = 0..=1, default_missing_value = "")]
    tune: Option<String>,
    /// How long --tune measures
    #[arg(long, value_name = "SECONDS", default_value = "45", requires = "tune")]
    seconds: NonZeroU32,
    /// Print JSON
    #[arg(long, conflicts_with = "tune")]
    json: bool,
}

impl Doctor {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        if let Some(model) = &self.tune {
            return self.measure(Some(model.as_str()).filter(|model| !model.is_empty()));
        }
        let findings = Findings::look(files::data_folder(self.data))?;
        if self.json {
            outln!("{}", serde_json::to_string_pretty(&findings)?);
        } else {
            out().text(&findings.text());
        }
        Ok(())
    }

    fn measure(&self, model: Option<&str>) -> anyhow::Result<()> {
        let surroundings = progress::surroundings(Show::Bars, Detail::Progress);
        // A signal ends the measuring after the setting that is under way.
        let _kept = surroundings.program.keep();
        let seconds = f64::from(self.seconds.get());
        let tuning = Tuning { model, seconds, surroundings: &surroundings };
        outln!("engine   threads  micro-batch  cache  episodes  tokens/s");
        let bar = progress::phase(Show::Bars, "measuring");
        let tuned = tuning.run(|point| bar.suspend(|| outln!("{}", line(point))))?;
        bar.finish_and_clear();
        let path = tuning::keep(tuned.clone())?;
        let Tuned { model, choice, parallel, tokens_per_second, .. } = tuned;
        outln!(
            "\n{model}: {} ({tokens_per_second:.0} tokens/s with --parallel {parallel})\n\
             New runs take it, from {}.",
            choice.text(),
            path.display()
        );
        Ok(())
    }
}

fn line(point: &Point) -> String {
    let Point { choice, parallel, tokens_per_second } = point;
    let micro_batch = choice.micro_batch.map_or("-".to_owned(), |batch| batch.to_string());
    let cache = choice.cache.map_or("-", CacheFormat::name);
    let found = match tokens_per_second {
        Ok(found) => format!("{found:>8.0}"),
        Err(reason) => format!("  not: {}", shown(reason)),
    };
    let (engine, threads) = (&choice.engine, choice.threads);
    format!("{engine:<8} {threads:>7}  {micro_batch:>11}  {cache:>5}  {parallel:>8}  {found}")
}
