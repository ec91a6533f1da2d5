//! Numbers with bounds: what an option's number may be stands here alone, for flags and files.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A number that is none of those that are expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberError(&'static str);

impl fmt::Display for NumberError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "expected a number, {}", self.0)
    }
}

impl std::error::Error for NumberError {}

macro_rules! bounded {
    ($(#[$doc:meta])* $name:ident, $of:ty, $text:literal, $range:expr, $words:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Deserialize, Serialize)]
        #[serde(try_from = $text, into = $text)]
        pub struct $name($of);

        impl $name {
            /// The number.
            pub fn get(self) -> $of {
                self.0
            }
        }

        impl TryFrom<$of> for $name {
            type Error = NumberError;

            fn try_from(number: $of) -> Result<Self, NumberError> {
                let is_one = ($range).contains(&number);
                if is_one { Ok(Self(number)) } else { Err(NumberError($words)) }
            }
        }

        impl FromStr for $name {
            type Err = NumberError;

            fn from_str(text: &str) -> Result<Self, NumberError> {
                text.parse::<$of>().map_err(|_| NumberError($words))?.try_into()
            }
        }

        impl From<$name> for $of {
            fn from(number: $name) -> Self {
                number.0
            }
        }
    };
}

bounded!(
    /// How far a model's answers are spread; 0 for always the likeliest token.
    Temperature, f32, "f32", 0.0..=10.0, "0 to 10"
);
bounded!(
    /// A share or a probability.
    Share, f32, "f32", 0.0..=1.0, "0 to 1"
);
bounded!(
    /// Seconds or USD.
    Amount, f64, "f64", 0.0..=f64::MAX, "0 or more"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_cannot_be_is_refused_with_what_can() {
        let refused = |error: NumberError| error.to_string();

        assert_eq!("10".parse(), Temperature::try_from(10.0));
        assert_eq!(refused("nan".parse::<Share>().unwrap_err()), "expected a number, 0 to 1");
        assert_eq!(refused(Amount::try_from(-0.5).unwrap_err()), "expected a number, 0 or more");
        assert!("inf".parse::<Amount>().is_err() && "x".parse::<Temperature>().is_err());
    }
}
