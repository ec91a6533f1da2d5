//! What host and node make of requests that are lost, repeated, late or refused.

use runtime_node::client::{Client, ClientError};
use runtime_node::message::{Hello, NodeAnswer, NodeRequest, Refusal, VERSION};
use runtime_node::storage::Volatile;

use crate::golden::answer_frame;
use crate::simulated::thermostat::{FAN, HEATER, THERMOSTAT, Thermostat};
use crate::simulated::{Chance, ask, frame, meet, receive, send, start};

const HEAT: NodeRequest<'static> = NodeRequest::Act { actuator: HEATER, value: 1 };

#[test]
fn hello_describes_the_node() {
    let mut node = start(Thermostat::default(), Volatile);
    let mut client = Client::new(7);

    let NodeAnswer::Hello(hello) = ask(&mut node, &mut client, &Client::hello(), 0) else {
        panic!()
    };

    assert_eq!(hello.description(), THERMOSTAT);
    assert!(matches!(hello, Hello { version: VERSION, steps_max: 4, reflections_max: 2, .. }));
    assert!(!hello.outlives_power);
}

#[test]
fn a_retried_act_acts_once_and_gets_the_same_answer() {
    let (mut node, mut client) = meet();
    let sent = frame(&mut client, &HEAT);

    let first = send(&mut node, &sent, 10);
    node.hardware().temperature = 999;
    let second = send(&mut node, &sent, 20);

    assert_eq!(first, second);
    assert_eq!(node.hardware().heatings, [0, 1]);
    assert!(matches!(receive(&mut client, &first), NodeAnswer::Act(_)));
    let status = ask(&mut node, &mut client, &NodeRequest::Status, 30);
    assert!(matches!(status, NodeAnswer::Status(status) if status.steps == 1));
}

#[test]
fn a_late_copy_of_an_earlier_act_does_nothing() {
    let (mut node, mut client) = meet();
    let late = frame(&mut client, &HEAT);
    send(&mut node, &late, 10);
    ask(&mut node, &mut client, &NodeRequest::Act { actuator: HEATER, value: 0 }, 20);

    let refused = send(&mut node, &late, 30);

    assert_eq!(refused, answer_frame(3, &NodeAnswer::Refused(Refusal::Stale { last: 4 })));
    assert_eq!(node.hardware().heatings, [0, 1, 0]);
}

#[test]
fn a_refusal_does_not_displace_the_last_answer() {
    let (mut node, mut client) = meet();
    let late = frame(&mut client, &HEAT);
    send(&mut node, &late, 10);
    let last = frame(&mut client, &NodeRequest::Observe);
    let answer = send(&mut node, &last, 20);
    send(&mut node, &late, 30);

    assert_eq!(send(&mut node, &last, 40), answer);
}

#[test]
fn a_number_is_not_used_for_two_requests() {
    let (mut node, mut client) = meet();
    let mut twin = Client::new(1);
    frame(&mut twin, &NodeRequest::Status);
    let act = frame(&mut client, &HEAT);
    let other = frame(&mut twin, &NodeRequest::Status);
    send(&mut node, &act, 10);

    let refused = send(&mut node, &other, 20);

    assert_eq!(refused, answer_frame(3, &NodeAnswer::Refused(Refusal::SequenceReused)));
}

#[test]
fn a_node_that_started_anew_says_so() {
    let (_, mut client) = meet();
    let mut restarted = start(Thermostat::default(), Volatile);

    let answer = ask(&mut restarted, &mut client, &HEAT, 0);

    assert_eq!(answer, NodeAnswer::Refused(Refusal::NoSession));
    assert_eq!(restarted.hardware().heatings, [0]);
}

#[test]
fn what_may_not_be_done_is_refused_by_name() {
    let (mut node, mut client) = meet();
    node.hardware().is_door_open = true;
    let mut check = |actuator, value, expected| {
        let answer = ask(&mut node, &mut client, &NodeRequest::Act { actuator, value }, 0);
        assert_eq!(answer, NodeAnswer::Refused(expected));
    };

    check(9, 0, Refusal::NoSuchActuator);
    check(HEATER, 2, Refusal::NotOfScale);
    check(FAN, 30, Refusal::NotOfScale);
    check(HEATER, 1, Refusal::Inadmissible);
    assert_eq!(node.hardware().heatings, [0]);
}

#[test]
fn a_broken_sensor_leaves_the_others_readable() {
    let (mut node, mut client) = meet();
    node.hardware().is_thermometer_broken = true;

    let NodeAnswer::Observe(seen) = ask(&mut node, &mut client, &NodeRequest::Observe, 0) else {
        panic!()
    };

    assert_eq!(seen.readings, [None, Some(0)]);
}

#[test]
fn a_reset_begins_an_episode_in_safe_states() {
    let (mut node, mut client) = meet();
    ask(&mut node, &mut client, &HEAT, 0);

    let answer = ask(&mut node, &mut client, &NodeRequest::Reset { seed: 3 }, 0);

    let NodeAnswer::Reset(seen) = answer else { panic!() };
    assert_eq!((seen.episode, seen.readings[0]), (1, Some(183)));
    assert_eq!(seen.actuators.iter().map(|state| state.value).collect::<Vec<_>>(), [0, 25]);
}

#[test]
fn a_client_takes_no_answer_but_its_own() {
    let (mut node, mut client) = meet();
    let sent = frame(&mut client, &NodeRequest::Observe);
    let answer = send(&mut node, &sent, 0);
    let mut refused = |bytes: &[u8]| {
        let last = bytes.iter().filter_map(|&byte| client.push(byte).map(Result::err)).last();
        last.expect("a whole frame")
    };

    assert_eq!(
        refused(&answer_frame(2, &NodeAnswer::Remember)),
        Some(ClientError::Unasked { sequence: 2 })
    );
    assert!(matches!(
        refused(&answer_frame(3, &NodeAnswer::Remember)),
        Some(ClientError::OtherKind { .. })
    ));
    // The line gives the request itself back.
    assert!(matches!(refused(&sent), Some(ClientError::Frame(_))));
    assert_eq!(refused(&answer), None);
    assert_eq!(refused(&answer), Some(ClientError::Unasked { sequence: 3 }));
}

/// Bends about one byte in a hundred.
fn bend(line: &[u8], chance: &mut Chance) -> Vec<u8> {
    let bend = |&byte: &u8| if chance.below(100) == 0 { chance.byte() } else { byte };
    line.iter().map(bend).collect()
}

#[test]
fn a_thousand_acts_on_a_noisy_line_are_each_carried_out_once() {
    let (mut node, mut client) = meet();
    let mut chance = Chance(77);
    let mut late = frame(&mut client, &NodeRequest::Observe);
    let mut expected = vec![0];
    for turn in 0..1_000 {
        let value = (turn / 3) % 2;
        let sent = frame(&mut client, &NodeRequest::Act { actuator: HEATER, value });
        expected.push(value);
        let tries = (0..50).find(|_| {
            // A delimiter first: what stands on the line before is not ours.
            let mut line = vec![0];
            line.extend(bend(&sent, &mut chance));
            if chance.below(10) == 0 {
                line.extend_from_slice(&late);
            }
            let back = send(&mut node, &line, 0);
            let back = bend(&[&[0], back.as_slice(), &[0]].concat(), &mut chance);
            let read = back.iter().filter_map(|&byte| client.push(byte).map(|read| read.is_ok()));
            read.fold(false, |is_answered, is_ok| is_answered | is_ok)
        });
        assert!(tries.is_some(), "turn {turn} was never answered");
        late = sent;
    }

    assert_eq!(node.hardware().heatings, expected);
}
