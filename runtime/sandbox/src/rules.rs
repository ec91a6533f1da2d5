//! Which files a confined program may read and change, as Landlock rules.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, Scope,
};

use crate::grants::Grants;

/// Where systems have programs, libraries and what these read; those that are there.
const SYSTEM: &[&str] = &[
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/nix/store",
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
    "/etc/alternatives",
    "/etc/localtime",
    "/etc/ssl/certs",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/services",
    "/etc/protocols",
    "/etc/mime.types",
    "/dev/urandom",
    "/dev/random",
    "/dev/zero",
];

/// Devices that take whatever is written.
const SINKS: &[&str] = &["/dev/null"];

/// What may be done where a program may change things. Devices answer more than reads and writes:
/// nothing of theirs is granted.
pub(crate) fn change() -> BitFlags<AccessFs> {
    let devices = AccessFs::IoctlDev | AccessFs::MakeBlock | AccessFs::MakeChar;
    AccessFs::from_all(ABI::V6) & !devices
}

/// The rules, with files opened: what is a path now is held, whatever is put there later. Its
/// private folder is not among them, since what is mounted there is not yet.
pub(crate) fn rules(grants: &Grants) -> Result<RulesetCreated, RulesetError> {
    let abi = ABI::V6;
    let (all, change) = (AccessFs::from_all(abi), change());
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(all)?
        .scope(Scope::AbstractUnixSocket | Scope::Signal)?
        .create()?;
    let system = SYSTEM.iter().map(PathBuf::from).chain(settings_of_java());
    for path in system.chain(grants.read.iter().cloned()) {
        rules = add(rules, &path, AccessFs::from_read(abi))?;
    }
    let written = SINKS.iter().map(PathBuf::from).chain(grants.write.iter().cloned());
    for path in written {
        rules = add(rules, &path, change)?;
    }
    Ok(rules)
}

/// Where distributions keep what Java reads as it starts: `/etc/java-17-openjdk` and the like.
fn settings_of_java() -> impl Iterator<Item = PathBuf> {
    let found = std::fs::read_dir("/etc").into_iter().flatten().flatten();
    let found = found.filter(|entry| entry.file_name().to_string_lossy().starts_with("java"));
    found.map(|entry| entry.path())
}

/// Adds a rule for a path that is there.
fn add(
    rules: RulesetCreated,
    path: &Path,
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, RulesetError> {
    let Ok(opened) = PathFd::new(path) else { return Ok(rules) };
    let access = if path.is_dir() { access } else { access & AccessFs::from_file(ABI::V6) };
    rules.add_rule(PathBeneath::new(opened, access))
}
