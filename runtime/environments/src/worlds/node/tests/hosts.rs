//! Who may act on a node, who looks on, and what it is left as.

use std::io::{BufReader, Read, Write};
use std::net::TcpListener;
use std::thread::spawn;

use runtime_node::decoder::FrameDecoder;
use runtime_node::frame::{
    ANSWER_FRAME_BYTES_MAX, REQUEST_FRAME_BYTES_MAX, encode_answer, read_request,
};

use super::*;

#[test]
fn a_second_host_is_refused_while_the_first_one_acts() {
    let board = SimulatedBoard::start();
    let first = node(&board, "temperature 30..31");
    let mut environment = first.environment();
    environment.reset(&tasks(&first, 1)[0]).unwrap();
    environment.step("set heater to 2").unwrap();

    let problem = NodeLink::open(board.port.parse().unwrap()).map(|_| ()).unwrap_err();

    assert!(matches!(problem, LinkError::Taken { .. }), "{problem}");
    assert!(problem.to_string().contains("stop the other one"), "{problem}");
    assert_eq!(board.heater(), 2);
}

#[test]
fn a_host_takes_over_from_one_that_was_killed_and_a_late_act_of_that_one_is_refused() {
    let board = SimulatedBoard::start();
    let mut killed = NodeLink::open(board.port.parse().unwrap()).unwrap();
    killed.act(0, 3).unwrap();

    let mut resumed = NodeLink::open(board.port.parse().unwrap()).unwrap();

    assert_eq!(board.heater(), 0);
    resumed.act(0, 1).unwrap();
    assert!(matches!(killed.act(0, 3), Err(LinkError::Taken { .. })));
    assert_eq!(board.heater(), 1);
}

#[test]
fn a_host_that_was_silent_for_too_long_is_told() {
    let board = SimulatedBoard::start();
    let mut link = NodeLink::open(board.port.parse().unwrap()).unwrap();
    link.act(0, 3).unwrap();
    sleep(Duration::from_millis(DEADLINE_MS.into()) * 3 / 2);

    assert!(matches!(link.act(0, 3), Err(LinkError::Restarted)));

    assert_eq!((board.heater(), link.restarts()), (0, 1));
    assert_eq!(link.act(0, 2).unwrap().actuators[0].value, 2);
}

#[test]
fn who_looks_on_keeps_no_heater_on_and_needs_no_turn() {
    let board = SimulatedBoard::start();
    let mut host = NodeLink::open(board.port.parse().unwrap()).unwrap();
    let mut onlooker = NodeLink::watch(board.port.parse().unwrap()).unwrap();
    host.act(0, 2).unwrap();
    let first = onlooker.moment().unwrap();

    for _ in 0..15 {
        sleep(Duration::from_millis(u64::from(DEADLINE_MS) / 10));
        onlooker.moment().unwrap();
    }

    let last = onlooker.moment().unwrap();
    assert_eq!((first.seen.actuators[0].value, first.status.has_host), (2, true));
    assert_eq!((last.seen.actuators[0].value, last.status.has_host), (0, false));
    assert_eq!(last.status.deadlines_missed, 1);
    assert!(matches!(onlooker.act(0, 1), Err(LinkError::Refused(Refusal::OnlyLooks))));
}

#[test]
fn a_world_that_is_left_is_safe_says_so_and_can_be_played_again() {
    let board = SimulatedBoard::start();
    let node = node(&board, "temperature 30..31");
    let (task, mut environment) = (tasks(&node, 1).remove(0), node.environment());
    assert_eq!(node.leave(), None, "nothing was set");
    environment.reset(&task).unwrap();
    environment.step("set heater to 2").unwrap();

    assert_eq!(node.leave().unwrap(), "the heater is safe again (0)");
    assert_eq!(board.heater(), 0);
    assert_eq!(node.leave(), None);
    let mut onlooker = NodeLink::watch(board.port.parse().unwrap()).unwrap();
    let status = onlooker.moment().unwrap().status;
    assert_eq!((status.has_host, status.deadlines_missed), (false, 0));

    environment.reset(&task).unwrap();
    environment.step("set heater to 1").unwrap();
    environment.step("set heater to 0").unwrap();
    assert_eq!(node.leave().unwrap(), "the actuators are safe: heater 0");
}

#[test]
fn a_node_that_is_gone_is_left_to_its_deadline_and_that_is_said() {
    let board = SimulatedBoard::start();
    let node = node(&board, "temperature 30..31");
    let mut environment = node.environment();
    environment.reset(&tasks(&node, 1)[0]).unwrap();
    environment.step("set heater to 2").unwrap();
    drop(board);

    let said = node.leave().unwrap();

    assert!(said.starts_with("the actuators of room could not be made safe: "), "{said}");
    assert!(said.contains("after 1.0 s without its host"), "{said}");
}

#[test]
fn a_node_of_another_version_is_refused_with_what_to_do() {
    for (version, advice) in [(1, "the firmware of this release"), (3, "take the release")] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = format!("tcp:{}", listener.local_addr().unwrap());
        let other = spawn(move || refuse_version(&listener, version));

        let problem = NodeLink::open(port.parse().unwrap()).map(|_| ()).unwrap_err().to_string();

        let speaks = format!("speaks version {version} of the protocol, this program version 2");
        assert!(problem.contains(&speaks) && problem.contains(advice), "{problem}");
        other.join().unwrap();
    }
}

/// Answers the first request as a node of another version does.
fn refuse_version(listener: &TcpListener, version: u16) {
    let (mut stream, _) = listener.accept().unwrap();
    let mut decoder = FrameDecoder::<REQUEST_FRAME_BYTES_MAX>::new();
    let sequence = BufReader::new(stream.try_clone().unwrap()).bytes().find_map(|byte| {
        let payload = decoder.push(byte.unwrap())?;
        Some(read_request(payload.unwrap()).unwrap().sequence)
    });
    let refused = NodeAnswer::Refused(Refusal::Version { node: version });
    let mut frame = [0; ANSWER_FRAME_BYTES_MAX];
    let frame_bytes = encode_answer(sequence.unwrap(), &refused, &mut frame).unwrap();
    stream.write_all(&frame[..frame_bytes]).unwrap();
}
