//! Playing on a microcontroller, which is simulated by the program itself.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::support::{
    Outcome, PROGRAM, killed_once_written, rebound, rebound_in, rebound_with_input, results,
    timeless,
};

/// A node that outlives its hosts, until it is dropped.
struct Simulated {
    child: Child,
    port: String,
}

impl Simulated {
    fn start() -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(["node", "simulate", "--listen", "127.0.0.1:0"]);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut said).unwrap();
        let port = said.trim().rsplit(' ').next().unwrap().to_owned();
        assert!(port.starts_with("tcp:127.0.0.1:"), "{said}");
        Self { child, port }
    }

    fn inspect(&self) -> Value {
        let said = rebound(&["node", "inspect", &self.port, "--json"]);
        assert_eq!(said.code, 0, "{}", said.stderr);
        serde_json::from_str(&said.stdout).unwrap()
    }

    /// Plays two tasks by a scripted actor that fails, and reflects.
    fn run(&self, out: &Path, more: &[&str]) -> Outcome {
        let fixed = self.arguments(out.to_str().unwrap());
        rebound(&fixed.iter().map(String::as_str).chain(more.iter().copied()).collect::<Vec<_>>())
    }

    fn arguments(&self, out: &str) -> Vec<String> {
        let fixed =
            "run --environment node --actor scripted --tasks 2 --trials 2 --steps 3 --quiet";
        let named = ["--connect", &self.port, "--out", out];
        fixed.split(' ').chain(named).map(str::to_owned).collect()
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Tokens of all prompts.
fn prompted(out: &Path) -> u64 {
    let acting = &results(out)["arms"][0]["acting"];
    acting["tokens"]["prompt"].as_u64().unwrap()
}

#[test]
fn a_child_process_can_be_played_on_by_hand() {
    let port = format!("exec:{PROGRAM} node simulate");
    let play = ["play", "--environment", "node", "--connect", &port, "--json"];

    let played = rebound_with_input(&play, "set heater to 3\nwait\nset fan to 7\n");

    assert_eq!(played.code, 0, "{}", played.stderr);
    let lines: Vec<Value> =
        played.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said = |index: usize| lines[index]["observation"].as_str().unwrap().to_owned();
    assert!(said(0).starts_with("You control the thermostat by: heater (0 to 3), fan (0 or 1)."));
    assert!(said(1).contains("heater is 3"), "{}", said(1));
    assert!(said(3).starts_with("That was not done: the actuator has no such value."));
    assert_eq!(lines[0]["admissible"].as_array().unwrap().len(), 7);
}

#[cfg(unix)]
#[test]
fn a_command_learns_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let secrets = [("OPENAI_API_KEY", "sk-hidden-1"), ("DEPLOY", "hidden-2"), ("LANG", "C")];

    // It ends at once, and is no node.
    let inspected = rebound_in(folder.path(), &secrets, &["node", "inspect", "exec:env > told"]);

    assert_eq!(inspected.code, 1);
    let told = fs::read_to_string(folder.path().join("told")).unwrap();
    assert!(told.contains("PATH=") && told.contains("LANG=C"), "{told}");
    assert!(!told.contains("hidden"), "{told}");
}

#[test]
fn what_an_agent_learned_stays_on_the_node_for_a_later_run() {
    let (folder, node) = (tempfile::tempdir().unwrap(), Simulated::start());
    let [first, without, with] = ["first", "without", "with"].map(|name| folder.path().join(name));

    assert_eq!(node.run(&first, &[]).code, 0);
    let kept = node.inspect()["reflections"].as_array().unwrap().len();
    assert_eq!(node.run(&without, &[]).code, 0);
    let recalling = node.run(&with, &["--recall"]);

    assert_eq!(recalling.code, 0, "{}", recalling.stderr);
    assert_eq!(kept, 2, "one a task");
    assert_eq!(prompted(&first), prompted(&without));
    assert!(prompted(&with) > prompted(&without), "the first trials read them");
}

#[test]
fn a_run_that_is_killed_goes_on_where_it_stopped() {
    let (folder, node) = (tempfile::tempdir().unwrap(), Simulated::start());
    let [whole, killed] = ["whole", "killed"].map(|name| folder.path().join(name));
    let name = killed.to_str().unwrap();
    assert_eq!(node.run(&whole, &["--strategy", "none"]).code, 0);
    let log = "arms/none/trials.log";
    let half = fs::metadata(whole.join(log)).unwrap().len() / 2;

    let play = node.arguments(name);
    let play: Vec<&str> = play.iter().map(String::as_str).chain(["--strategy", "none"]).collect();
    killed_once_written(&play, &killed.join(log), half);
    let resumed = rebound(&["run", "--resume", name, "--connect", &node.port, "--quiet"]);

    assert_eq!(resumed.code, 0, "{}", resumed.stderr);
    assert_eq!(timeless(&killed)["arms"], timeless(&whole)["arms"]);
}

#[test]
fn what_cannot_be_played_is_refused_with_what_could() {
    let (folder, node) = (tempfile::tempdir().unwrap(), Simulated::start());
    let out = folder.path().join("run");
    let refused = |more: &[&str], expected: &str| {
        let outcome = node.run(&out, more);
        assert_eq!(outcome.code, 1, "{more:?}");
        assert!(outcome.stderr.contains(expected), "{more:?}: {}", outcome.stderr);
    };
    refused(&["--parallel", "4"], "node plays 1 at a time");
    refused(&["--goal", "pressure 1..2"], "temperature (0.0 to 40.0 °C), door (0 or 1)");
    refused(&["--split", "tset"], "did you mean test?");
    for (arguments, expected) in [
        (&["run", "--environment", "node", "--actor", "scripted"][..], "--connect PORT"),
        (&["run", "--actor", "scripted", "--recall"], "household has no memory of its own"),
        (&["node", "inspect", "tcp:nowhere"], "expected a serial device such as /dev/ttyACM0"),
        (&["node", "inspect", "/dev/there-is-no-such-board"], "is the board connected"),
        (&["node", "simulate", "--listen", "0.0.0.0:0"], "for this computer alone"),
    ] {
        let outcome = rebound(arguments);
        assert_eq!(outcome.code, 1, "{arguments:?}");
        assert!(outcome.stderr.contains(expected), "{arguments:?}: {}", outcome.stderr);
    }
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none(), "nothing was begun");
}

#[test]
fn a_node_is_watched_line_by_line_where_there_is_no_terminal() {
    let node = Simulated::start();
    let mut command = Command::new(PROGRAM);
    command.args(["node", "monitor", &node.port, "--every", "0.05"]).stdout(Stdio::piped());
    let mut monitor = command.spawn().unwrap();

    let lines = BufReader::new(monitor.stdout.take().unwrap()).lines();
    let lines: Vec<Value> =
        lines.take(3).map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
    let _ = monitor.kill();
    let _ = monitor.wait();

    assert!(lines.iter().all(|line| line["values"]["heater"] == "0"), "{lines:?}");
    assert!(lines[2]["status"]["uptime_ms"].as_u64() >= lines[0]["status"]["uptime_ms"].as_u64());
}
