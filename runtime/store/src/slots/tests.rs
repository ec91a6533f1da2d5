//! Adapters come and go, on a disk whose power fails anywhere.

use std::cell::Cell;

use super::*;

fn names(state: &SlotsState) -> [Option<&str>; 3] {
    let probation = state.probation.as_ref().map(|probation| &probation.slot);
    [state.confirmed.as_ref(), state.previous.as_ref(), probation]
        .map(|slot| slot.map(|slot| slot.name.as_str()))
}

fn active_bytes(slots: &Slots) -> Option<Vec<u8>> {
    slots.active().unwrap().map(|active| fs::read(active.path).unwrap())
}

/// Slots with `old` before `good`, both confirmed.
fn confirmed_twice(folder: &Path) -> Slots {
    let slots = Slots::open(folder).unwrap();
    for name in ["old", "good"] {
        slots.install(name.as_bytes(), name).unwrap();
        slots.start().unwrap();
        slots.confirm().unwrap();
    }
    slots
}

fn adapter_count(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|suffix| suffix == "gguf")).count()
}

#[test]
fn an_adapter_is_tried_and_confirmed() {
    let folder = tempfile::tempdir().unwrap();
    let slots = confirmed_twice(folder.path());

    let slot = slots.install(b"new", "new").unwrap();
    let start = slots.start().unwrap();
    assert_eq!(start.probation, Some(ProbationStart::Tried(slot.clone())));
    assert_eq!(fs::read(start.active.unwrap().path).unwrap(), b"new");
    slots.confirm().unwrap();

    assert_eq!(names(&slots.state().unwrap()), [Some("new"), Some("good"), None]);
    assert_eq!(slots.start().unwrap().active.unwrap().slot, slot);
    assert_eq!(adapter_count(folder.path()), 2);
}

#[test]
fn an_adapter_that_is_not_confirmed_is_reverted_on_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let slots = confirmed_twice(folder.path());
    let slot = slots.install(b"new", "new").unwrap();

    slots.start().unwrap();
    let second = slots.start().unwrap();

    assert_eq!(second.probation, Some(ProbationStart::RevertedUnconfirmed(slot)));
    assert_eq!(fs::read(second.active.unwrap().path).unwrap(), b"good");
    assert_eq!(slots.start().unwrap().probation, None);
    assert_eq!(adapter_count(folder.path()), 2);
}

#[test]
fn the_first_adapter_reverts_to_the_model_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let slots = Slots::open(folder.path()).unwrap();
    slots.install(b"new", "new").unwrap();

    slots.start().unwrap();

    assert_eq!(slots.start().unwrap().active, None);
}

#[test]
fn reverting_goes_back_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let slots = confirmed_twice(folder.path());
    slots.install(b"new", "new").unwrap();

    let mut left = Vec::new();
    while let Ok(slot) = slots.revert() {
        left.push(slot.name);
    }

    assert_eq!(left, ["new", "good", "old"]);
    assert_eq!(slots.active().unwrap(), None);
    assert_eq!(adapter_count(folder.path()), 0);
}

#[test]
fn an_adapter_found_good_elsewhere_is_confirmed_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let slots = confirmed_twice(folder.path());

    slots.adopt(b"new", "new").unwrap();
    slots.adopt(b"new", "again").unwrap();

    assert_eq!(names(&slots.state().unwrap()), [Some("new"), Some("good"), None]);
    assert_eq!(active_bytes(&slots).unwrap(), b"new");
    slots.install(b"newer", "newer").unwrap();
    assert!(matches!(slots.adopt(b"newest", "x"), Err(SlotsError::OnProbation { .. })));
    slots.adopt(b"newer", "newer").unwrap();
    assert_eq!(names(&slots.state().unwrap()), [Some("newer"), Some("new"), None]);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let slots = confirmed_twice(folder.path());

    assert!(matches!(slots.confirm(), Err(SlotsError::NothingOnProbation)));
    assert!(matches!(slots.install(b"good", "x"), Err(SlotsError::AlreadyConfirmed { .. })));
    slots.install(b"new", "new").unwrap();
    assert!(matches!(slots.confirm(), Err(SlotsError::NotTried { .. })));
    assert!(matches!(slots.install(b"newer", "newer"), Err(SlotsError::OnProbation { .. })));
}

#[test]
fn a_damaged_adapter_is_never_run() {
    let folder = tempfile::tempdir().unwrap();
    let slots = confirmed_twice(folder.path());
    let good = slots.active().unwrap().unwrap();
    let slot = slots.install(b"new", "new").unwrap();
    let new = slots.active().unwrap().unwrap();

    fs::write(&new.path, b"new?").unwrap();
    let start = slots.start().unwrap();
    assert_eq!(start.probation, Some(ProbationStart::RevertedDamaged(slot)));
    assert_eq!(start.active, Some(good.clone()));

    fs::remove_file(good.path).unwrap();
    assert!(matches!(slots.start(), Err(SlotsError::Damaged { .. })));
    assert!(matches!(slots.active(), Err(SlotsError::Damaged { .. })));
}

#[test]
fn an_unknown_state_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let slots = confirmed_twice(folder.path());
    let text = fs::read_to_string(slots.state_path()).unwrap();
    // Without its checksum, which would refuse each of them.
    let (_, good) = text.split_once('\n').unwrap();
    let wrong = [
        String::new(),
        good.replace("version = 1", "version = 2"),
        good.replace("[confirmed]", "[confirmd]"),
        good.replace("sha256 = \"", "sha256 = \"../"),
        good[..good.len() / 2].to_string(),
    ];

    for text in wrong {
        fs::write(slots.state_path(), &text).unwrap();
        assert!(matches!(slots.start(), Err(SlotsError::State { .. })), "{text}");
        assert!(matches!(Slots::open(folder.path()), Err(SlotsError::State { .. })), "{text}");
    }
    fs::remove_file(slots.state_path()).unwrap();
    assert!(matches!(Slots::open(folder.path()), Err(SlotsError::StateMissing { .. })));
}

