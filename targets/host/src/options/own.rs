//! Flags of what one world alone can be told, as the registry of worlds declares it.

use std::collections::BTreeMap;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};
use runtime_environments::entry::WorldOption;
use runtime_environments::worlds;

use crate::values;

/// Heads them.
pub(super) const HEADING: &str = "Options of one environment";

/// What who plays by hand can be told, runs or not.
#[derive(Clone, Debug, Default)]
pub(crate) struct HandFlags(pub(crate) BTreeMap<&'static str, String>);

impl Args for HandFlags {
    fn augment_args(command: Command) -> Command {
        command.args(worlds::options().map(flag))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for HandFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        Ok(Self(worlds::options().filter_map(|option| given(option, matches)).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.extend(Self::from_arg_matches(matches)?.0);
        Ok(())
    }
}

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
