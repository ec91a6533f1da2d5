//! A host and a board, one request of each kind after the other.

use runtime_node::hardware::Hardware;
use runtime_node::message::{NodeAnswer, NodeRequest, Observation, Recollection, Refusal};
use runtime_node::thermostat::{FAN, HEATER, THERMOSTAT, Thermostat};
use targets_bare_metal_qemu::board::EmulatedBoard;
use targets_bare_metal_qemu::host::Host;
use targets_bare_metal_qemu::machine::EmulatedMachine;

on_every_board!(
    a_board_describes_its_thermostat,
    an_episode_is_the_one_that_the_seed_gives,
    what_a_board_is_told_it_recalls,
    a_damaged_frame_is_counted_and_the_next_is_read,
);

/// What an observation says of the sensors, without what could not be read.
fn readings(observation: &Observation) -> Vec<i32> {
    observation.readings.iter().flatten().copied().collect()
}

fn a_board_describes_its_thermostat(board: &EmulatedBoard) {
    let mut machine = EmulatedMachine::start(board, None).unwrap();
    let mut host = Host::new(&mut machine, 1);

    host.meet(|answer| {
        let NodeAnswer::Hello(hello) = answer else { panic!("{answer:?}") };
        assert_eq!(hello.description(), THERMOSTAT);
        assert_eq!(hello.outlives_power, board.flash_bytes > 0);
    })
    .unwrap();
}

fn an_episode_is_the_one_that_the_seed_gives(board: &EmulatedBoard) {
    let mut machine = EmulatedMachine::start(board, None).unwrap();
    let mut host = Host::new(&mut machine, 2);
    let mut expected = Thermostat::new();
    expected.reset(5).unwrap();
    host.meet(|_| ()).unwrap();

    host.ask(&NodeRequest::Reset { seed: 5 }, |answer| {
        let NodeAnswer::Reset(seen) = answer else { panic!("{answer:?}") };
        assert_eq!(readings(&seen), [0, 1].map(|sensor| expected.read(sensor).unwrap()));
    })
    .unwrap();
    for (actuator, value) in [(HEATER, 3), (FAN, 1), (HEATER, 1), (FAN, 0), (HEATER, 0)] {
        expected.set(actuator, value).unwrap();
        host.ask(&NodeRequest::Act { actuator, value }, |answer| {
            let NodeAnswer::Act(seen) = answer else { panic!("{answer:?}") };
            assert_eq!(readings(&seen), [0, 1].map(|sensor| expected.read(sensor).unwrap()));
            let state = seen.actuators[usize::from(HEATER)];
            assert_eq!(state.admissible, expected.admissible(HEATER));
            assert_eq!(seen.actuators[usize::from(actuator)].value, value);
        })
        .unwrap();
    }
    let wrong = NodeRequest::Act { actuator: HEATER, value: 4 };
    host.ask(&wrong, |answer| assert_eq!(answer, NodeAnswer::Refused(Refusal::NotOfScale)))
        .unwrap();
}

fn what_a_board_is_told_it_recalls(board: &EmulatedBoard) {
    let mut machine = EmulatedMachine::start(board, None).unwrap();
    let mut host = Host::new(&mut machine, 3);
    let text = "Lower the heater before the room is warm.";
    host.meet(|_| ()).unwrap();
    host.ask(&NodeRequest::Reset { seed: 1 }, |_| ()).unwrap();
    host.ask(&NodeRequest::Act { actuator: HEATER, value: 2 }, |_| ()).unwrap();

    let told = NodeRequest::Remember { task: 9, text };
    host.ask(&told, |answer| assert_eq!(answer, NodeAnswer::Remember)).unwrap();
    host.ask(&NodeRequest::Recall { kind: Recollection::Reflection, age: 0 }, |answer| {
        let NodeAnswer::RecallReflection(Some(recalled)) = answer else { panic!("{answer:?}") };
        assert_eq!((recalled.task, recalled.episode, recalled.text), (9, 1, text));
    })
    .unwrap();
    host.ask(&NodeRequest::Recall { kind: Recollection::Step, age: 0 }, |answer| {
        let NodeAnswer::RecallStep(Some(step)) = answer else { panic!("{answer:?}") };
        assert_eq!((step.episode, step.actuator, step.value), (1, HEATER, 2));
    })
    .unwrap();
    host.ask(&NodeRequest::Status, |answer| {
        let NodeAnswer::Status(status) = answer else { panic!("{answer:?}") };
        assert_eq!((status.episode, status.steps, status.reflections), (1, 1, 1));
        assert_eq!((status.faults, status.storage_failures), (0, 0));
    })
    .unwrap();
}

fn a_damaged_frame_is_counted_and_the_next_is_read(board: &EmulatedBoard) {
    let mut machine = EmulatedMachine::start(board, None).unwrap();
    let mut host = Host::new(&mut machine, 4);
    host.meet(|_| ()).unwrap();
    // What was cut off while the board started counts as well.
    let frames_bad = |answer: NodeAnswer<'_>| match answer {
        NodeAnswer::Status(status) => status.frames_bad,
        other => panic!("{other:?}"),
    };
    let before = host.ask(&NodeRequest::Status, frames_bad).unwrap();

    host.machine().send(b"\0noise\0more noise\0").unwrap();

    assert_eq!(host.ask(&NodeRequest::Status, frames_bad).unwrap(), before + 2);
}
