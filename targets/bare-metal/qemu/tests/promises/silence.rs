//! A host that falls silent loses the heater.

use std::thread;
use std::time::Duration;

use runtime_node::message::{Answer, Request};
use runtime_node::thermostat::HEATER;
use targets_bare_metal_qemu::board::Board;
use targets_bare_metal_qemu::host::Host;
use targets_bare_metal_qemu::machine::Machine;

use crate::heater::Heater;

on_every_board!(the_heater_goes_off_while_the_host_is_silent);

/// Well within the deadline of 2 s, even where the board's clock is fast.
const SHORT: Duration = Duration::from_millis(400);

fn the_heater_goes_off_while_the_host_is_silent(board: &Board) {
    let mut machine = Machine::start(board, None).unwrap();
    let mut heater = Heater::find(board, &mut machine);

    thread::sleep(SHORT);
    let before = heater.levels();
    let went_off = heater.goes_off();

    assert!(before.iter().all(|&level| level == 3), "{before:?}");
    assert!(went_off, "{:?}", heater.levels());
    let mut returned = Host::new(&mut machine, 2);
    returned.meet(|_| ()).unwrap();
    returned
        .ask(&Request::Observe, |answer| {
            let Answer::Observe(seen) = answer else { panic!("{answer:?}") };
            assert_eq!(seen.actuators[usize::from(HEATER)].value, 0);
        })
        .unwrap();
    returned
        .ask(&Request::Status, |answer| {
            let Answer::Status(status) = answer else { panic!("{answer:?}") };
            assert_eq!(status.deadlines_missed, 1);
        })
        .unwrap();
}
