//! Playing on a microcontroller, which is simulated by the program itself.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

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

    /// Values and counts, as they are without waiting for anything.
    fn now(&self) -> (Value, Value) {
        let now = self.inspect()["now"].clone();
        (now["values"].clone(), now["status"].clone())
    }

    /// What the monitor sees from now on.
    fn watch(&self) -> Watched {
        let mut command = Command::new(PROGRAM);
        command.args(["node", "monitor", &self.port, "--every", "0.05"]).stdout(Stdio::piped());
        Watched(command.spawn().unwrap())
    }

    /// A host that has set the heater to 3 and waits for its next command.
    fn heat(&self) -> Child {
        let mut command = Command::new(PROGRAM);
        command.args(["play", "--environment", "node", "--connect", &self.port, "--json"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut host = command.spawn().unwrap();
        host.stdin.as_mut().unwrap().write_all(b"set heater to 3\n").unwrap();
        let mut told = BufReader::new(host.stdout.as_mut().unwrap()).lines();
        let acted = told.nth(1).unwrap().unwrap();
        assert!(acted.contains("heater is 3"), "{acted}");
        host
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

/// A monitor, until it is dropped.
struct Watched(Child);

impl Watched {
    /// What it tells, line by line.
    fn moments(&mut self) -> impl Iterator<Item = Value> {
        let lines = BufReader::new(self.0.stdout.take().unwrap()).lines();
        lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap())
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
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
    assert_eq!(played.stderr, "the heater is safe again (0)\n");
}

#[test]
fn a_run_that_has_ended_leaves_actuators_safe_and_says_so() {
    let (folder, node) = (tempfile::tempdir().unwrap(), Simulated::start());

    // Its last step leaves the heater at 3 and the fan on.
    let out = folder.path().join("run");
    let fixed =
        "run --environment node --actor scripted --tasks 1 --trials 1 --steps 3 --seed 5 -q";
    let mut arguments: Vec<&str> = fixed.split(' ').collect();
    arguments.extend(["--connect", &node.port, "--out", out.to_str().unwrap()]);
    let ended = rebound(&arguments);

    let (values, status) = node.now();
    let mut monitor = node.watch();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(ended.stderr, "the heater is safe again (0), the fan is safe again (0)\n");
    assert_eq!((&values["heater"], &values["fan"]), (&"0".into(), &"0".into()));
    assert_eq!(status["deadlines_missed"], 0, "the run itself made it safe");
    let seen: Vec<Value> = monitor.moments().take(3).collect();
    assert!(seen.iter().all(|now| now["values"]["heater"] == "0"), "{seen:?}");
    assert!(seen.iter().all(|now| now["status"]["has_host"] == false), "{seen:?}");
}

#[test]
#[cfg(unix)]
fn a_run_that_is_stopped_leaves_actuators_safe_and_says_so() {
    let (folder, node) = (tempfile::tempdir().unwrap(), Simulated::start());
    let out = folder.path().join("run");
    let mut command = Command::new(PROGRAM);
    command.args(["run", "--environment", "node", "--actor", "scripted", "--tasks", "1000"]);
    command.args(["--strategy", "none", "--connect", &node.port, "--quiet", "--out"]).arg(&out);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let log = out.join("arms/none/trials.log");
    while fs::metadata(&log).map_or(0, |log| log.len()) < 200_000 {
        thread::sleep(Duration::from_millis(5));
    }

    let stop = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let ended = child.wait_with_output().unwrap();

    let (values, status) = node.now();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(stop.success());
    assert_eq!(ended.status.code(), Some(130), "{said}");
    assert!(said.contains("safe again (0)") || said.contains("the actuators are safe"), "{said}");
    assert_eq!((&values["heater"], &values["fan"]), (&"0".into(), &"0".into()));
    assert_eq!((&status["deadlines_missed"], &status["has_host"]), (&0.into(), &false.into()));
}

#[test]
#[cfg(unix)]
fn a_player_who_is_stopped_leaves_actuators_safe_and_says_so() {
    let node = Simulated::start();
    let mut host = node.heat();
    // Its input does not end.
    let _input = host.stdin.take();

    let stop = Command::new("kill").args(["-INT", &host.id().to_string()]).status().unwrap();
    let ended = host.wait_with_output().unwrap();

    let (values, status) = node.now();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(stop.success());
    assert_eq!((ended.status.code(), said.trim()), (Some(130), "the heater is safe again (0)"));
    assert_eq!((&values["heater"], &status["deadlines_missed"]), (&"0".into(), &0.into()));
}

#[test]
fn a_monitor_does_not_keep_the_heater_of_a_killed_host_on() {
    let node = Simulated::start();
    let mut host = node.heat();
    let mut monitor = node.watch();
    let mut moments = monitor.moments();
    let beside = moments.next().unwrap();
    host.kill().unwrap();
    host.wait().unwrap();

    let uptime = |moment: &Value| moment["status"]["uptime_ms"].as_u64().unwrap();
    let is_off = |moment: &Value| moment["values"]["heater"] == "0";
    let off = moments.find(|moment| is_off(moment) || uptime(moment) > uptime(&beside) + 5_500);

    let off = off.unwrap();
    assert_eq!(
        (&beside["values"]["heater"], &beside["status"]["has_host"]),
        (&"3".into(), &true.into())
    );
    assert!(is_off(&off), "the heater was on for 5.5 s under a deadline of 2 s: {off}");
    assert_eq!(off["status"]["deadlines_missed"], 1);
}

#[test]
fn a_second_host_is_refused_while_one_acts_and_may_act_once_that_has_gone() {
    let (folder, node) = (tempfile::tempdir().unwrap(), Simulated::start());
    let mut first = node.heat();
    let out = folder.path().join("run");

    let refused = node.run(&out, &[]);
    let (values, _) = node.now();
    drop(first.stdin.take());
    let ended = first.wait().unwrap();
    let played = node.run(&out, &[]);

    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("another host acts on the node"), "{}", refused.stderr);
    assert!(refused.stderr.contains("stop the other one"), "{}", refused.stderr);
    assert_eq!(values["heater"], "3", "the first one goes on");
    assert!(ended.success());
    assert_eq!(played.code, 0, "{}", played.stderr);
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
        assert!([1, 2].contains(&outcome.code), "{more:?}");
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

    let lines: Vec<Value> = node.watch().moments().take(3).collect();

    assert!(lines.iter().all(|line| line["values"]["heater"] == "0"), "{lines:?}");
    assert!(lines[2]["status"]["uptime_ms"].as_u64() >= lines[0]["status"]["uptime_ms"].as_u64());
}
