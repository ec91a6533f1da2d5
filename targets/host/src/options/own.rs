//! Flags of what one world alone can be told, as the registry of worlds declares it.

use std::collections::BTreeMap;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};
use runtime_environments::entry::{Decides, WorldOption};
use runtime_environments::worlds;
use serde::Serialize;

use crate::values;

/// Heads them.
pub(super) const HEADING: &str = "Options of one environment";

/// Declares flags of the worlds' own options for which this holds.
macro_rules! flags {
    ($(#[$doc:meta])* $name:ident, $holds:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, Serialize)]
        pub(crate) struct $name(pub(crate) BTreeMap<&'static str, String>);

        impl Args for $name {
            fn augment_args(command: Command) -> Command {
                command.args(worlds::options().filter($holds).map(flag))
            }

            fn augment_args_for_update(command: Command) -> Command {
                Self::augment_args(command)
            }
        }

        impl FromArgMatches for $name {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
                let options = worlds::options().filter($holds);
                Ok(Self(options.filter_map(|option| given(option, matches)).collect()))
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
                self.0.extend(Self::from_arg_matches(matches)?.0);
                Ok(())
            }
        }
    };
}

flags!(
    /// What a run can be told.
    OwnFlags,
    |option: &WorldOption| option.decides != Decides::Hand
);
flags!(
    /// What who plays by hand can be told.
    HandFlags,
    |_: &WorldOption| true
);

fn flag(option: WorldOption) -> Arg {
    let flag = Arg::new(option.name).long(option.name).help(option.about).help_heading(HEADING);
    if option.value.is_empty() {
        return flag.action(ArgAction::SetTrue);
    }
    flag.value_name(option.value).value_parser(values::text())
}

/// What an option was given; nothing where it takes nothing.
fn given(option: WorldOption, matches: &ArgMatches) -> Option<(&'static str, String)> {
    let value = if option.value.is_empty() {
        matches.get_flag(option.name).then(String::new)
    } else {
        matches.get_one::<String>(option.name).cloned()
    };
    value.map(|value| (option.name, value))
}

/// What the help says of the flag that begins with what a world remembers.
pub(super) fn about_recall() -> String {
    format!(
        "Start with the reflections that the environment itself stored in earlier runs ({} only)",
        worlds::remembering().join(" and ")
    )
}
