//! The port of a node: a serial device, a TCP address or a child process.

use std::fmt;
use std::str::FromStr;

/// The default speed of a serial line, in baud.
pub const BAUD_DEFAULT: u32 = 115_200;

/// The port of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Port {
    /// A serial device, such as `/dev/ttyACM0`.
    Serial {
        /// The device's file, or its name on other systems.
        path: String,
        /// Speed in baud.
        baud: u32,
    },
    /// `HOST:PORT`, for a node behind a gateway or in a simulator.
    Tcp(String),
    /// A command whose standard input and output are the line.
    Command(String),
}

/// An invalid port.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the port {found:?} cannot be used: {reason}; expected a serial device such as \
     /dev/ttyACM0 or /dev/ttyUSB0@9600, tcp:HOST:PORT, or exec:COMMAND"
)]
pub struct PortError {
    found: String,
    reason: &'static str,
}

impl FromStr for Port {
    type Err = PortError;

    fn from_str(found: &str) -> Result<Self, PortError> {
        let refused = |reason| PortError { found: found.to_owned(), reason };
        if let Some(address) = found.strip_prefix("tcp:") {
            let (host, port) = address.rsplit_once(':').ok_or_else(|| refused("no port"))?;
            if host.is_empty() || port.parse::<u16>().is_err() {
                return Err(refused("that is no address"));
            }
            return Ok(Self::Tcp(address.to_owned()));
        }
        if let Some(command) = found.strip_prefix("exec:") {
            if command.trim().is_empty() {
                return Err(refused("the command is empty"));
            }
            return Ok(Self::Command(command.to_owned()));
        }
        let (path, baud) = match found.rsplit_once('@') {
            None => (found, BAUD_DEFAULT),
            Some((path, baud)) => {
                let baud = baud.parse().ok().filter(|&baud| baud > 0);
                (path, baud.ok_or_else(|| refused("the rate behind @ is no number"))?)
            }
        };
        if path.is_empty() {
            return Err(refused("it is empty"));
        }
        Ok(Self::Serial { path: path.to_owned(), baud })
    }
}

impl fmt::Display for Port {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serial { path, baud } => write!(formatter, "{path}@{baud}"),
            Self::Tcp(address) => write!(formatter, "tcp:{address}"),
            Self::Command(command) => write!(formatter, "exec:{command}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &Port) {
        let port: Port = text.parse().unwrap();
        assert_eq!(&port, expected);
        assert_eq!(port.to_string().parse::<Port>().unwrap(), port);
    }

    #[test]
    fn a_port_is_a_device_an_address_or_a_command() {
        let serial = |path: &str, baud| Port::Serial { path: path.into(), baud };
        check("/dev/ttyACM0", &serial("/dev/ttyACM0", 115_200));
        check("COM3@9600", &serial("COM3", 9600));
        check("tcp:[::1]:4000", &Port::Tcp("[::1]:4000".into()));
        check("exec:qemu -serial stdio", &Port::Command("qemu -serial stdio".into()));
    }

    #[test]
    fn what_is_no_port_is_refused_with_what_would_be() {
        for text in ["", "@9600", "COM3@fast", "tcp:localhost", "tcp::80", "tcp:a:b", "exec: "] {
            let problem = text.parse::<Port>().unwrap_err().to_string();
            assert!(problem.contains("/dev/ttyACM0"), "{text}: {problem}");
        }
    }
}
