//! Where a world is that a program of its own plays.

use std::fmt;
use std::str::FromStr;

/// The address of a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A command whose standard input and output are the line, with its arguments.
    Command(Vec<String>),
    /// `HOST:PORT`.
    Tcp(String),
    /// A socket in the file system.
    #[cfg(unix)]
    Unix(std::path::PathBuf),
    /// A URL, to which requests are posted.
    Http(String),
}

/// An address that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the environment {found:?} cannot be used: {reason}; expected exec:COMMAND, tcp:HOST:PORT, unix:PATH or http://HOST:PORT/PATH"
)]
pub struct AddressError {
    found: String,
    reason: &'static str,
}

/// Whether a name is an address.
pub fn is_address(name: &str) -> bool {
    ["exec:", "tcp:", "unix:", "http:", "https:"].iter().any(|scheme| name.starts_with(scheme))
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(found: &str) -> Result<Self, AddressError> {
        let refused = |reason| AddressError { found: found.to_owned(), reason };
        let (scheme, rest) = found.split_once(':').ok_or_else(|| refused("it has no scheme"))?;
        match scheme {
            "exec" => {
                let words = shlex::split(rest).ok_or_else(|| refused("a quote has no end"))?;
                if words.is_empty() {
                    Err(refused("the command is empty"))
                } else {
                    Ok(Self::Command(words))
                }
            }
            "tcp" => {
                let (host, port) = rest.rsplit_once(':').ok_or_else(|| refused("no port"))?;
                let is_address = !host.is_empty() && port.parse::<u16>().is_ok();
                if is_address {
                    Ok(Self::Tcp(rest.to_owned()))
                } else {
                    Err(refused("that is no address"))
                }
            }
            #[cfg(unix)]
            "unix" if !rest.is_empty() => Ok(Self::Unix(rest.into())),
            "http" | "https" => match found.parse::<ureq::http::Uri>() {
                Ok(uri)
                    if uri.scheme().is_some()
                        && uri.host().is_some_and(|host| !host.is_empty()) =>
                {
                    Ok(Self::Http(found.to_owned()))
                }
                _ => Err(refused("that is no address")),
            },
            _ => Err(refused("that is no address")),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(words) => {
                let quoted =
                    shlex::try_join(words.iter().map(String::as_str)).map_err(|_| fmt::Error)?;
                write!(formatter, "exec:{quoted}")
            }
            Self::Tcp(address) => write!(formatter, "tcp:{address}"),
            #[cfg(unix)]
            Self::Unix(path) => write!(formatter, "unix:{}", path.display()),
            Self::Http(url) => formatter.write_str(url),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_command_or_a_socket() {
        for text in [
            "exec:python3 doors.py --name 'two doors'",
            "tcp:[::1]:4000",
            "unix:/run/doors",
            "http://localhost:80/doors",
        ] {
            assert!(is_address(text));
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        let Ok(Address::Command(words)) = "exec:a 'b c'".parse() else { panic!("a command") };
        assert_eq!(words, ["a", "b c"]);
    }

    #[test]
    fn what_is_none_is_refused_with_what_would_be() {
        for text in ["exec:", "exec:a 'b", "tcp:localhost", "tcp::80", "unix:", "http:", "doors"] {
            let problem = text.parse::<Address>().unwrap_err().to_string();
            assert!(problem.contains("exec:COMMAND"), "{text}: {problem}");
        }
    }
}
