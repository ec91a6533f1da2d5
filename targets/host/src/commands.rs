//! The commands, one a file: the struct is the help text, `run` does it.

pub(crate) mod demo;
pub(crate) mod run;
pub(crate) mod compare;
pub(crate) mod demonstrate;
pub(crate) mod collect;
pub(crate) mod learn;
pub(crate) mod play;
pub(crate) mod score;
pub(crate) mod models;
pub(crate) mod data;
pub(crate) mod records;
pub(crate) mod report;
pub(crate) mod show;
pub(crate) mod prompts;
pub(crate) mod adapter;
pub(crate) mod node;
pub(crate) mod devices;
pub(crate) mod doctor;
pub(crate) mod train;
pub(crate) mod pages;

use clap::Subcommand;
use targets_console::command::Example;

/// What the program can do.
#[derive(Subcommand)]
pub(crate) enum Command {
    Demo(demo::Demo),
    Run(run::Run),
    Compare(compare::Compare),
    Demonstrate(demonstrate::Demonstrate),
    Collect(collect::Collect),
    Learn(learn::Learn),
    Play(play::Play),
    Score(score::Score),
    Models(models::Models),
    Data(data::Data),
    Show(show::Show),
    Records(records::Records),
    Report(report::Report),
    Prompts(prompts::Prompts),
    Adapter(adapter::Adapter),
    Node(node::Node),
    Devices(devices::Devices),
    Doctor(doctor::Doctor),
    Train(train::Train),
    Completions(pages::Completions),
    Man(pages::Man),
}

impl Command {
    /// Does it.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Demo(command) => command.run(),
            Self::Run(command) => command.run(),
            Self::Compare(command) => command.run(),
            Self::Demonstrate(command) => command.run(),
            Self::Collect(command) => command.run(),
            Self::Learn(command) => command.run(),
            Self::Play(command) => command.run(),
            Self::Score(command) => command.run(),
            Self::Models(command) => command.run(),
            Self::Data(command) => command.run(),
            Self::Show(command) => command.run(),
            Self::Records(command) => command.run(),
            Self::Report(command) => command.run(),
            Self::Prompts(command) => command.run(),
            Self::Adapter(command) => command.run(),
            Self::Node(command) => command.run(),
            Self::Devices(command) => command.run(),
            Self::Doctor(command) => command.run(),
            Self::Train(command) => command.run(),
            Self::Completions(command) => {
                command.run();
                Ok(())
            }
            Self::Man(command) => command.run(),
        }
    }
}

/// What each command's help shows below its options.
pub(crate) fn examples() -> Vec<Example<'static>> {
    [
        demo::EXAMPLES,
        run::EXAMPLES,
        compare::EXAMPLES,
        demonstrate::EXAMPLES,
        collect::EXAMPLES,
        learn::EXAMPLES,
        play::EXAMPLES,
        score::EXAMPLES,
        models::EXAMPLES,
        data::EXAMPLES,
        records::EXAMPLES,
        report::EXAMPLES,
        show::EXAMPLES,
        prompts::EXAMPLES,
        adapter::EXAMPLES,
        node::EXAMPLES,
        devices::EXAMPLES,
        doctor::EXAMPLES,
        train::EXAMPLES,
        pages::EXAMPLES,
    ]
    .concat()
}
