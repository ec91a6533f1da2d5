//! A silent host loses the heater, and a node that cannot obey loses its watchdog.

use embassy_time::Duration;
use runtime_node::client::Client;
use runtime_node::message::{NodeAnswer, NodeRequest, Refusal};
use runtime_node::storage::Volatile;

use crate::simulated::thermostat::{DEADLINE_MS, HEATER, Thermostat};
use crate::simulated::{CountingWatchdog, ask, at_ms, frame, meet, send, start};

const HEAT: NodeRequest<'static> = NodeRequest::Act { actuator: HEATER, value: 1 };

#[test]
fn a_node_starts_in_its_safe_states() {
    let mut node = start(Thermostat::default(), Volatile);

    assert_eq!(node.hardware().settings, [0, 25]);
}

#[test]
fn the_heater_goes_off_when_the_host_is_silent_for_longer_than_the_deadline() {
    let (mut node, mut client) = meet();
    let mut watchdog = CountingWatchdog::default();
    ask(&mut node, &mut client, &HEAT, 100);

    node.tend(at_ms(100 + DEADLINE_MS), &mut watchdog);
    assert_eq!(node.hardware().settings, [1, 25]);
    node.tend(at_ms(101 + DEADLINE_MS), &mut watchdog);
    assert_eq!(node.hardware().settings, [0, 25]);

    assert_eq!(watchdog.feedings, 2);
}

#[test]
fn any_request_and_any_repetition_is_a_sign_of_life() {
    let (mut node, mut client) = meet();
    let mut watchdog = CountingWatchdog::default();
    ask(&mut node, &mut client, &HEAT, 0);
    let status = frame(&mut client, &NodeRequest::Status);
    for now_ms in [1_900, 3_800, 5_700] {
        send(&mut node, &status, now_ms);
        node.tend(at_ms(now_ms + DEADLINE_MS), &mut watchdog);
    }

    assert_eq!(node.hardware().heatings, [0, 1]);
}

#[test]
fn noise_and_late_frames_are_no_sign_of_life() {
    let (mut node, mut client) = meet();
    let mut watchdog = CountingWatchdog::default();
    let late = frame(&mut client, &NodeRequest::Observe);
    send(&mut node, &late, 0);
    ask(&mut node, &mut client, &HEAT, 0);
    let mut bent = frame(&mut client, &NodeRequest::Observe);
    bent[2] ^= 4;
    send(&mut node, &bent, 1_000);
    send(&mut node, &late, 1_500);

    node.tend(at_ms(DEADLINE_MS + 1), &mut watchdog);

    assert_eq!(node.hardware().heatings, [0, 1, 0]);
}

#[test]
fn a_host_that_comes_back_is_told_finds_safe_states_and_may_act_again() {
    let (mut node, mut client) = meet();
    ask(&mut node, &mut client, &HEAT, 0);

    // Nothing tended the node in between, and an act may have waited on the line.
    let gone = NodeAnswer::Refused(Refusal::NoSession);
    assert_eq!(ask(&mut node, &mut client, &HEAT, 9_000), gone);
    assert_eq!(node.hardware().heatings, [0, 1, 0]);
    client.begin(2);
    ask(&mut node, &mut client, &Client::hello(), 9_050);
    ask(&mut node, &mut client, &HEAT, 9_100);

    assert_eq!(node.hardware().heatings, [0, 1, 0, 1]);
    let NodeAnswer::Status(status) = ask(&mut node, &mut client, &NodeRequest::Status, 9_200)
    else {
        panic!()
    };
    assert_eq!((status.deadlines_missed, status.uptime_ms), (1, 9_200));
}

#[test]
fn a_silence_is_counted_once_and_only_after_a_host_was_there() {
    let mut unmet = start(Thermostat::default(), Volatile);
    let (mut node, _) = meet();
    let mut observer = Client::observer(9);
    let mut watchdog = CountingWatchdog::default();
    for now_ms in [5_000, 10_000, 15_000] {
        unmet.tend(at_ms(now_ms), &mut watchdog);
        node.tend(at_ms(now_ms), &mut watchdog);
    }

    assert_eq!(unmet.hardware().heatings, [0]);
    let NodeAnswer::Status(status) = ask(&mut node, &mut observer, &NodeRequest::Status, 15_000)
    else {
        panic!()
    };
    assert_eq!(status.deadlines_missed, 1);
}

#[test]
fn a_node_that_cannot_make_itself_safe_is_left_to_its_watchdog() {
    let (mut node, mut client) = meet();
    let mut observer = Client::observer(9);
    let mut watchdog = CountingWatchdog::default();
    ask(&mut node, &mut client, &HEAT, 0);
    node.hardware().is_heater_broken = true;

    node.tend(at_ms(DEADLINE_MS + 1), &mut watchdog);
    node.tend(at_ms(DEADLINE_MS + 2), &mut watchdog);
    assert_eq!((watchdog.feedings, node.hardware().settings), (0, [1, 25]));
    let NodeAnswer::Status(status) = ask(&mut node, &mut observer, &NodeRequest::Status, 2_100)
    else {
        panic!()
    };
    assert!(status.safe_state_owed);

    node.hardware().is_heater_broken = false;
    node.tend(at_ms(2_200), &mut watchdog);
    assert_eq!((watchdog.feedings, node.hardware().settings), (1, [0, 25]));
}

#[test]
fn a_failed_act_makes_everything_safe() {
    let (mut node, mut client) = meet();
    node.hardware().settings[1] = 100;
    node.hardware().is_heater_broken = true;

    let answer = ask(&mut node, &mut client, &HEAT, 0);

    assert!(matches!(answer, NodeAnswer::Refused(_)));
    assert_eq!(node.hardware().settings, [0, 25]);
}

#[test]
fn the_time_left_is_known_while_a_host_is_there() {
    let unmet = start(Thermostat::default(), Volatile);
    let (mut node, mut client) = meet();
    let mut watchdog = CountingWatchdog::default();
    let limit = Duration::from_millis(DEADLINE_MS) + Duration::from_ticks(1);

    assert_eq!(unmet.time_left(at_ms(0)), None);
    assert_eq!(node.time_left(at_ms(500)), Some(limit - Duration::from_millis(500)));
    assert_eq!(node.time_left(at_ms(9_000)), Some(Duration::MIN));
    node.tend(at_ms(9_000), &mut watchdog);
    assert_eq!(node.time_left(at_ms(9_000)), None);
    client.begin(2);
    ask(&mut node, &mut client, &Client::hello(), 9_500);
    assert_eq!(node.time_left(at_ms(9_500)), Some(limit));
    ask(&mut node, &mut client, &NodeRequest::Release, 9_600);
    assert_eq!(node.time_left(at_ms(9_600)), None);
}
