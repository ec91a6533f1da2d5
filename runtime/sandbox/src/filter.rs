//! Which system calls a confined program may make.
//!
//! All but those that reach other processes, the machine's state or its network, or that are
//! seldom needed and often broken. A refused call fails with `EPERM`; `clone3`, whose flags a filter
//! cannot read, with `ENOSYS`, so that the C library calls `clone`.

use std::collections::BTreeMap;

use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch,
};

use crate::grants::Network;

/// Calls that are refused whatever their arguments.
const REFUSED: &[libc::c_long] = &[
    // Other processes.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    // Mounts, namespaces, roots.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_open_by_handle_at,
    // The machine: clock, kernel, keys, accounting.
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_reboot,
    libc::SYS_kexec_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_syslog,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    // What is seldom needed and often broken.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_fanotify_init,
    libc::SYS_vmsplice,
];

/// Flags of `clone` that make a namespace.
const NAMESPACES: u64 = (libc::CLONE_NEWNS
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWCGROUP) as u64;

/// The bits of a socket's type that are no flags.
const SOCKET_TYPES: u64 = 0xf;

/// Those of the refused calls that have numbers of their own in x86's ABI of 32-bit pointers: ptrace,
/// `kexec_load`, vmsplice, `process_vm_readv` and `process_vm_writev`.
const REFUSED_X32: &[i64] = &[521, 528, 532, 539, 540];

/// Rules for each call.
type Calls = BTreeMap<i64, Vec<SeccompRule>>;

/// The two filters, in the order in which they are applied.
pub(crate) fn filters(network: Network) -> Result<[BpfProgram; 2], BackendError> {
    let mut refused: Calls = REFUSED.iter().map(|call| (*call, Vec::new())).collect();
    let has_flag = (0..64).map(|bit| 1_u64 << bit).filter(|flag| NAMESPACES & flag != 0);
    let of_clone: Result<_, _> = has_flag
        .map(|flag| {
            let operator = SeccompCmpOp::MaskedEq(flag);
            SeccompRule::new(vec![argument(0, operator, flag)?])
        })
        .collect();
    refused.insert(libc::SYS_clone, of_clone?);
    refused.insert(libc::SYS_socket, sockets(network)?);
    // Of a pair for datagrams each end can send to any socket of the file system.
    let of_datagrams = SeccompCmpOp::MaskedEq(SOCKET_TYPES);
    let pair = SeccompRule::new(vec![argument(1, of_datagrams, libc::SOCK_DGRAM as u64)?])?;
    refused.insert(libc::SYS_socketpair, vec![pair]);
    let refuse = SeccompAction::Errno(libc::EPERM.cast_unsigned());
    let absent = SeccompAction::Errno(libc::ENOSYS.cast_unsigned());
    let clone3 = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    Ok([
        compiled(in_both_abis(clone3, &[]), absent)?,
        compiled(in_both_abis(refused, REFUSED_X32), refuse)?,
    ])
}

/// The same for calls by the ABI of 32-bit pointers, which a filter sees as calls of 64 bits with a
/// bit more, and those that have numbers of their own there.
#[cfg(target_arch = "x86_64")]
fn in_both_abis(mut calls: Calls, own: &[i64]) -> Calls {
    const X32: i64 = 0x4000_0000;
    let others = calls.iter().map(|(call, rules)| (call | X32, rules.clone()));
    let own = own.iter().map(|call| (call | X32, Vec::new()));
    let others: Calls = others.chain(own).collect();
    calls.extend(others);
    calls
}

/// Other processors have one.
#[cfg(not(target_arch = "x86_64"))]
fn in_both_abis(calls: Calls, _: &[i64]) -> Calls {
    calls
}

/// The sockets that are refused: no rule refuses all.
fn sockets(network: Network) -> Result<Vec<SeccompRule>, BackendError> {
    match network {
        Network::None => Ok(Vec::new()),
        // Also a socket of the file system's reaches programs that are not confined.
        Network::Loopback => Ok(vec![SeccompRule::new(vec![
            argument(0, SeccompCmpOp::Ne, libc::AF_INET as u64)?,
            argument(0, SeccompCmpOp::Ne, libc::AF_INET6 as u64)?,
        ])?]),
    }
}

fn argument(
    place: u8,
    operator: SeccompCmpOp,
    value: u64,
) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(place, SeccompCmpArgLen::Dword, operator, value)
}

fn compiled(rules: Calls, on_match: SeccompAction) -> Result<BpfProgram, BackendError> {
    let architecture = TargetArch::try_from(std::env::consts::ARCH)?;
    SeccompFilter::new(rules, SeccompAction::Allow, on_match, architecture)?.try_into()
}
