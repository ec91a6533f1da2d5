//! What the node remembers, and what outlives whom.

use runtime_node::client::Client;
use runtime_node::memory::{RememberedStep, StoredReflection};
use runtime_node::message::{NodeAnswer, NodeRequest, Recollection, Refusal};
use runtime_node::storage::{Keeper, Pages, Region, Volatile};

use crate::simulated::flash::{Cut, Fate, SECTOR_BYTES, SimulatedFlash};
use crate::simulated::thermostat::{FAN, Thermostat};
use crate::simulated::{REFLECTIONS, STEPS, ThermostatNode, ask, meet, start};

type Flash = SimulatedFlash<4>;
const ADVICE: &str = "Close the door before you heat.";
const REMEMBER: NodeRequest<'static> = NodeRequest::Remember { task: 2, text: ADVICE };

fn pages(flash: Flash) -> Pages<Flash, STEPS, REFLECTIONS> {
    Pages::new(flash, Region { address: 0, page_bytes: 2 * SECTOR_BYTES as u32 }).unwrap()
}

fn recall<'c, K: Keeper<STEPS, REFLECTIONS>>(
    node: &mut ThermostatNode<K>,
    client: &'c mut Client,
    age: u8,
) -> Option<StoredReflection<'c>> {
    let request = NodeRequest::Recall { kind: Recollection::Reflection, age };
    match ask(node, client, &request, 0) {
        NodeAnswer::RecallReflection(reflection) => reflection,
        other => panic!("{other:?}"),
    }
}

fn meet_again<K: Keeper<STEPS, REFLECTIONS>>(node: &mut ThermostatNode<K>) -> Client {
    let mut client = Client::new(2);
    ask(node, &mut client, &Client::hello(), 0);
    client
}

#[test]
fn a_reflection_outlives_the_host() {
    let (mut node, mut client) = meet();
    ask(&mut node, &mut client, &NodeRequest::Reset { seed: 0 }, 0);
    assert_eq!(ask(&mut node, &mut client, &REMEMBER, 0), NodeAnswer::Remember);
    ask(&mut node, &mut client, &NodeRequest::Release, 0);

    let mut restarted = meet_again(&mut node);

    let expected = StoredReflection { task: 2, episode: 1, text: ADVICE };
    assert_eq!(recall(&mut node, &mut restarted, 0), Some(expected));
    assert_eq!(recall(&mut node, &mut restarted, 1), None);
}

#[test]
fn only_the_latest_are_kept_and_age_counts_from_them() {
    let (mut node, mut client) = meet();
    for (task, text) in [(0, "a"), (1, "b"), (1, "b"), (2, "c")] {
        ask(&mut node, &mut client, &NodeRequest::Remember { task, text }, 0);
    }

    let found = [0, 1, 2].map(|age| recall(&mut node, &mut client, age).map(|kept| kept.task));

    assert_eq!(found, [Some(2), Some(1), None]);
}

#[test]
fn a_step_tells_what_was_done_when_and_what_it_led_to() {
    let (mut node, mut client) = meet();
    ask(&mut node, &mut client, &NodeRequest::Act { actuator: FAN, value: 50 }, 1_500);

    let latest = NodeRequest::Recall { kind: Recollection::Step, age: 0 };
    let NodeAnswer::RecallStep(Some(step)) = ask(&mut node, &mut client, &latest, 1_600) else {
        panic!()
    };

    let readings = heapless::Vec::from_slice(&[Some(185), Some(0)]).unwrap();
    assert_eq!(
        step,
        RememberedStep { episode: 0, at_ms: 1_500, actuator: FAN, value: 50, readings }
    );
}

#[test]
fn a_reflection_outlives_a_power_cut() {
    let hardware = Thermostat::default();
    let mut flash = Flash::new();
    let mut keeper = pages(flash.clone());
    {
        let mut node = start(hardware.clone(), &mut keeper);
        let mut client = meet_again(&mut node);
        ask(&mut node, &mut client, &NodeRequest::Act { actuator: FAN, value: 50 }, 0);
        assert_eq!(ask(&mut node, &mut client, &REMEMBER, 0), NodeAnswer::Remember);
    }
    flash.clone_from(&keeper.into_flash());

    let mut restarted = start(hardware, pages(flash));
    let mut client = meet_again(&mut restarted);

    assert_eq!(recall(&mut restarted, &mut client, 0).map(|kept| kept.text), Some(ADVICE));
    let status = ask(&mut restarted, &mut client, &NodeRequest::Status, 0);
    assert!(matches!(status, NodeAnswer::Status(status) if status.steps == 1));
}

#[test]
fn a_reflection_that_cannot_be_saved_is_refused_and_kept_while_the_power_lasts() {
    let mut flash = Flash::new();
    flash.cut = Some(Cut { after: 1, fate: Fate::Nothing });
    let mut node = start(Thermostat::default(), pages(flash));
    let mut client = meet_again(&mut node);

    let is_refused =
        ask(&mut node, &mut client, &REMEMBER, 0) == NodeAnswer::Refused(Refusal::Storage);

    assert!(is_refused);
    assert_eq!(recall(&mut node, &mut client, 0).map(|kept| kept.text), Some(ADVICE));
}

#[test]
fn an_episode_without_steps_does_not_wear_the_flash() {
    let mut keeper = pages(Flash::new());
    {
        let mut node = start(Thermostat::default(), &mut keeper);
        let mut client = meet_again(&mut node);
        for seed in 0..3 {
            ask(&mut node, &mut client, &NodeRequest::Reset { seed }, 0);
        }
    }

    assert_eq!(keeper.into_flash().operations, 0);
}

#[test]
fn a_node_without_flash_says_that_its_memory_does_not_outlive_the_power() {
    const { assert!(!<Volatile as Keeper<STEPS, REFLECTIONS>>::OUTLIVES_POWER) };
    const { assert!(<Pages<Flash, STEPS, REFLECTIONS> as Keeper<STEPS, REFLECTIONS>>::OUTLIVES_POWER) };
}
