//! A host that falls silent loses the heater.

use std::thread;
use std::time::Duration;

use runtime_node::message::{Answer, Request};
use targets_bare_metal::thermostat::HEATER;
use targets_bare_metal_qemu::board::Board;
use targets_bare_metal_qemu::host::Host;
use targets_bare_metal_qemu::machine::Machine;

on_every_board!(a_silent_host_finds_the_heater_off);

/// Well within the deadline of 2 s, even where the board's clock is fast.
const SHORT: Duration = Duration::from_millis(400);
/// Past the deadline; longer where the machine is too busy to keep up.
const LONG: [Duration; 3] =
    [Duration::from_secs(3), Duration::from_secs(9), Duration::from_secs(27)];

/// The heater's level, and how many deadlines were missed.
fn heater_and_misses(host: &mut Host<'_>) -> (i32, u32) {
    let level = host.ask(&Request::Observe, |answer| match answer {
        Answer::Observe(seen) => seen.actuators[usize::from(HEATER)].value,
        other => panic!("{other:?}"),
    });
    let misses = host.ask(&Request::Status, |answer| match answer {
        Answer::Status(status) => status.deadlines_missed,
        other => panic!("{other:?}"),
    });
    (level.unwrap(), misses.unwrap())
}

fn a_silent_host_finds_the_heater_off(board: &Board) {
    let mut machine = Machine::start(board, None).unwrap();
    for (session, silence) in (1..).zip(LONG) {
        let mut host = Host::new(&mut machine, session);
        host.meet(|_| ()).unwrap();
        host.ask(&Request::Reset { seed: 1 }, |_| ()).unwrap();
        host.ask(&Request::Act { actuator: HEATER, value: 3 }, |_| ()).unwrap();
        thread::sleep(SHORT);
        assert_eq!(heater_and_misses(&mut host), (3, 0));

        thread::sleep(silence);

        let mut returned = Host::new(&mut machine, session + 100);
        returned.meet(|_| ()).unwrap();
        match heater_and_misses(&mut returned) {
            (0, 1) => return,
            // The board's clock has not come so far.
            (3, 0) => {}
            other => panic!("{other:?}"),
        }
    }
    panic!("the heater stayed on for {LONG:?}");
}
