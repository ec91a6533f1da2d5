//! Options that one world alone has. The registry of worlds declares them, and so names the keys.

use std::collections::BTreeMap;

use runtime_environments::entry::{Decides, WorldOption};
use runtime_environments::worlds;
use serde::{Deserialize, Serialize};

use super::keys::{About, InLoop, Key, Need, OnResume, Text};
use super::kinds::Kind;

/// What worlds' own options were given; only what a run can be told stands in it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(try_from = "BTreeMap<String, toml::Value>")]
pub struct OwnOptions(BTreeMap<&'static str, String>);

impl OwnOptions {
    /// What this option was given.
    pub fn get(&self, option: WorldOption) -> Option<&str> {
        self.0.get(option.name).map(String::as_str)
    }

    /// All that was given, by name.
    pub(crate) fn all(&self) -> &BTreeMap<&'static str, String> {
        &self.0
    }

    /// What of it decides what is played.
    pub(crate) fn deciding(&self) -> BTreeMap<&'static str, String> {
        let deciding = options().filter(|option| option.decides == Decides::Run);
        deciding.filter_map(|option| Some((option.name, self.get(option)?.to_owned()))).collect()
    }
}

impl TryFrom<BTreeMap<String, toml::Value>> for OwnOptions {
    type Error = String;

    fn try_from(given: BTreeMap<String, toml::Value>) -> Result<Self, String> {
        let known = |(name, value): (String, toml::Value)| {
            let option = options().find(|option| option.name == name);
            let option = option.ok_or_else(|| format!("unknown key `{name}`"))?;
            Ok((option.name, text(option, value)?))
        };
        given.into_iter().map(known).collect::<Result<_, _>>().map(Self)
    }
}

/// The value as a flag would have it: a text, or where a number is meant, one without quotes too.
fn text(option: WorldOption, value: toml::Value) -> Result<String, String> {
    match value {
        toml::Value::String(text) => Ok(text),
        toml::Value::Integer(number) if option.value == NUMBER => Ok(number.to_string()),
        other => {
            let expected = if option.value == NUMBER { "a number" } else { "a text" };
            Err(format!("`{}`: expected {expected}, found {}", option.name, other.type_str()))
        }
    }
}

/// What stands for the value of an option that is a number.
const NUMBER: &str = "NUMBER";

/// The keys of worlds' own options.
pub(super) fn keys() -> impl Iterator<Item = Key> {
    options().map(key)
}

/// What whoever plays a world by hand can tell it beside: these keys, and those that no run has.
pub fn by_hand() -> impl Iterator<Item = Key> {
    worlds::options().map(key)
}

fn key(option: WorldOption) -> Key {
    Key {
        name: option.name,
        help: option.about,
        value: option.value,
        about: About::World,
        need: Need::Often,
        kind: if option.value.is_empty() { Kind::Mark } else { Kind::Text },
        text: Text::Plain,
        on_resume: match option.decides {
            Decides::Place => OnResume::Free,
            Decides::Run | Decides::Hand => OnResume::Fixed,
        },
        in_loop: InLoop::Shared,
    }
}

/// The worlds' own options that a run can be told.
fn options() -> impl Iterator<Item = WorldOption> {
    worlds::options().filter(|option| option.decides != Decides::Hand)
}

#[cfg(test)]
mod tests {
    use crate::options::{RunOptions, is_free};

    #[test]
    fn a_worlds_own_options_are_keys_like_others_and_no_other_is() {
        let text = "connect = 'tcp:a:1'\ngoal = 'x 1..2'\nseed = 1\n";
        let options: RunOptions = toml::from_str(text).unwrap();

        assert_eq!(options.table().unwrap(), toml::from_str(text).unwrap());
        assert_eq!(options.environment_options().own["connect"], "tcp:a:1");
        assert!(is_free("connect") && !is_free("goal"));
        for unknown in ["accept-put = 'x'", "gaol = 'x'", "gaol = 1", "connect = 1"] {
            assert!(toml::from_str::<RunOptions>(unknown).is_err(), "{unknown}");
        }
    }

    #[test]
    fn a_number_needs_no_quotes_and_what_is_none_is_refused_by_its_key() {
        let options: RunOptions = toml::from_str("turns = 3\nsolution-tokens = '64'").unwrap();

        assert_eq!(options.environment_options().own["turns"], "3");
        assert_eq!(options.environment_options().own["solution-tokens"], "64");
        let refused = toml::from_str::<RunOptions>("turns = [3]").unwrap_err().to_string();
        assert!(refused.contains("`turns`: expected a number, found array"), "{refused}");
    }

    #[test]
    fn no_two_keys_are_the_same() {
        let mut names: Vec<&str> = super::super::keys().map(|key| key.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();

        assert_eq!(names.len(), count);
    }
}
