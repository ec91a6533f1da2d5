//! Errors as one line of text.

use alloc::string::{String, ToString};
use core::error::Error;

/// An error with its sources, outermost first: `"a: b: c"`.
pub fn with_sources(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::{RecorderError, TrialError};

    #[test]
    fn what_an_error_comes_from_stands_behind_it() {
        let error = TrialError::Recorder(RecorderError("disk full".into()));

        let found = with_sources(&error);

        let expected = "the run cannot go on without its records: \
                        the event could not be recorded: disk full";
        assert_eq!(found, expected);
    }
}
