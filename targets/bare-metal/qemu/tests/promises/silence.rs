//! A host that falls silent loses the heater.

use std::thread;
use std::time::Duration;

use runtime_node::message::{Answer, Request};
use runtime_node::thermostat::HEATER;
use targets_bare_metal_qemu::board::Board;
use targets_bare_metal_qemu::host::Host;
use targets_bare_metal_qemu::image::Image;
use targets_bare_metal_qemu::machine::Machine;

on_every_board!(the_heater_goes_off_while_the_host_is_silent);

/// Well within the deadline of 2 s, even where the board's clock is fast.
const SHORT: Duration = Duration::from_millis(400);
/// How often memory is looked at, and for how long at most: the board's clock may be
/// slow.
const POLL: Duration = Duration::from_millis(200);
const POLLS: u32 = 300;

/// Opens a session and an episode.
fn begin(host: &mut Host<'_>) {
    host.meet(|_| ()).unwrap();
    host.ask(&Request::Reset { seed: 1 }, |_| ()).unwrap();
}

fn heat(host: &mut Host<'_>, value: i32) {
    host.ask(&Request::Act { actuator: HEATER, value }, |answer| {
        assert!(matches!(answer, Answer::Act(_)), "{answer:?}");
    })
    .unwrap();
}

/// A request would be a sign of life, and itself reason enough to make the heater
/// safe. So it is watched in the board's memory: in the words that are what the
/// heater was set to, whatever that was.
fn the_heater_goes_off_while_the_host_is_silent(board: &Board) {
    let variables = Image::read(board).unwrap().variables;
    let mut machine = Machine::start(board, None).unwrap();
    let mut monitor = machine.monitor().unwrap();
    let mut words = || monitor.words(&variables).unwrap();
    let mut host = Host::new(&mut machine, 1);
    begin(&mut host);
    let mut places: Vec<usize> = (0..words().len()).collect();
    for level in [3_u32, 1, 0, 2, 3] {
        // The door limits the heater later in an episode.
        if level == 2 {
            host.ask(&Request::Reset { seed: 1 }, |_| ()).unwrap();
        }
        heat(&mut host, level.cast_signed());
        let now = words();
        places.retain(|&place| now[place] == level);
    }
    let mut levels = || {
        let now = words();
        places.iter().map(|&place| now[place]).collect::<Vec<u32>>()
    };

    thread::sleep(SHORT);
    let before = levels();
    let went_off = (0..POLLS).any(|_| {
        thread::sleep(POLL);
        levels().iter().all(|&level| level == 0)
    });

    // What the heater is at, and what the node has told it.
    assert!(before.len() >= 2 && before.iter().all(|&level| level == 3), "{before:?}");
    assert!(went_off, "{:?}", levels());
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
