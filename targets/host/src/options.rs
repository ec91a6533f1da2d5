//! The flags of a run: the keys of a run's configuration file, with their help.

mod allowed;

use std::marker::PhantomData;

use clap::builder::{PossibleValuesParser, TypedValueParser, ValueParser};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};
use runtime_session::options::{self, About, Key, Kind, Need, RunOptions};
use toml::{Table, Value};

use crate::values;

pub(crate) use allowed::AllowedFlags;

/// The heading of the options for a run's folder and output.
pub(crate) const FOLDER: &str = "Run folder and output";
/// The heading of the options for endpoints.
const PAID: &str = "Models behind an API endpoint";

/// Which keys are flags of a command.
pub(crate) trait Keys {
    /// Whether they stand below headings, and in a short help only those that are often needed.
    const HAVE_HEADINGS: bool = false;
    /// Their names, a line each; behind a colon stands what one means here, where that is not what
    /// it means in any run.
    const LINES: &'static str = "";

    /// The keys, in the order of the help.
    fn keys() -> Vec<Key> {
        Self::LINES.lines().map(named).collect()
    }
}

/// All keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct All;

impl Keys for All {
    const HAVE_HEADINGS: bool = true;

    fn keys() -> Vec<Key> {
        options::keys().collect()
    }
}

/// What one environment alone can be told by whoever plays it by hand.
pub(crate) struct ByHand;

impl Keys for ByHand {
    const HAVE_HEADINGS: bool = true;

    fn keys() -> Vec<Key> {
        options::by_hand().collect()
    }
}

fn named(line: &'static str) -> Key {
    let (name, help) = line.split_once(": ").unwrap_or((line, ""));
    let key = options::find(name).expect("the lines name keys");
    if help.is_empty() { key } else { Key { help, ..key } }
}

/// Flags that are keys of a run's configuration file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags<K> {
    /// Their values, by the keys.
    pub(crate) given: Table,
    keys: PhantomData<K>,
}

impl<K> Flags<K> {
    /// The flags' values as options.
    pub(crate) fn options(&self) -> anyhow::Result<RunOptions> {
        let options: RunOptions = self.given.clone().try_into()?;
        options.check()?;
        Ok(options)
    }
}

impl<K: Keys> Args for Flags<K> {
    fn augment_args(command: Command) -> Command {
        command.args(K::keys().into_iter().map(|key| {
            let flag = flag(key);
            if !K::HAVE_HEADINGS {
                return flag;
            }
            flag.help_heading(heading(key.about)).hide_short_help(key.need == Need::Seldom)
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<K: Keys> FromArgMatches for Flags<K> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let given = |key: Key| {
            let value = match key.kind {
                Kind::Mark => matches.get_flag(key.name).then(|| Value::String(String::new())),
                _ => matches.get_one::<Value>(key.name).cloned(),
            };
            Some((key.name.to_owned(), value?))
        };
        Ok(Self { given: K::keys().into_iter().filter_map(given).collect(), keys: PhantomData })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.given.extend(Self::from_arg_matches(matches)?.given);
        Ok(())
    }
}

fn heading(about: About) -> &'static str {
    match about {
        About::Tasks => "Environment and tasks",
        About::World => "Options of one environment",
        About::Models => "Models and sampling",
        About::Engine => "Engine and hardware",
        About::Endpoints => PAID,
        About::Folder => FOLDER,
    }
}

fn flag(key: Key) -> Arg {
    let flag = Arg::new(key.name).long(key.name).help(key.help.trim_start());
    if matches!(key.kind, Kind::Mark) {
        return flag.action(ArgAction::SetTrue);
    }
    let flag = flag.value_name(key.value).value_parser(parser(key));
    let flag = match key.kind {
        Kind::Switch => flag.num_args(0..=1).default_missing_value("true"),
        _ => flag,
    };
    match key.name {
        "environment" => flag.short('e').help(values::about_world()).ignore_case(true),
        "data" => flag.env("REBOUND_DATA"),
        "recall" => flag.help(values::about_recall()),
        "out" => flag.conflicts_with("name"),
        "tasks" => flag.short('n'),
        "trials" => flag.short('t'),
        "actor" => flag.short('a'),
        "parallel" => flag.short('p'),
        "agent" | "feedback" | "engine" => flag.ignore_case(true).hide_possible_values(true),
        _ => flag,
    }
}

fn parser(key: Key) -> ValueParser {
    let names = options::names(key.name);
    match key.kind {
        Kind::Text if key.name == "environment" => values::world_key(|_| true),
        Kind::Text if !names.is_empty() => values::one_of(&names).map(Value::String).into(),
        Kind::Text | Kind::Mark => values::text().map(Value::String).into(),
        Kind::Switch => {
            let answers = PossibleValuesParser::new(["true", "false"]);
            answers.map(|answer| Value::Boolean(answer == "true")).into()
        }
        Kind::Read(read) => ValueParser::new(read),
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, FromArgMatches, Parser};

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        flags: Flags<All>,
    }

    /// Texts that flags take; every option takes one of them.
    const SAMPLES: [&str; 7] = ["1", "true", "act", "household", "success", "llama", "f16"];

    #[test]
    fn every_key_of_a_file_is_a_flag_that_means_the_same() {
        // What the environment says is not of the line.
        let command = Line::command().mut_args(|arg| arg.env(None));
        for key in options::keys() {
            let read = |sample: &&str| {
                let line = ["rebound".to_owned(), format!("--{}={sample}", key.name)];
                command.clone().try_get_matches_from(line).ok()
            };
            let matches = SAMPLES.iter().find_map(read).unwrap();
            let flags = Line::from_arg_matches(&matches).unwrap().flags;

            assert_eq!(flags.given.keys().collect::<Vec<_>>(), [key.name]);
            assert_eq!(flags.options().unwrap().table().unwrap(), flags.given);
        }
    }
}
