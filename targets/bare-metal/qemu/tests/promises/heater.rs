//! The heater of a board, watched in its memory: what the board says of it may be another
//! matter, and a request may itself be reason enough to make the heater safe.

use std::ops::Range;
use std::thread;
use std::time::Duration;

use runtime_node::message::{NodeAnswer, NodeRequest};
use runtime_node::thermostat::HEATER;
use targets_bare_metal_qemu::board::EmulatedBoard;
use targets_bare_metal_qemu::host::Host;
use targets_bare_metal_qemu::image::Image;
use targets_bare_metal_qemu::machine::EmulatedMachine;
use targets_bare_metal_qemu::monitor::Monitor;

/// How often memory is looked at, and for how long at most: the board's clock may be
/// slow.
const POLL: Duration = Duration::from_millis(200);
const POLLS: u32 = 300;

/// The words that are what the heater was set to, whatever that was: what the heater is at,
/// and what the node has told it.
pub(crate) struct Heater {
    monitor: Monitor,
    variables: Range<u64>,
    places: Vec<usize>,
}

impl Heater {
    /// Finds it by setting it, in session 1; it stands at 3 then.
    pub(crate) fn find(board: &EmulatedBoard, machine: &mut EmulatedMachine) -> Self {
        let variables = Image::read(board).unwrap().variables;
        let mut monitor = machine.monitor().unwrap();
        let mut words = || monitor.words(&variables).unwrap();
        let mut places: Vec<usize> = (0..words().len()).collect();
        let mut host = Host::new(machine, 1);
        host.meet(|_| ()).unwrap();
        for level in [3_u32, 1, 0, 2, 3] {
            // The door limits the heater later in an episode.
            if level == 3 || level == 2 {
                host.ask(&NodeRequest::Reset { seed: 1 }, |_| ()).unwrap();
            }
            let request = NodeRequest::Act { actuator: HEATER, value: level.cast_signed() };
            host.ask(&request, |answer| {
                assert!(matches!(answer, NodeAnswer::Act(_)), "{answer:?}")
            })
            .unwrap();
            let now = words();
            places.retain(|&place| now[place] == level);
        }
        assert!(places.len() >= 2, "the heater was not found in memory");
        Self { monitor, variables, places }
    }

    /// What the words are now.
    pub(crate) fn levels(&mut self) -> Vec<u32> {
        let now = self.monitor.words(&self.variables).unwrap();
        self.places.iter().map(|&place| now[place]).collect()
    }

    /// Whether they all are `level`.
    pub(crate) fn is_at(&mut self, level: u32) -> bool {
        self.levels().iter().all(|&found| found == level)
    }

    /// Waits until it is off; returns whether it went.
    pub(crate) fn goes_off(&mut self) -> bool {
        (0..POLLS).any(|_| {
            thread::sleep(POLL);
            self.is_at(0)
        })
    }
}
