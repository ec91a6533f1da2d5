//! The commands, one a file: the struct is the help text, `run` does it, and `EXAMPLES` are lines
//! that call it, which its help shows.

mod demo;
mod run;
mod compare;
mod demonstrate;
mod ceiling;
mod bench;
mod collect;
mod learn;
mod introspect;
mod internal_tests;
mod play;
mod environment;
mod score;
mod programs;
mod models;
mod data;
mod show;
mod records;
mod report;
mod prompts;
mod adapter;
mod node;
mod devices;
mod doctor;
mod train;
mod completions;
mod man;
mod probe;

use clap::Subcommand;

/// The command that a child of the program serves under.
pub(crate) use probe::COMMAND as PROBE;

/// Declares what the program can do, in the order of its help.
macro_rules! commands {
    ($($module:ident::$Command:ident,)*) => {
        /// What the program can do.
        #[derive(Subcommand)]
        pub(crate) enum Command {
            $($Command($module::$Command),)*
        }

        impl Command {
            /// Carries it out.
            pub(crate) fn run(self) -> anyhow::Result<()> {
                match self {
                    $(Self::$Command(command) => command.run(),)*
                }
            }
        }

        /// Lines that call the commands.
        pub(crate) const EXAMPLES: &[&str] = &[$($module::EXAMPLES),*];
    };
}

commands! {
    demo::Demo,
    run::Run,
    compare::Compare,
    demonstrate::Demonstrate,
    ceiling::Ceiling,
    bench::Bench,
    collect::Collect,
    learn::Learn,
    introspect::Introspect,
    internal_tests::Tests,
    play::Play,
    environment::Environment,
    score::Score,
    programs::Programs,
    models::Models,
    data::Data,
    show::Show,
    records::Records,
    report::Report,
    prompts::Prompts,
    adapter::Adapter,
    node::Node,
    devices::Devices,
    doctor::Doctor,
    train::Train,
    completions::Completions,
    man::Man,
    probe::Probe,
}
