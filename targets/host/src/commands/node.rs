//! `rebound node`: inspects, monitors and simulates a microcontroller.

use std::io::stdin;
use std::net::SocketAddr;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use runtime_environments::worlds::node::account::NodeState;
use runtime_environments::worlds::node::link::NodeLink;
use runtime_session::node::monitor::{self, Gauge};
use runtime_session::node::{self, simulated};
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
    Simulate {
        /// Local address to listen on; the node keeps its memory between connections [default:
        /// standard input and output]
        #[arg(long, value_name = "ADDRESS")]
        listen: Option<SocketAddr>,
    },
}

impl Node {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::Simulate { listen: None } => simulated::serve(stdin(), out()),
            Action::Simulate { listen: Some(address) } => {
                simulated::listen(address, &signals::stop(), |line| errln!("{line}"))
            }
            Action::Inspect { port, json } => inspect(&mut NodeLink::watch(port.parse()?)?, json),
            Action::Monitor { port, every } => monitor(&port, every),
        }
    }
}

fn inspect(link: &mut NodeLink, json: bool) -> anyhow::Result<()> {
    if json {
        outln!("{:#}", node::json(link)?);
    } else {
        out().text(&node::text(link)?);
    }
    Ok(())
}

fn monitor(port: &str, every_seconds: f64) -> anyhow::Result<()> {
    let is_live = out().is_terminal() && errors().is_terminal();
    let mut bars = None;
    monitor::watch(port, every_seconds, &is_heard, &mut |link, moment| {
        if !is_live {
            outln!("{}", node::moment(link, moment));
            return Ok(());
        }
        let gauges = monitor::gauges(link.profile(), moment);
        let bars = match &mut bars {
            Some(bars) => bars,
            none => none.insert(Bars::new(&gauges)?),
        };
        bars.show(gauges, moment);
        Ok(())
    })
}

/// A bar for each sensor and actuator, and a line of counts.
struct Bars {
    gauges: Vec<ProgressBar>,
    counts: ProgressBar,
}

impl Bars {
    fn new(gauges: &[Gauge]) -> anyhow::Result<Self> {
        let all = MultiProgress::new();
        let style = ProgressStyle::with_template("{prefix:<16} {bar:30} {msg}")?;
        let style = style.progress_chars("━╸ ");
        let gauges = gauges.iter().map(|gauge| {
            let bar = ProgressBar::new(gauge.length).with_prefix(gauge.name.clone());
            all.add(bar.with_style(style.clone()))
        });
        let gauges = gauges.collect();
        let counts = ProgressBar::no_length().with_style(ProgressStyle::with_template("{msg}")?);
        Ok(Self { gauges, counts: all.add(counts) })
    }

    fn show(&self, gauges: Vec<Gauge>, moment: &NodeState) {
        for (bar, gauge) in self.gauges.iter().zip(gauges) {
            bar.set_position(gauge.place);
            bar.set_message(gauge.text);
        }
        self.counts.set_message(node::counts(moment));
    }
}
