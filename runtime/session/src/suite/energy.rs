//! The energy of the processor's packages, where Linux tells it (RAPL).
//!
//! ```text
//! /sys/class/powercap/intel-rapl:0/energy_uj             a counter, in microjoules
//! /sys/class/powercap/intel-rapl:0/max_energy_range_uj   after which it begins at 0 again
//! ```
//!
//! Only packages count: `intel-rapl:0:1` and the like are parts of one, `intel-rapl-mmio:0` is the
//! same again. The counters are of the whole machine, whoever computes. Many systems let only root
//! read them.

use std::fs;
use std::path::{Path, PathBuf};

/// Where Linux has the counters.
const POWERCAP: &str = "/sys/class/powercap";

/// The packages' counters.
#[derive(Debug)]
pub(super) struct Energy {
    packages: Vec<Package>,
    microjoules: u64,
}

#[derive(Debug)]
struct Package {
    counter: PathBuf,
    range: u64,
    last: u64,
}

impl Energy {
    /// The counters of this machine from now on; `None` where there are none, or one cannot be read.
    pub(super) fn of_machine() -> Option<Self> {
        Self::open(Path::new(POWERCAP))
    }

    fn open(folder: &Path) -> Option<Self> {
        let is_package = |path: &Path| {
            let name = path.file_name().and_then(|name| name.to_str());
            let number = name.and_then(|name| name.strip_prefix("intel-rapl:"));
            number.is_some_and(|number| number.parse::<u32>().is_ok())
        };
        let entries = fs::read_dir(folder).ok()?;
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let packages: Option<Vec<Package>> = paths
            .filter(|path| is_package(path))
            .map(|path| {
                let counter = path.join("energy_uj");
                let last = read(&counter)?;
                Some(Package { range: read(&path.join("max_energy_range_uj"))?, counter, last })
            })
            .collect();
        let packages = packages.filter(|packages| !packages.is_empty())?;
        Some(Self { packages, microjoules: 0 })
    }

    /// Reads the counters, which has to happen before they come around twice; the joules so far.
    pub(super) fn sample(&mut self) -> Option<f64> {
        for package in &mut self.packages {
            let now = read(&package.counter)?;
            self.microjoules += match now.checked_sub(package.last) {
                Some(more) => more,
                None => package.range.saturating_sub(package.last).saturating_add(now),
            };
            package.last = now;
        }
        Some(self.microjoules as f64 / 1e6)
    }
}

fn read(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, name: &str, counter: &str, range: &str) {
        let package = folder.join(name);
        fs::create_dir_all(&package).unwrap();
        fs::write(package.join("energy_uj"), counter).unwrap();
        fs::write(package.join("max_energy_range_uj"), range).unwrap();
    }

    #[test]
    fn packages_are_summed_and_their_counters_may_come_around() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        write(folder, "intel-rapl:0", "9000000\n", "10000000\n");
        write(folder, "intel-rapl:1", "0\n", "10000000\n");
        write(folder, "intel-rapl:0:0", "no number", "");
        write(folder, "intel-rapl-mmio:0", "no number", "");
        let mut energy = Energy::open(folder).unwrap();

        write(folder, "intel-rapl:0", "2000000\n", "10000000\n");
        write(folder, "intel-rapl:1", "500000\n", "10000000\n");

        assert_eq!(energy.sample(), Some(3.5));
        assert_eq!(energy.sample(), Some(3.5));
    }

    #[test]
    fn what_cannot_be_read_is_no_energy() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert!(Energy::open(&folder.join("missing")).is_none());
        assert!(Energy::open(folder).is_none());
        write(folder, "intel-rapl:0", "1", "10");
        let mut energy = Energy::open(folder).unwrap();
        write(folder, "intel-rapl:0", "-1", "10");
        assert_eq!(energy.sample(), None);
        assert!(Energy::open(folder).is_none());
    }
}
