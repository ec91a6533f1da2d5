//! Error messages: the cause first, then the failed operations, one line each.

use std::error::Error;
use std::io;

/// The message of an error. The cause is the first in its chain for which `is_cause` holds,
/// with all below it; otherwise the last one, together with the name of the file if the system
/// reported it.
pub fn account(
    error: &(dyn Error + 'static),
    is_cause: impl Fn(&(dyn Error + 'static)) -> bool,
) -> String {
    let mut chain = vec![error];
    let mut next = error.source();
    while let Some(cause) = next {
        chain.push(cause);
        next = cause.source();
    }
    let last = chain.len() - 1;
    let said_by_system = chain[last].is::<io::Error>();
    let place = chain.iter().position(|cause| is_cause(*cause));
    let place = place.unwrap_or(if said_by_system { last.saturating_sub(1) } else { last });
    let told: Vec<String> = chain.iter().map(ToString::to_string).collect();
    let (under_way, cause) = told.split_at(place);
    let lines = under_way.iter().rev().map(|line| format!("\n  {}", line.replace('\n', "\n  ")));
    [cause.join(": ")].into_iter().chain(lines).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct While(&'static str, Box<dyn Error>);

    impl std::fmt::Display for While {
        fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str(self.0)
        }
    }

    impl Error for While {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&*self.1)
        }
    }

    fn told(cause: Box<dyn Error>) -> String {
        let inner = While("cannot read the board b.toml", cause);
        account(&While("in the arm none", Box::new(inner)), |_| false)
    }

    #[test]
    fn the_cause_comes_first() {
        let told = told("unknown field `thread`".into());

        assert_eq!(
            told,
            "unknown field `thread`\n  cannot read the board b.toml\n  in the arm none"
        );
    }

    #[test]
    fn what_the_system_says_stands_beside_the_file_that_it_is_about() {
        let told = told(Box::new(io::Error::other("no such file")));

        assert_eq!(told, "cannot read the board b.toml: no such file\n  in the arm none");
    }
}
