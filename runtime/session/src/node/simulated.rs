//! A node without a board, for trying things.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::AtomicBool;

use anyhow::{Context, ensure};
use runtime_environments::worlds::node::simulated;
use runtime_node::thermostat::Thermostat;

/// Is a thermostat at the end of a line, until that ends.
pub fn serve(
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
) -> anyhow::Result<()> {
    Ok(simulated::serve(Thermostat::new(), input, Box::new(output))?)
}

/// Is one for whoever connects at an address of this computer, until `stop`; tells how to.
pub fn listen(
    address: SocketAddr,
    stop: &AtomicBool,
    tell: impl FnOnce(String),
) -> anyhow::Result<()> {
    ensure!(
        address.ip().is_loopback(),
        "--listen is {address}; a node has no password, so it is for this computer alone: \
         127.0.0.1:{}",
        address.port()
    );
    let listener =
        TcpListener::bind(address).with_context(|| format!("cannot listen at {address}"))?;
    let address = listener.local_addr()?;
    tell(format!("a thermostat; play on it by --environment node --connect tcp:{address}"));
    Ok(simulated::listen(Thermostat::new(), listener, stop)?)
}