#[test]
fn a_damaged_byte_of_the_state_never_gives_another_state() {
    let folder = tempfile::tempdir().unwrap();
    let slots = confirmed_twice(folder.path());
    slots.install(b"new", "new").unwrap();
    let (text, state) = (fs::read(slots.state_path()).unwrap(), slots.state().unwrap());

    for place in 0..text.len() {
        for bit in 0..8 {
            let mut damaged = text.clone();
            damaged[place] ^= 1 << bit;
            let Ok(damaged) = String::from_utf8(damaged) else { continue };
            if let Ok(found) = SlotsState::parse(&damaged) {
                assert_eq!(found, state, "bit {bit} of byte {place}");
            }
        }
    }
}

#[test]
fn a_state_of_an_older_program_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let slots = confirmed_twice(folder.path());
    let (text, state) = (fs::read_to_string(slots.state_path()).unwrap(), slots.state().unwrap());

    fs::write(slots.state_path(), text.split_once('\n').unwrap().1).unwrap();

    assert_eq!(slots.state().unwrap(), state);
}

/// A disk that works for a number of operations, breaks off in the middle of
/// the next and does nothing after it.
struct CutDisk {
    operations_left: Cell<u32>,
}

impl CutDisk {
    /// Whether the next operation is done in full; otherwise the power is off.
    fn take(&self) -> io::Result<()> {
        let left = self.operations_left.get();
        self.operations_left.set(left.saturating_sub(1));
        if left > 0 { Ok(()) } else { Err(io::Error::other("the power is off")) }
    }
}

impl Disk for CutDisk {
    fn write_synced(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let taken = self.take();
        // Half of a write may be on the medium when the power goes.
        let written = if taken.is_ok() { bytes } else { &bytes[..bytes.len() / 2] };
        fs::write(path, written)?;
        taken
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.take()?;
        OsDisk.rename(from, to)
    }

    fn sync_folder(&self, _folder: &Path) -> io::Result<()> {
        self.take()
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.take()?;
        OsDisk.remove(path)
    }
}

type Change = fn(&Slots) -> Result<(), SlotsError>;

/// Cuts the power after every operation of a change, and holds that what is
/// found afterwards is what was before or what was to be.
fn check_cuts(prepare: fn(&Slots), change: Change) {
    let whole = tempfile::tempdir().unwrap();
    let slots = confirmed_twice(whole.path());
    prepare(&slots);
    let before = slots.state().unwrap();
    change(&slots).unwrap();
    let after = slots.state().unwrap();

    for operations in 0.. {
        let folder = tempfile::tempdir().unwrap();
        prepare(&confirmed_twice(folder.path()));
        let disk = CutDisk { operations_left: Cell::new(operations) };
        let cut = Slots { folder: folder.path().to_owned(), disk: Box::new(disk) };
        let changed = change(&cut);

        let slots = Slots::open(folder.path()).unwrap();
        let found = slots.state().unwrap();
        assert!(found == before || found == after, "cut after {operations}: {found:?}");
        assert_eq!(active_bytes(&slots).is_some(), found.active().is_some());
        assert!(slots.start().is_ok(), "cut after {operations}");
        if changed.is_ok() {
            assert_eq!(found, after);
            assert!(operations > 2, "a change is at least written, renamed and synced");
            return;
        }
    }
}

#[test]
fn a_power_cut_while_installing_leaves_a_usable_adapter() {
    check_cuts(|_| (), |slots| slots.install(b"new", "new").map(drop));
}

#[test]
fn a_power_cut_while_starting_leaves_a_usable_adapter() {
    let install = |slots: &Slots| drop(slots.install(b"new", "new").unwrap());
    check_cuts(install, |slots| slots.start().map(drop));
}

#[test]
fn a_power_cut_while_confirming_leaves_a_usable_adapter() {
    let tried = |slots: &Slots| {
        slots.install(b"new", "new").unwrap();
        slots.start().unwrap();
    };
    check_cuts(tried, |slots| slots.confirm().map(drop));
    // A second start reverts instead.
    check_cuts(tried, |slots| slots.start().map(drop));
}

#[test]
fn a_power_cut_while_adopting_leaves_a_usable_adapter() {
    check_cuts(|_| (), |slots| slots.adopt(b"new", "new").map(drop));
}

#[test]
fn a_power_cut_while_reverting_leaves_a_usable_adapter() {
    check_cuts(|_| (), |slots| slots.revert().map(drop));
    let install = |slots: &Slots| drop(slots.install(b"new", "new").unwrap());
    check_cuts(install, |slots| slots.revert().map(drop));
}

#[test]
fn a_power_cut_while_the_folder_is_made_leaves_one_that_opens() {
    // Written, renamed, synced, and the folder around it synced.
    for operations in 0..4 {
        let folder = tempfile::tempdir().unwrap();
        let disk = CutDisk { operations_left: Cell::new(operations) };

        assert!(Slots::open_on(Box::new(disk), folder.path()).is_err());

        let slots = Slots::open(folder.path()).unwrap();
        assert_eq!(slots.state().unwrap(), SlotsState::default());
    }
}
