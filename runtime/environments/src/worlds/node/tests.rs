//! The host's half against a real node on simulated hardware, over lines that are bad,
//! lost or shared.

mod hosts;

use std::sync::atomic::Ordering;
use std::thread::sleep;
use std::time::Duration;

use runtime_core::task::Limits;

use super::board::{DEADLINE_MS, SimulatedBoard};
use super::*;
use crate::split::Purpose;
use crate::world::tests::check_purposes;

const STEPS: Limits = Limits { steps_max: 12, trials_max: 3, episode_tokens_max: 100 };

fn node(board: &SimulatedBoard, goal: &str) -> NodeWorld {
    NodeWorld::open(Some(&board.port), Some(goal)).unwrap()
}

fn tasks(node: &NodeWorld, count: usize) -> Vec<Task> {
    let (split, count) = ("test".to_owned(), Some(count));
    node.tasks(&TaskSelection { split, count, seed: 1, limits: STEPS }).unwrap()
}

#[test]
fn every_split_has_its_purpose() {
    let board = SimulatedBoard::start();

    let node = node(&board, "temperature 16..18 for 2");

    let expected =
        [("train", Purpose::Train), ("validation", Purpose::Validation), ("test", Purpose::Test)];
    check_purposes(&node, &expected);
}

#[test]
fn words_reach_the_node_and_readings_come_back() {
    let board = SimulatedBoard::start();
    let node = node(&board, "temperature 16..18 for 2");
    let task = Task { id: "train/0".to_owned(), ..tasks(&node, 1).remove(0) };
    let mut environment = node.environment();

    assert_eq!(
        task.instruction,
        "bring the temperature to between 16.0 and 18.0 °C, and keep it there."
    );
    let opening = environment.reset(&task).unwrap();
    assert_eq!(
        opening,
        "You control the room by: heater (0 to 3). Temperature is 14.0 °C; heater is 0."
    );
    let actions = environment.admissible_actions().unwrap();
    assert_eq!(
        actions,
        ["set heater to 0", "set heater to 1", "set heater to 2", "set heater to 3", "wait"]
    );
    let first = environment.step("set heater to 2").unwrap();
    assert_eq!(first.observation, "Temperature is 17.0 °C; heater is 2.");
    assert_eq!((first.reward, first.progress, first.done), (0.0, 0.5, false));
    assert_eq!(
        environment.feedback(),
        "The temperature was where it belongs for 1 of 2 steps in a row at best. In the end it \
         was 17.0 °C."
    );
    let second = environment.step("set heater to 1").unwrap();
    assert_eq!((second.reward, second.done), (1.0, true));
    assert_eq!(environment.feedback(), "You finished the task.");
    let third = environment.step("wait").unwrap();
    assert_eq!((third.reward, third.done), (0.0, true), "a goal is reached once");
}

#[test]
fn the_same_task_and_actions_give_the_same_episode() {
    let board = SimulatedBoard::start();
    let node = node(&board, "temperature 30..31");
    let mut environment = node.environment();
    let mut play = |task: &Task| {
        let mut seen = vec![environment.reset(task).unwrap()];
        for action in ["set heater to 3", "wait", "set heater to 0"] {
            seen.push(environment.step(action).unwrap().observation);
        }
        seen
    };
    let tasks = tasks(&node, 20);

    let first: Vec<_> = tasks.iter().map(&mut play).collect();
    let second: Vec<_> = tasks.iter().map(play).collect();

    assert_eq!(first, second);
    assert!(first.iter().any(|seen| *seen != first[0]), "seeds differ");
}

#[test]
fn what_may_not_be_done_is_told_in_words() {
    let board = SimulatedBoard::start();
    let node = node(&board, "temperature 30..31");
    let mut environment = node.environment();
    environment.reset(&tasks(&node, 1)[0]).unwrap();
    for _ in 0..3 {
        environment.step("set heater to 3").unwrap();
    }

    let refused = environment.step("set heater to 3").unwrap().observation;
    assert!(refused.starts_with("That was not done: the actuator may not be set"), "{refused}");
    assert!(refused.contains("heater is 3, and may be 0 to 2 now"), "{refused}");
    for nonsense in ["", "set fan to 1", "set heater to full", "set heater to 1.5", "heat"] {
        let said = environment.step(nonsense).unwrap().observation;
        assert!(said.starts_with("Nothing happens"), "{nonsense}: {said}");
    }
    let too_much = environment.step("set heater to 9").unwrap().observation;
    assert!(too_much.contains("no such value"), "{too_much}");
}

#[test]
fn a_bad_line_costs_time_and_changes_nothing() {
    let board = SimulatedBoard::start();
    let node = node(&board, "temperature 39..40");
    let mut environment = node.environment();
    let task = &tasks(&node, 1)[0];
    let mut play = || {
        let mut seen = vec![environment.reset(task).unwrap()];
        for level in [3, 1, 2, 0, 1, 1, 0, 2] {
            seen.push(environment.step(&format!("set heater to {level}")).unwrap().observation);
        }
        seen
    };
    let clean = play();

    board.troubles.noise.store(10, Ordering::Relaxed);
    let noisy = play();

    assert_eq!(noisy, clean);
}

