//! One host acts at a time; whoever looks on keeps nothing going.

use runtime_node::client::Client;
use runtime_node::message::{NodeAnswer, NodeRequest, Recollection, Refusal, Status};

use crate::golden::answer_frame;
use crate::simulated::thermostat::{DEADLINE_MS, FAN, HEATER};
use crate::simulated::{CountingWatchdog, ThermostatNode, ask, at_ms, frame, meet, send};

const HEAT: NodeRequest<'static> = NodeRequest::Act { actuator: HEATER, value: 1 };

fn status(node: &mut ThermostatNode, now_ms: u64) -> Status {
    match ask(node, &mut Client::observer(9), &NodeRequest::Status, now_ms) {
        NodeAnswer::Status(status) => status,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_observers_requests_do_not_keep_an_actuator_on() {
    let (mut node, mut client) = meet();
    let mut observer = Client::observer(9);
    let mut watchdog = CountingWatchdog::default();
    ask(&mut node, &mut client, &HEAT, 0);

    let recall = NodeRequest::Recall { kind: Recollection::Step, age: 0 };
    let looks = [Client::hello(), NodeRequest::Observe, NodeRequest::Status, recall];
    let mut seen_on = Vec::new();
    for (look, now_ms) in looks.iter().cycle().zip((100..=5_500).step_by(100)) {
        ask(&mut node, &mut observer, look, now_ms);
        node.tend(at_ms(now_ms), &mut watchdog);
        if node.hardware().settings[0] == 1 {
            seen_on.push(now_ms);
        }
    }

    assert_eq!(seen_on.last(), Some(&DEADLINE_MS));
    let Status { deadlines_missed, has_host, .. } = status(&mut node, 5_600);
    assert_eq!((deadlines_missed, has_host), (1, false));
}

#[test]
fn an_observer_may_change_nothing() {
    let (mut node, mut client) = meet();
    let mut observer = Client::observer(9);
    ask(&mut node, &mut client, &HEAT, 0);

    let off = NodeRequest::Act { actuator: HEATER, value: 0 };
    let remember = NodeRequest::Remember { task: 1, text: "Mine." };
    for request in [off, NodeRequest::Reset { seed: 1 }, remember, NodeRequest::Release] {
        let answer = ask(&mut node, &mut observer, &request, 0);
        assert_eq!(answer, NodeAnswer::Refused(Refusal::OnlyLooks), "{request:?}");
    }

    assert_eq!(node.hardware().heatings, [0, 1]);
    let Status { episode, reflections, has_host, .. } = status(&mut node, 0);
    assert_eq!((episode, reflections, has_host), (0, 0, true));
}

#[test]
fn an_observer_does_not_come_between_a_host_and_its_answer() {
    let (mut node, mut client) = meet();
    let act = frame(&mut client, &HEAT);
    let answer = send(&mut node, &act, 0);

    // Its numbers may be the host's own.
    ask(&mut node, &mut Client::observer(2), &Client::hello(), 10);

    assert_eq!(send(&mut node, &act, 20), answer);
    assert_eq!(node.hardware().heatings, [0, 1]);
}

#[test]
fn a_second_host_is_refused_and_told_when_the_node_may_be_free() {
    let (mut node, mut client) = meet();
    let mut second = Client::new(2);
    ask(&mut node, &mut client, &HEAT, 1_000);

    for request in [Client::hello(), NodeRequest::Act { actuator: HEATER, value: 0 }] {
        let refused = ask(&mut node, &mut second, &request, 1_500);
        assert_eq!(refused, NodeAnswer::Refused(Refusal::Busy { left_ms: 1_501 }));
    }
    // It was no sign of life of the first one's.
    node.tend(at_ms(1_001 + DEADLINE_MS), &mut CountingWatchdog::default());

    assert_eq!(node.hardware().heatings, [0, 1, 0]);
}

#[test]
fn a_host_takes_over_from_one_that_was_silent_and_that_one_is_told() {
    let (mut node, mut killed) = meet();
    ask(&mut node, &mut killed, &HEAT, 0);
    let mut resumed = Client::new(2);

    assert!(matches!(
        ask(&mut node, &mut resumed, &Client::hello(), DEADLINE_MS + 1),
        NodeAnswer::Hello(_)
    ));
    assert_eq!(node.hardware().settings, [0, 25]);
    ask(&mut node, &mut resumed, &HEAT, DEADLINE_MS + 2);

    for (released, left_ms) in [(false, 2_000), (true, 0)] {
        if released {
            ask(&mut node, &mut resumed, &NodeRequest::Release, DEADLINE_MS + 3);
        }
        let off = NodeRequest::Act { actuator: HEATER, value: 0 };
        let refused = ask(&mut node, &mut killed, &off, DEADLINE_MS + 3);
        assert_eq!(refused, NodeAnswer::Refused(Refusal::Busy { left_ms }));
    }
    assert_eq!(node.hardware().heatings, [0, 1, 0, 1, 0]);
}

#[test]
fn a_host_that_goes_leaves_actuators_safe_and_the_node_free() {
    let (mut node, mut client) = meet();
    ask(&mut node, &mut client, &HEAT, 0);
    ask(&mut node, &mut client, &NodeRequest::Act { actuator: FAN, value: 100 }, 0);

    let NodeAnswer::Release(seen) = ask(&mut node, &mut client, &NodeRequest::Release, 10) else {
        panic!()
    };
    assert_eq!(seen.actuators.iter().map(|state| state.value).collect::<Vec<_>>(), [0, 25]);
    assert_eq!(node.hardware().settings, [0, 25]);
    let Status { has_host, deadlines_missed, .. } = status(&mut node, 9_000);
    assert_eq!((has_host, deadlines_missed), (false, 0));

    let gone = NodeAnswer::Refused(Refusal::NoSession);
    assert_eq!(ask(&mut node, &mut client, &HEAT, 9_000), gone);
    let mut next = Client::new(2);
    let met = ask(&mut node, &mut next, &Client::hello(), 9_000);
    assert!(matches!(met, NodeAnswer::Hello(_)), "{met:?}");
}

#[test]
fn a_release_that_is_asked_for_twice_gets_the_same_answer() {
    let (mut node, mut client) = meet();
    let release = frame(&mut client, &NodeRequest::Release);

    let first = send(&mut node, &release, 0);

    assert_eq!(send(&mut node, &release, 10), first);
    assert_eq!(node.time_left(at_ms(10)), None);
}

#[test]
fn a_release_that_fails_leaves_the_session_to_its_deadline() {
    let (mut node, mut client) = meet();
    ask(&mut node, &mut client, &HEAT, 0);
    node.hardware().is_heater_broken = true;

    let release = frame(&mut client, &NodeRequest::Release);
    let refused = send(&mut node, &release, 10);

    assert_eq!(refused, answer_frame(4, &NodeAnswer::Refused(Refusal::Hardware { code: 5 })));
    assert!(status(&mut node, 20).safe_state_owed);
    assert!(node.time_left(at_ms(20)).is_some());
    node.hardware().is_heater_broken = false;
    node.tend(at_ms(30), &mut CountingWatchdog::default());
    assert_eq!(node.hardware().settings, [0, 25]);
}
