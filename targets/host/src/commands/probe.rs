//! `rebound probe`: the child that tries what strangers made, for the program that starts it.

use anyhow::Context;
use runtime_probe::Kind;

use crate::values;

/// None, since only the program itself calls it.
pub(crate) const EXAMPLES: &str = "";

/// The name by which the program starts itself.
pub(crate) const COMMAND: &str = "probe";

/// Answer questions about templates and models, a line of JSON each
#[derive(clap::Args)]
#[command(hide = true)]
pub(crate) struct Probe {
    /// What the questions are about
    #[arg(value_parser = values::one_of(&Kind::ALL.map(Kind::name)))]
    kind: String,
}

impl Probe {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == self.kind);
        let kind = kind.context("there is no such kind")?;
        match kind {
            Kind::Model => runtime_session::untried::serve(),
            of_templates => runtime_probe::serve_templates(of_templates),
        }
        .context("the questions cannot be read")
    }
}
