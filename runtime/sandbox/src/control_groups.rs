//! Limits of all processes of a program together, by the kernel's control groups, where this user
//! may make some: of version 1, or of version 2 below a group that passes its controllers on.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::grants::Grants;

const MOUNTED: &str = "/sys/fs/cgroup";

/// The groups of one program; dropped after its processes, they are gone.
#[derive(Debug, Default)]
pub(crate) struct ControlGroups {
    folders: Vec<PathBuf>,
    /// Whoever writes 0 there is in the group.
    pub(crate) doors: Vec<OwnedFd>,
}

/// A controller with its limit's file in version 1 and 2, by its name.
const CONTROLLERS: [(&str, &str, &str); 2] =
    [("pids", "pids.max", "pids.max"), ("memory", "memory.limit_in_bytes", "memory.max")];

impl ControlGroups {
    /// The groups that can be made, with the limits of these grants.
    pub(crate) fn new(grants: &Grants) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("rebound-{}-{number}", std::process::id());
        // The process that waits for the program is one, too.
        let limits = [grants.processes + 1, grants.memory_bytes];
        let mut groups = Self::default();
        for ((controller, first, second), limit) in CONTROLLERS.into_iter().zip(limits) {
            let Some((parent, is_second)) = parent(controller) else { continue };
            let folder = parent.join(&name);
            let file = if is_second { second } else { first };
            // Of version 2 one group has both limits.
            if groups.folders.contains(&folder) {
                let _ = fs::write(folder.join(file), limit.to_string());
            } else if let Ok(door) = made(&folder, file, limit) {
                groups.folders.push(folder);
                groups.doors.push(door);
            }
        }
        groups
    }

    /// Whether the number of processes can be limited so.
    pub(crate) fn limit_processes() -> bool {
        let groups = Self::new(&Grants::default());
        groups.folders.iter().any(|folder| folder.join("pids.max").exists())
    }
}

impl Drop for ControlGroups {
    fn drop(&mut self) {
        for folder in &self.folders {
            // A group is busy until its last process is reaped.
            for _ in 0..200 {
                if fs::remove_dir(folder).is_ok() || !folder.exists() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

fn made(folder: &Path, file: &str, limit: u64) -> io::Result<OwnedFd> {
    fs::create_dir(folder)?;
    let limited = fs::write(folder.join(file), limit.to_string());
    let door = limited.and_then(|()| File::options().write(true).open(folder.join("cgroup.procs")));
    door.map(OwnedFd::from).inspect_err(|_| {
        // Nothing is in it; what was wrong is told.
        let _ = fs::remove_dir(folder);
    })
}

/// The group of this process for a controller, and whether it is of version 2.
fn parent(controller: &str) -> Option<(PathBuf, bool)> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let mut lines = groups.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        Some((parts.next()?, parts.next()?.trim_start_matches('/')))
    });
    let first = lines.clone().find(|(names, _)| names.split(',').any(|name| name == controller));
    if let Some((names, path)) = first {
        let mounted = [names, controller].map(|name| Path::new(MOUNTED).join(name));
        return Some((mounted.into_iter().find(|folder| folder.exists())?.join(path), false));
    }
    let (_, path) = lines.find(|(names, _)| names.is_empty())?;
    let folder = Path::new(MOUNTED).join(path);
    let passed = fs::read_to_string(folder.join("cgroup.subtree_control")).ok()?;
    passed.split_whitespace().any(|name| name == controller).then_some((folder, true))
}
