//! The default number of threads that compute a model.
//!
//! Threads of one engine wait for each other at every product: one that shares its core with
//! another program holds up all of them, and two can be slower than one. So an engine gets
//! the cores that this process may use, without their second threads, and of those the ones
//! that nothing else keeps busy now.
//!
//! What keeps them busy is measured over a quarter of a second. The average of a minute is
//! late both ways: it has heard little of what began a moment ago, and remembers a build that
//! has ended.

mod startable;

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::time::Duration;

pub use startable::{THREADS_MAX, ThreadsError, check_startable};
use sysinfo::{CpuRefreshKind, RefreshKind, System};

/// How long the machine is watched.
const WATCH: Duration = Duration::from_millis(250);

/// A processor, and what others ask of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Processor {
    /// Its cores, each with all of its threads.
    pub cores: u32,
    /// Those of them that this process may use.
    pub cores_allowed: NonZeroU32,
    /// As many as other programs keep busy, summed over all of them.
    pub cores_busy: f32,
}

impl Processor {
    /// Watches this machine; takes a quarter of a second.
    pub fn watch() -> Self {
        let usage = CpuRefreshKind::nothing().with_cpu_usage();
        let mut system = System::new_with_specifics(RefreshKind::nothing().with_cpu(usage));
        std::thread::sleep(WATCH.max(sysinfo::MINIMUM_CPU_UPDATE_INTERVAL));
        system.refresh_cpu_usage();
        let cores_allowed = cores_allowed();
        Self {
            cores: System::physical_core_count().map_or(0, whole).max(cores_allowed.get()),
            cores_allowed,
            cores_busy: system.cpus().iter().map(|cpu| cpu.cpu_usage() / 100.0).sum(),
        }
    }

    /// The threads that do not have to share a core: one at least.
    pub fn threads_free(&self) -> NonZeroU32 {
        let free = self.cores as f32 - self.cores_busy;
        // Less than half a core is what every machine is busy with.
        let are_free = |threads: &u32| *threads as f32 <= free + 0.5;
        let most = (1..=self.cores_allowed.get()).rev().find(are_free);
        most.and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN)
    }

    /// The message if fewer threads are used than cores are allowed.
    pub fn message(&self) -> Option<String> {
        let (free, most) = (self.threads_free(), self.cores_allowed);
        (free < most).then(|| {
            format!("{free} of {most} threads: {}; --threads {most} takes all", self.busy())
        })
    }

    /// What is said to who takes so many threads whatever others do.
    pub fn warned(&self, threads: NonZeroU32) -> Option<String> {
        let free = self.threads_free();
        (free < threads).then(|| {
            format!(
                "{threads} threads will wait for cores: {}; --threads {free} may be faster",
                self.busy()
            )
        })
    }

    fn busy(&self) -> String {
        format!("other programs keep {:.1} of {} cores busy", self.cores_busy, self.cores)
    }
}

/// The cores that this process may use: by its affinity, and no more than its quota gives.
pub fn cores_allowed() -> NonZeroU32 {
    let threads = threads_allowed();
    let cores = cores_of_affinity().or_else(System::physical_core_count);
    let cores = cores.and_then(|cores| NonZeroU32::new(whole(cores)));
    cores.map_or(threads, |cores| cores.min(threads))
}

/// The threads that this process may run at once, a core's second ones too.
pub fn threads_allowed() -> NonZeroU32 {
    let threads = std::thread::available_parallelism().map_or(1, |threads| whole(threads.get()));
    NonZeroU32::new(threads).unwrap_or(NonZeroU32::MIN)
}

/// The cores behind the processors of this process's affinity, as Linux tells them.
fn cores_of_affinity() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    let siblings = |processor: u32| {
        let folder = format!("/sys/devices/system/cpu/cpu{processor}/topology");
        std::fs::read_to_string(format!("{folder}/thread_siblings_list")).ok()
    };
    let cores: BTreeSet<String> = numbers(allowed)?.map(siblings).collect::<Option<_>>()?;
    (!cores.is_empty()).then_some(cores.len())
}

/// The numbers of a list such as `0-3,8`.
fn numbers(list: &str) -> Option<impl Iterator<Item = u32> + use<>> {
    let range = |part: &str| {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        Some(from.trim().parse().ok()?..=to.trim().parse().ok()?)
    };
    let ranges: Option<Vec<_>> = list.trim().split(',').map(range).collect();
    Some(ranges?.into_iter().flatten())
}

fn whole(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(cores: u32, cores_allowed: u32, cores_busy: f32) -> Processor {
        Processor { cores, cores_allowed: cores_allowed.try_into().unwrap(), cores_busy }
    }

    fn check(machine: Processor, threads: u32) {
        assert_eq!(machine.threads_free().get(), threads, "{machine:?}");
    }

    #[test]
    fn a_quiet_machine_gives_every_core_that_is_allowed() {
        check(machine(8, 8, 0.0), 8);
        check(machine(8, 8, 0.4), 8);
        check(machine(8, 2, 0.2), 2);
    }

    #[test]
    fn busy_cores_are_left_to_who_keeps_them_busy() {
        check(machine(2, 2, 1.0), 1);
        check(machine(8, 8, 3.1), 5);
        check(machine(8, 4, 3.1), 4);
    }

    #[test]
    fn one_thread_is_left_on_the_busiest_machine() {
        check(machine(2, 2, 2.0), 1);
        check(machine(2, 2, 7.5), 1);
        check(machine(1, 1, f32::NAN), 1);
    }

    #[test]
    fn a_lowered_number_is_said_with_the_reason_and_the_way_back() {
        let busy = machine(2, 2, 1.9);
        let message = busy.message().unwrap();

        assert!(message.starts_with("1 of 2 threads: other programs keep 1.9 of 2 cores busy"));
        assert!(message.ends_with("--threads 2 takes all"), "{message}");
        assert_eq!(machine(2, 2, 0.1).message(), None);
        assert!(busy.warned(2.try_into().unwrap()).unwrap().contains("--threads 1"));
        assert_eq!(busy.warned(NonZeroU32::MIN), None);
    }

    #[test]
    fn lists_of_processors_are_read() {
        let read = |list: &str| numbers(list).map(Iterator::collect::<Vec<u32>>);

        assert_eq!(read("\t0-3,8\n"), Some(vec![0, 1, 2, 3, 8]));
        assert_eq!(read("5"), Some(vec![5]));
        assert_eq!(read("x-3"), None);
    }

    #[test]
    fn this_machine_has_a_core_to_give() {
        let machine = Processor::watch();

        assert!(machine.threads_free() <= machine.cores_allowed);
        assert!(machine.cores_allowed <= threads_allowed());
    }
}
