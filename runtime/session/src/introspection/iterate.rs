//! Rounds: attempts, lines, a training, a measure, and again with the learner just trained.
//!
//! ```text
//! OUT/iterate.toml                  what was asked
//! OUT/rounds/0/evaluation           before any training
//! OUT/rounds/N/generation           attempts of the learner with the adapter of round N − 1
//! OUT/rounds/N/lines.jsonl          what of them is learned from
//! OUT/rounds/N/train.toml, training a run of rebound-train
//! OUT/rounds/N/evaluation           with the new adapter
//! ```
//!
//! Every part goes on where it stopped, so the same command does.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use runtime_evaluation::introspection::metrics::IntrospectionResults;
use runtime_evaluation::table::rate_text;
use runtime_store::plain::check_plain;
use runtime_store::replace::replace;

use super::attempts::AttemptRequest;
use super::convert::{ConvertRequest, convert};
use super::evaluate::evaluate;
use super::file::IterateFile;
use super::generate::generate;
use crate::approval::Allowed;
use crate::claims;
use crate::kind::RunKind;
use crate::learning::{Job, Trainer};
use crate::loaded::SessionModels;
use crate::options::RunOptions;
use crate::program::{SessionEvent, Surroundings};
use crate::settings::Settings;

/// What the rounds came to: the evaluation before any training, and that of each round.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Iterated {
    /// The evaluations, in order.
    pub rounds: Vec<IntrospectionResults>,
}

/// Plays the rounds of a file, or goes on with those in the folder.
pub fn iterate(
    (config, out): (&Path, &Path),
    allowed: Allowed,
    trainer: &dyn Trainer,
    surroundings: &Surroundings,
) -> anyhow::Result<Iterated> {
    let file = IterateFile::read(config)?;
    check_plain(out)?;
    let claim = claims::take(out, surroundings)?;
    let stored = out.join("iterate.toml");
    if stored.exists() {
        let begun = IterateFile::read(&stored)?;
        let same = IterateFile { rounds: begun.rounds, ..file.in_full()? } == begun;
        ensure!(
            same,
            "the rounds in {} were begun with another file: only `rounds` may change; choose \
             another --out",
            out.display()
        );
    }
    let round = Rounds { file: &file, out, allowed, trainer, surroundings };
    if !stored.exists() {
        round.check()?;
    }
    replace(&stored, toml::to_string(&file.in_full()?)?.as_bytes())?;
    claim.keep();
    let again = format!(
        "`rebound introspect iterate --config {} --out {}` goes on",
        config.display(),
        out.display()
    );
    surroundings.tell(SessionEvent::Resumable(&again));
    let _kept = surroundings.program.keep();
    let mut models = SessionModels::default();
    let mut adapter = file.first_adapter()?;
    let mut iterated = Iterated::default();
    iterated.rounds.push(round.measure((0, adapter.as_deref()), &mut models)?);
    for number in 1..=file.rounds.get() {
        adapter = Some(round.train(number, adapter.as_deref(), &mut models)?);
        iterated.rounds.push(round.measure((number, adapter.as_deref()), &mut models)?);
    }
    Ok(iterated)
}

/// What all rounds share.
struct Rounds<'a> {
    file: &'a IterateFile,
    out: &'a Path,
    allowed: Allowed,
    trainer: &'a dyn Trainer,
    surroundings: &'a Surroundings,
}

impl Rounds<'_> {
    fn folder(&self, round: u32) -> PathBuf {
        self.out.join("rounds").join(round.to_string())
    }

    fn request(&self, options: RunOptions, adapter: Option<&Path>, out: PathBuf) -> AttemptRequest {
        let actor_adapter = adapter.map(Path::to_owned);
        let options = RunOptions { actor_adapter, ..options };
        AttemptRequest { options, allowed: self.allowed, out }
    }

    /// The learner's name or file.
    fn model(&self) -> anyhow::Result<String> {
        let options = self.file.evaluate_options()?;
        Ok(Settings::resolve(&options, RunKind::Comparison)?.actor)
    }

    /// An error if no round could be trained so.
    fn check(&self) -> anyhow::Result<()> {
        let lines = self.folder(1).join("lines.jsonl");
        let (model, first) = (self.model()?, self.file.first_adapter()?);
        let config = self.file.training((1, &model), first.as_deref(), &lines)?;
        let file = self.out.join("check.toml");
        let checked = self.trainer.check(&config, &file);
        let _ = std::fs::remove_file(&file);
        checked.context("in [train]")
    }

    fn measure(
        &self,
        (round, adapter): (u32, Option<&Path>),
        models: &mut SessionModels,
    ) -> anyhow::Result<IntrospectionResults> {
        self.surroundings.note(&format!("round {round}: evaluating"));
        let out = self.folder(round).join("evaluation");
        let request = self.request(self.file.evaluate_options()?, adapter, out);
        let evaluated = evaluate(&request, self.file.evaluating(), models, self.surroundings);
        Ok(evaluated.with_context(|| format!("in the evaluation of round {round}"))?.0.results)
    }

    /// A round's adapter.
    fn train(
        &self,
        round: u32,
        adapter: Option<&Path>,
        models: &mut SessionModels,
    ) -> anyhow::Result<PathBuf> {
        let folder = self.folder(round);
        self.surroundings.note(&format!("round {round}: generating"));
        let generation = folder.join("generation");
        let request = self.request(self.file.generate_options(round)?, adapter, generation.clone());
        let generated = generate(&request, &self.file.rollout(), models, self.surroundings);
        generated.with_context(|| format!("in the attempts of round {round}"))?;
        let lines = folder.join("lines.jsonl");
        let converting = ConvertRequest {
            from: vec![generation],
            to: lines.clone(),
            criterion: self.file.convert.criteria,
            duplicates: self.file.duplicates(),
            shuffle: self.file.convert.shuffle.then_some(self.file.seed()?),
        };
        let converted = convert(&converting, self.surroundings)?;
        self.surroundings.note(&format!("round {round}: training on {}", converted.text()));
        ensure!(converted.lines > 0, "round {round} has nothing to learn from");
        let options = self.file.evaluate_options()?;
        let settings = Settings::resolve(&options, RunKind::Comparison)?;
        let config = self.file.training((round, &settings.actor), adapter, &lines)?;
        let job = Job {
            config: &config,
            file: &folder.join("train.toml"),
            out: &folder.join("training"),
            threads: options.threads.map(u32::from),
            board: settings.board.as_ref(),
        };
        match self.trainer.train(&job, self.surroundings)? {
            Some(trained) => Ok(trained.adapter.path),
            None => bail!("the training of round {round} found nothing to learn from"),
        }
    }
}

impl Iterated {
    /// A line for each round: every rate with its interval.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (round, results) in self.rounds.iter().enumerate() {
            let rates = results
                .measures
                .iter()
                .map(|measure| format!("{} {}", measure.name, rate_text(&measure.rate)));
            let rates = rates.collect::<Vec<_>>().join("   ");
            text = format!("{text}round {round}  {rates}\n");
        }
        text
    }
}
