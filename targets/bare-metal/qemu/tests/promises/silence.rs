//! A host that falls silent loses the heater, whoever else asks; one that goes turns it off.

use std::thread;
use std::time::Duration;

use runtime_node::message::{NodeAnswer, NodeRequest};
use runtime_node::thermostat::HEATER;
use targets_bare_metal_qemu::board::EmulatedBoard;
use targets_bare_metal_qemu::host::Host;
use targets_bare_metal_qemu::machine::EmulatedMachine;

use crate::heater::Heater;

on_every_board!(
    the_heater_goes_off_while_the_host_is_silent,
    who_looks_on_keeps_no_heater_on,
    a_host_that_goes_turns_the_heater_off,
);

/// Well within the deadline of 2 s, even where the board's clock is fast.
const SHORT: Duration = Duration::from_millis(400);
/// How often the board is looked at: its clock may be slow.
const LOOKS_MAX: u32 = 150;

fn the_heater_goes_off_while_the_host_is_silent(board: &EmulatedBoard) {
    let mut machine = EmulatedMachine::start(board, None).unwrap();
    let mut heater = Heater::find(board, &mut machine);

    thread::sleep(SHORT);
    let before = heater.levels();
    let went_off = heater.goes_off();

    assert!(before.iter().all(|&level| level == 3), "{before:?}");
    assert!(went_off, "{:?}", heater.levels());
    let mut returned = Host::new(&mut machine, 2);
    returned.meet(|_| ()).unwrap();
    returned
        .ask(&NodeRequest::Observe, |answer| {
            let NodeAnswer::Observe(seen) = answer else { panic!("{answer:?}") };
            assert_eq!(seen.actuators[usize::from(HEATER)].value, 0);
        })
        .unwrap();
    returned
        .ask(&NodeRequest::Status, |answer| {
            let NodeAnswer::Status(status) = answer else { panic!("{answer:?}") };
            assert_eq!(status.deadlines_missed, 1);
        })
        .unwrap();
}

fn who_looks_on_keeps_no_heater_on(board: &EmulatedBoard) {
    let mut machine = EmulatedMachine::start(board, None).unwrap();
    let mut heater = Heater::find(board, &mut machine);
    let mut onlooker = Host::onlooker(&mut machine, 100);

    // However slow the board's clock is, no two looks are a deadline apart.
    let went_off = (0..LOOKS_MAX).any(|_| {
        thread::sleep(SHORT);
        onlooker.ask(&NodeRequest::Observe, |_| ()).unwrap();
        heater.is_at(0)
    });

    assert!(went_off, "{:?}", heater.levels());
    onlooker
        .ask(&NodeRequest::Status, |answer| {
            let NodeAnswer::Status(status) = answer else { panic!("{answer:?}") };
            assert_eq!((status.deadlines_missed, status.has_host), (1, false));
        })
        .unwrap();
}

fn a_host_that_goes_turns_the_heater_off(board: &EmulatedBoard) {
    let mut machine = EmulatedMachine::start(board, None).unwrap();
    let mut host = Host::new(&mut machine, 1);
    host.meet(|_| ()).unwrap();
    host.ask(&NodeRequest::Act { actuator: HEATER, value: 1 }, |_| ()).unwrap();

    host.ask(&NodeRequest::Release, |answer| {
        let NodeAnswer::Release(seen) = answer else { panic!("{answer:?}") };
        assert!(seen.actuators.iter().all(|state| state.value == 0), "{seen:?}");
    })
    .unwrap();

    // The board is free at once for another one.
    let mut next = Host::new(&mut machine, 2);
    next.meet(|answer| assert!(matches!(answer, NodeAnswer::Hello(_)), "{answer:?}")).unwrap();
}
