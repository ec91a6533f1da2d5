//! A board that restarts says so; one that hangs or faults restarts.

use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use runtime_environments::worlds::node::link::{LinkError, NodeLink};
use runtime_node::message::{NodeAnswer, NodeRequest, Refusal};
use runtime_node::thermostat::HEATER;
use targets_bare_metal_qemu::board::EmulatedBoard;
use targets_bare_metal_qemu::damage::Damage;
use targets_bare_metal_qemu::debugger::patch_when_asleep;
use targets_bare_metal_qemu::gateway::Gateway;
use targets_bare_metal_qemu::host::Host;
use targets_bare_metal_qemu::machine::EmulatedMachine;

on_every_board!(
    a_board_that_restarts_within_an_episode_says_so,
    a_board_that_hangs_is_restarted_by_its_watchdog,
    a_board_that_faults_restarts,
    a_host_goes_on_with_a_board_whose_power_was_cut,
);

/// Long enough for a watchdog of 1 s that restarts at its second end; longer where
/// the machine is too busy to keep up.
const HANGS: [Duration; 3] =
    [Duration::from_secs(4), Duration::from_secs(12), Duration::from_secs(36)];

/// Opens a session, and turns the heater on.
fn heat(host: &mut Host<'_>) {
    host.meet(|_| ()).unwrap();
    host.ask(&NodeRequest::Reset { seed: 1 }, |_| ()).unwrap();
    host.ask(&NodeRequest::Act { actuator: HEATER, value: 3 }, |answer| {
        assert!(matches!(answer, NodeAnswer::Act(_)), "{answer:?}");
    })
    .unwrap();
}

/// Whether the board knows nothing of this session.
fn is_forgotten(host: &mut Host<'_>) -> bool {
    let refused = NodeAnswer::Refused(Refusal::NoSession);
    host.ask(&NodeRequest::Observe, |answer| answer == refused).unwrap()
}

/// Opens the session again; the board is as at its start.
fn meet_anew(host: &mut Host<'_>) {
    host.meet(|answer| assert!(matches!(answer, NodeAnswer::Hello(_)), "{answer:?}")).unwrap();
    host.ask(&NodeRequest::Observe, |answer| {
        let NodeAnswer::Observe(seen) = answer else { panic!("{answer:?}") };
        assert!(seen.actuators.iter().all(|state| state.value == 0), "{seen:?}");
    })
    .unwrap();
    host.ask(&NodeRequest::Status, |answer| {
        let NodeAnswer::Status(status) = answer else { panic!("{answer:?}") };
        assert_eq!((status.deadlines_missed, status.steps), (0, 0));
    })
    .unwrap();
}

fn a_board_that_restarts_within_an_episode_says_so(board: &EmulatedBoard) {
    let mut machine = EmulatedMachine::start(board, None).unwrap();
    let mut monitor = machine.monitor().unwrap();
    let mut host = Host::new(&mut machine, 1);
    heat(&mut host);
    assert!(!is_forgotten(&mut host));

    monitor.restart().unwrap();

    assert!(is_forgotten(&mut host));
    meet_anew(&mut host);
}

fn a_board_that_hangs_is_restarted_by_its_watchdog(board: &EmulatedBoard) {
    let hang = board.instructions.hang;
    for hung in HANGS {
        let mut machine = EmulatedMachine::start(board, None).unwrap();
        let mut host = Host::new(&mut machine, 1);
        heat(&mut host);

        let debugger = || host.machine().debugger();
        let patch = patch_when_asleep(debugger, &board.instructions, hang).unwrap();
        thread::sleep(hung);
        // The code lies in flash: the board would hang again and again.
        host.machine().debugger().unwrap().mend(patch).unwrap();

        if is_forgotten(&mut host) {
            return meet_anew(&mut host);
        }
    }
    panic!("the board hung for {HANGS:?}");
}

fn a_board_that_faults_restarts(board: &EmulatedBoard) {
    let illegal = board.instructions.illegal;
    let mut machine = EmulatedMachine::start(board, None).unwrap();
    let mut host = Host::new(&mut machine, 1);
    heat(&mut host);

    let debugger = || host.machine().debugger();
    let patch = patch_when_asleep(debugger, &board.instructions, illegal).unwrap();
    thread::sleep(Duration::from_millis(100));
    host.machine().debugger().unwrap().mend(patch).unwrap();

    assert!(is_forgotten(&mut host));
    meet_anew(&mut host);
}

fn a_host_goes_on_with_a_board_whose_power_was_cut(board: &EmulatedBoard) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap();
    let power_on = || {
        Gateway::open_at(&port, EmulatedMachine::start(board, None).unwrap(), Damage::NONE).unwrap()
    };
    let before = power_on();
    let mut link = NodeLink::open(before.port().parse().unwrap()).unwrap();
    assert_eq!(link.act(HEATER, 1).unwrap().actuators[0].value, 1);

    drop(before);
    let _after = power_on();

    assert!(matches!(link.act(HEATER, 1), Err(LinkError::Restarted)));
    assert_eq!(link.moment().unwrap().seen.actuators[0].value, 0);
    assert_eq!(link.act(HEATER, 1).unwrap().actuators[0].value, 1);
}
