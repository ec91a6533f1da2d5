//! `rebound node`: inspects, monitors and simulates a microcontroller.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::Context;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use runtime_environments::worlds::node::account::NodeState;
use runtime_environments::worlds::node::link::NodeLink;
use runtime_environments::worlds::node::profile::Profile;
use runtime_environments::worlds::node::simulated;
use runtime_node::thermostat::Thermostat;
use runtime_session::node::{self, dials_of};
use targets_console::{errln, errors, is_heard, out, outln, signals};

pub(crate) const EXAMPLES: &str = "\
rebound node inspect /dev/ttyACM0
rebound node inspect tcp:127.0.0.1:4000
rebound node monitor tcp:127.0.0.1:4000 --every 1
rebound node simulate --listen 127.0.0.1:4000";

/// Inspect or monitor a microcontroller that runs our firmware, or simulate one
#[derive(clap::Args)]
pub(crate) struct Node {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Print a node's description, sensor readings and stored reflections
    Inspect {
        /// A serial device such as /dev/ttyACM0, tcp:HOST:PORT, or exec:COMMAND, which inherits
        /// PATH, HOME, LANG, TERM, TMPDIR and their like alone
        port: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show sensors, actuators and counters live until Ctrl-C; prints JSON lines if the output
    /// is not a terminal
    ///
    /// Only reads. It can run beside a run that acts on the node if the port accepts two
    /// connections (a serial device does not). It does not extend the node's deadline, after
    /// which actuators return to their safe state.
    Monitor {
        /// A serial device such as /dev/ttyACM0, tcp:HOST:PORT, or exec:COMMAND, which inherits
        /// PATH, HOME, LANG, TERM, TMPDIR and their like alone
        port: String,
        /// Seconds between two readings
        #[arg(long, value_name = "SECONDS", default_value_t = 0.5)]
        every: f64,
    },
    /// Simulate a node (a thermostat), to try the program without a board
    Simulate(Simulation),
}

/// The arguments of `rebound node simulate`.
#[derive(clap::Args)]
struct Simulation {
    /// Local address to listen on; the node keeps its memory between connections [default:
    /// standard input and output]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

impl Simulation {
    fn run(&self) -> anyhow::Result<()> {
        let Some(address) = self.listen else {
            let (input, output) = (std::io::stdin(), Box::new(out()));
            return Ok(simulated::serve(Thermostat::new(), input, output)?);
        };
        anyhow::ensure!(
            address.ip().is_loopback(),
            "--listen is {address}; a node has no password, so it is for this computer alone: \
             127.0.0.1:{}",
            address.port()
        );
        let listener =
            TcpListener::bind(address).with_context(|| format!("cannot listen at {address}"))?;
        let address = listener.local_addr()?;
        errln!("a thermostat; play on it by --environment node --connect tcp:{address}");
        Ok(simulated::listen(Thermostat::new(), listener, &signals::stop())?)
    }
}

impl Node {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::Simulate(simulation) => simulation.run(),
            Action::Inspect { port, json } => inspect(&mut NodeLink::watch(port.parse()?)?, json),
            Action::Monitor { port, every } => {
                anyhow::ensure!(
                    (0.05..=3600.0).contains(&every),
                    "--every is {every}, expected 0.05 to 3600"
                );
                monitor(&mut NodeLink::watch(port.parse()?)?, Duration::from_secs_f64(every))
            }
        }
    }
}

fn inspect(link: &mut NodeLink, json: bool) -> anyhow::Result<()> {
    if json {
        outln!("{:#}", node::json(link)?);
    } else {
        out().write_all(node::text(link)?.as_bytes())?;
    }
    Ok(())
}

fn monitor(link: &mut NodeLink, every: Duration) -> anyhow::Result<()> {
    let live = out().is_terminal() && errors().is_terminal();
    let profile = link.profile().clone();
    let bars = if live { Some(Bars::new(&profile)?) } else { None };
    while is_heard() {
        let moment = link.moment()?;
        match &bars {
            Some(bars) => bars.show(&profile, &moment),
            None => outln!("{}", node::moment(link, &moment)),
        }
        std::thread::sleep(every);
    }
    Ok(())
}

/// A bar for each sensor and actuator, and a line of counts.
struct Bars {
    dials: Vec<ProgressBar>,
    counts: ProgressBar,
}

impl Bars {
    fn new(profile: &Profile) -> anyhow::Result<Self> {
        let all = MultiProgress::new();
        let style = ProgressStyle::with_template("{prefix:<16} {bar:30} {msg}")?;
        let style = style.progress_chars("━╸ ");
        let dials = dials_of(profile).map(|dial| {
            let length = u64::from(dial.range.max.abs_diff(dial.range.min)).max(1);
            let bar = ProgressBar::new(length).with_prefix(dial.name.clone());
            all.add(bar.with_style(style.clone()))
        });
        let dials = dials.collect();
        let counts = ProgressBar::no_length().with_style(ProgressStyle::with_template("{msg}")?);
        Ok(Self { dials, counts: all.add(counts) })
    }

    fn show(&self, profile: &Profile, moment: &NodeState) {
        let sensors = moment.seen.readings.iter().copied();
        let actuators = moment.seen.actuators.iter().map(|state| Some(state.value));
        for ((bar, dial), value) in
            self.dials.iter().zip(dials_of(profile)).zip(sensors.chain(actuators))
        {
            let value =
                value.map(|value| (value.saturating_sub(dial.range.min), dial.value(value)));
            let (place, text) = value.unwrap_or((0, "cannot be read".to_owned()));
            bar.set_position(u64::try_from(place).unwrap_or(0));
            bar.set_message(text);
        }
        self.counts.set_message(node::counts(moment));
    }
}
