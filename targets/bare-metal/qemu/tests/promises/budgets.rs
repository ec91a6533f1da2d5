//! What the Cortex-M3's image may take of its board.

use std::io::{Write, stdout};

use runtime_node::memory::REFLECTION_BYTES_MAX;
use runtime_node::message::{NodeAnswer, NodeRequest, Recollection};
use runtime_node::thermostat::HEATER;
use targets_bare_metal_qemu::board::{EmulatedBoard, LM3S6965EVB};
use targets_bare_metal_qemu::host::Host;
use targets_bare_metal_qemu::image::{FLASH_BYTES_MAX, Image, RAM_BYTES_MAX, STACK_BYTES_MAX};
use targets_bare_metal_qemu::machine::EmulatedMachine;

on_every_board!(the_greatest_stack_keeps_its_budget);

/// What the firmware paints its unused stack with.
const PAINT: u32 = 0xcccc_cccc;
/// What keeping memory in flash may take besides: a page is written from the stack.
const STORAGE_STACK_BYTES_MAX: u64 = 1024;
/// Interrupts come at any depth: each round lets them come at others.
const ROUNDS: u32 = 10;

#[test]
fn the_image_of_the_cortex_m3_keeps_its_budget() {
    let image = Image::read(&LM3S6965EVB).unwrap();

    assert!(image.flash_bytes < FLASH_BYTES_MAX, "{image:?}");
    assert!(image.ram_bytes < RAM_BYTES_MAX, "{image:?}");
}

/// Every kind of request, the longest where they differ, and refusals.
fn converse(host: &mut Host<'_>, round: u32) {
    let text = "x".repeat(REFLECTION_BYTES_MAX);
    let act = |value| NodeRequest::Act { actuator: HEATER, value };
    let recall = |kind, age| NodeRequest::Recall { kind, age };
    host.meet(|_| ()).unwrap();
    for request in [
        NodeRequest::Reset { seed: round },
        NodeRequest::Observe,
        act(3),
        act(1),
        act(9),
        NodeRequest::Remember { task: u32::MAX - round, text: &text },
        recall(Recollection::Reflection, 0),
        recall(Recollection::Reflection, 200),
        recall(Recollection::Step, 0),
        recall(Recollection::Step, 15),
        NodeRequest::Status,
    ] {
        host.ask(&request, |_| ()).unwrap();
    }
    host.machine().send(&[0x7f; 600]).unwrap();
    host.machine().send(b"\0short\0").unwrap();
    host.ask(&NodeRequest::Status, |answer| assert!(matches!(answer, NodeAnswer::Status(_))))
        .unwrap();
    let mut onlooker = Host::onlooker(host.machine(), round);
    onlooker.meet(|answer| assert!(matches!(answer, NodeAnswer::Hello(_)))).unwrap();
    onlooker.ask(&act(1), |answer| assert!(matches!(answer, NodeAnswer::Refused(_)))).unwrap();
    host.ask(&NodeRequest::Release, |answer| assert!(matches!(answer, NodeAnswer::Release(_))))
        .unwrap();
}

#[allow(clippy::disallowed_methods, reason = "the test says its numbers, and imports nothing")]
fn the_greatest_stack_keeps_its_budget(board: &EmulatedBoard) {
    let stack = Image::read(board).unwrap().stack;
    let mut machine = EmulatedMachine::start(board, None).unwrap();
    let mut monitor = machine.monitor().unwrap();
    for round in 0..ROUNDS {
        converse(&mut Host::new(&mut machine, round), round);
    }

    let words = monitor.words(&stack).unwrap();
    let unused = words.iter().take_while(|word| **word == PAINT).count();
    let stack_bytes = size_of_val(&words[unused..]) as u64;
    // A passing test's `println` would be kept back.
    let line = format!("{}: {stack_bytes} bytes of stack at most\n", board.name);
    stdout().write_all(line.as_bytes()).unwrap();

    assert!(unused > 0 && stack_bytes > 100, "nothing was painted, or all was used");
    let storage_bytes_max = if board.flash_bytes > 0 { STORAGE_STACK_BYTES_MAX } else { 0 };
    assert!(stack_bytes < STACK_BYTES_MAX + storage_bytes_max, "{stack_bytes}");
}
