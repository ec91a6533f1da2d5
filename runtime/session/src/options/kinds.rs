//! How the text of a flag becomes a key's value.

use std::fmt::Display;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;

use serde::Serialize;
use toml::Value;

use super::{Amount, Share, Temperature};
use crate::board::CacheFormat;
use crate::run_name::RunName;

/// What the value of a key is.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A text that is not empty.
    Text,
    /// Whether or not.
    Switch,
    /// None: it is there or not.
    Mark,
    /// What a text of it is read as, or what was expected instead.
    Read(fn(&str) -> Result<Value, String>),
}

/// A type of options.
pub(super) trait Typed {
    /// What its values are.
    const KIND: Kind;
}

macro_rules! typed {
    ($($type:ty: $kind:expr;)*) => {
        $(impl Typed for $type {
            const KIND: Kind = $kind;
        })*
    };
}

typed! {
    String: Kind::Text;
    PathBuf: Kind::Text;
    bool: Kind::Switch;
    u32: Kind::Read(|text| value(whole::<u32>(text)?));
    u64: Kind::Read(|text| value(storable(text)?));
    NonZeroU32: Kind::Read(|text| value(count(text)?));
    Temperature: Kind::Read(parsed::<Temperature>);
    Share: Kind::Read(parsed::<Share>);
    Amount: Kind::Read(parsed::<Amount>);
    RunName: Kind::Read(parsed::<RunName>);
    CacheFormat: Kind::Read(parsed::<CacheFormat>);
}

/// A whole number, 0 or more.
fn whole<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| "expected a whole number, 0 or more".to_owned())
}

/// A whole number, 0 or more, that a configuration file can hold: those have signed ones.
fn storable(text: &str) -> Result<u64, String> {
    let most = u64::MAX >> 1;
    let number = text.parse().ok().filter(|&number: &u64| number <= most);
    number.ok_or_else(|| format!("expected a whole number, 0 or more, at most {most}"))
}

/// A whole number, 1 or more.
pub fn count(text: &str) -> Result<NonZeroU32, String> {
    text.parse().map_err(|_| "expected a whole number, 1 or more".to_owned())
}

fn parsed<T: FromStr<Err: Display> + Serialize>(text: &str) -> Result<Value, String> {
    value(text.parse::<T>().map_err(|error| error.to_string())?)
}

fn value(read: impl Serialize) -> Result<Value, String> {
    Value::try_from(read).map_err(|error| error.to_string())
}
