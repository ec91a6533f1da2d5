//! The layers of the sandbox, and what of them the kernel has.

use std::fmt;
use std::sync::OnceLock;

/// How much of the sandbox there has to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strength {
    /// All layers; without one nothing runs.
    #[default]
    Full,
    /// What the kernel has of them.
    Weak,
}

/// A layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Namespaces of its own for users, mounts, processes, messages and networks.
    Namespaces,
    /// Landlock with rules for truncation (ABI 3, Linux 6.2).
    Landlock,
    /// System calls are filtered.
    Seccomp,
    /// The number of processes has a limit: the kernel has one for every user but user 0, whose
    /// needs the control group `pids`.
    Processes,
}

impl Layer {
    /// All layers.
    pub const ALL: [Self; 4] = [Self::Namespaces, Self::Landlock, Self::Seccomp, Self::Processes];

    /// The layers that this machine lacks, or forbids to this user. They are looked for once.
    pub fn missing() -> Vec<Self> {
        static MISSING: OnceLock<Vec<Layer>> = OnceLock::new();
        let look = || Self::ALL.into_iter().filter(|layer| !layer.is_there()).collect();
        MISSING.get_or_init(look).clone()
    }

    #[cfg(target_os = "linux")]
    fn is_there(self) -> bool {
        match self {
            Self::Namespaces => crate::raw::can_unshare(),
            Self::Landlock => crate::raw::landlock_abi() >= 3,
            Self::Seccomp => crate::raw::has_seccomp(),
            Self::Processes => {
                !crate::raw::is_root() || crate::control_groups::ControlGroups::limit_processes()
            }
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn is_there(self) -> bool {
        false
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Namespaces => "unprivileged user namespaces",
            Self::Landlock => "Landlock (ABI 3, Linux 6.2)",
            Self::Seccomp => "seccomp filters",
            Self::Processes => "a control group that limits the processes of user 0",
        })
    }
}