#[test]
fn a_node_that_starts_anew_is_reported_and_the_episode_goes_on() {
    let board = SimulatedBoard::start();
    let node = node(&board, "temperature 15..18 for 2");
    let mut environment = node.environment();
    environment.reset(&tasks(&node, 1)[0]).unwrap();
    environment.step("set heater to 1").unwrap();

    board.troubles.restarts.store(true, Ordering::Relaxed);
    let restarted = environment.step("set heater to 2").unwrap();

    assert!(restarted.observation.starts_with("The node started anew"), "{restarted:?}");
    assert!(restarted.observation.contains("heater is 0"), "{restarted:?}");
    assert!(!restarted.done);
    environment.step("set heater to 2").unwrap();
    assert!(environment.step("set heater to 1").unwrap().done);
}

#[test]
fn another_board_in_its_place_is_refused_until_the_right_one_is_back() {
    let board = SimulatedBoard::start();
    let mut link = NodeLink::open(board.port.parse().unwrap()).unwrap();
    let restart = |is_other| {
        board.troubles.is_other.store(is_other, Ordering::Relaxed);
        board.troubles.restarts.store(true, Ordering::Relaxed);
    };

    restart(true);
    for _ in 0..2 {
        let problem = link.act(0, 1).unwrap_err().to_string();
        assert!(problem.contains("another one than before"), "{problem}");
        assert!(problem.contains("humidity"), "{problem}");
    }
    assert_eq!(board.heater(), 0);
    restart(false);

    assert!(matches!(link.act(0, 1), Err(LinkError::Restarted)));
    link.act(0, 1).unwrap();
}

#[test]
fn a_line_that_was_lost_is_opened_again() {
    let board = SimulatedBoard::start();
    let node = node(&board, "temperature 30..31");
    let mut environment = node.environment();
    environment.reset(&tasks(&node, 1)[0]).unwrap();
    let first = environment.step("set heater to 1").unwrap();

    board.troubles.hangs_up.store(true, Ordering::Relaxed);
    let second = environment.step("set heater to 1").unwrap();

    assert_ne!(first.observation, second.observation);
    assert!(second.observation.starts_with("Temperature"), "{second:?}");
}

#[test]
fn the_heater_stays_on_while_a_model_thinks_and_goes_off_with_its_host() {
    let board = SimulatedBoard::start();
    let node = node(&board, "temperature 30..31");
    let mut environment = node.environment();
    environment.reset(&tasks(&node, 1)[0]).unwrap();
    environment.step("set heater to 2").unwrap();

    let deadline = Duration::from_millis(DEADLINE_MS.into());
    sleep(deadline * 3 / 2);
    assert_eq!(board.heater(), 2);

    drop((environment, node));
    // What keeps it company may be asking just now.
    sleep(deadline / 2);
    assert_eq!(board.heater(), 0);
}

#[test]
fn reflections_outlive_the_host_in_the_nodes_memory() {
    let board = SimulatedBoard::start();
    let node_before = node(&board, "temperature 30..31");
    let tasks = tasks(&node_before, 2);
    assert_eq!(node_before.archive().is_some(), ENTRY.remembers);
    let mut archive = node_before.archive().unwrap();
    let long = "ä".repeat(REFLECTION_BYTES_MAX);
    archive.remember(&tasks[0], "Heat at first.").unwrap();
    archive.remember(&tasks[1], "Wait.").unwrap();
    archive.remember(&tasks[0], &long).unwrap();
    drop((archive, node_before));

    let node_after = node(&board, "temperature 30..31");
    let mut archive = node_after.archive().unwrap();

    let cut = "ä".repeat(REFLECTION_BYTES_MAX / 2);
    assert_eq!(archive.recall(&tasks[0]).unwrap(), ["Heat at first.", &cut]);
    assert_eq!(archive.recall(&tasks[1]).unwrap(), ["Wait."]);
    for text in ["Look.", "Look again.", "Act."] {
        archive.remember(&tasks[1], text).unwrap();
    }
    assert_eq!(archive.recall(&tasks[0]).unwrap(), [""; 0], "the oldest are displaced");
}

#[test]
fn a_node_needs_a_port_that_opens() {
    let open = |connect: Option<&str>| NodeWorld::open(connect, None).map(|_| ()).unwrap_err();

    assert!(matches!(open(None), NodeError::NoPort));
    assert!(matches!(open(Some("tcp:nowhere")), NodeError::Port(_)));
    let problem = broken_text(&open(Some("/dev/there-is-no-such-board")));
    assert!(problem.contains("/dev/there-is-no-such-board@115200"), "{problem}");
    assert!(matches!(open(Some("tcp:127.0.0.1:1")), NodeError::Link(LinkError::Open { .. })));
}

#[test]
#[cfg(unix)]
fn what_is_no_node_is_told_from_one_that_does_not_answer() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let file = file.path().display().to_string();
    for (port, expected) in [
        ("exec:true", "the line to exec:true is lost"),
        ("exec:sh -c 'exit 3'", "the command ended: exit status: 3"),
        ("exec:there-is-no-such-program", "the command ended: exit status: 127"),
        ("/dev/null", "the port /dev/null@115200 cannot be opened"),
        (&file, "is the board connected, and the port free?"),
    ] {
        let problem = NodeLink::open(port.parse().unwrap()).map(|_| ()).unwrap_err();
        let problem = broken(&problem).to_string();
        assert!(problem.contains(expected), "{port}: {problem}");
    }
}

fn broken_text(error: &NodeError) -> String {
    match error {
        NodeError::Link(error) => broken(error).to_string(),
        other => other.to_string(),
    }
}
