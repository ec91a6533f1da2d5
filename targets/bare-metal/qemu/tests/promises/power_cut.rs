//! Reflections outlive the power where there is flash, and a restart everywhere that
//! there is.

use std::fs::File;

use runtime_node::message::{NodeAnswer, NodeRequest, Recollection};
use targets_bare_metal_qemu::board::RISCV_VIRT;
use targets_bare_metal_qemu::host::Host;
use targets_bare_metal_qemu::machine::EmulatedMachine;

/// The texts of the reflections, the latest first, and the episode.
fn memory(machine: &mut EmulatedMachine, session: u32) -> (Vec<String>, u32) {
    let mut host = Host::new(machine, session);
    host.meet(|_| ()).unwrap();
    let mut texts = Vec::new();
    for age in 0..4 {
        let recall = NodeRequest::Recall { kind: Recollection::Reflection, age };
        let text = host.ask(&recall, |answer| match answer {
            NodeAnswer::RecallReflection(recalled) => recalled.map(|found| found.text.to_string()),
            other => panic!("{other:?}"),
        });
        texts.extend(text.unwrap());
    }
    let episode = host.ask(&NodeRequest::Status, |answer| match answer {
        NodeAnswer::Status(status) if status.storage_failures == 0 => status.episode,
        other => panic!("{other:?}"),
    });
    (texts, episode.unwrap())
}

fn remember(machine: &mut EmulatedMachine, session: u32, text: &str) {
    let mut host = Host::new(machine, session);
    host.meet(|_| ()).unwrap();
    host.ask(&NodeRequest::Reset { seed: 1 }, |_| ()).unwrap();
    host.ask(&NodeRequest::Remember { task: 1, text }, |answer| {
        assert_eq!(answer, NodeAnswer::Remember);
    })
    .unwrap();
}

#[test]
fn reflections_outlive_the_power() {
    let folder = tempfile::tempdir().unwrap();
    let flash = folder.path().join("flash");
    File::create(&flash).unwrap().set_len(RISCV_VIRT.flash_bytes).unwrap();
    for (session, text) in [(1, "first"), (2, "second"), (3, "third")] {
        let mut machine = EmulatedMachine::start(&RISCV_VIRT, Some(&flash)).unwrap();
        remember(&mut machine, session, text);
        // Dropped, the machine is killed on the spot.
    }

    let mut machine = EmulatedMachine::start(&RISCV_VIRT, Some(&flash)).unwrap();

    let expected = ["third", "second", "first"].map(String::from).to_vec();
    assert_eq!(memory(&mut machine, 4), (expected, 3));
}

#[test]
fn without_a_file_reflections_end_with_the_machine_but_not_with_a_restart() {
    let mut machine = EmulatedMachine::start(&RISCV_VIRT, None).unwrap();
    remember(&mut machine, 1, "only");
    machine.monitor().unwrap().restart().unwrap();
    assert_eq!(memory(&mut machine, 2), (vec!["only".to_string()], 1));
    drop(machine);

    let mut machine = EmulatedMachine::start(&RISCV_VIRT, None).unwrap();

    assert_eq!(memory(&mut machine, 3), (vec![], 0));
}
