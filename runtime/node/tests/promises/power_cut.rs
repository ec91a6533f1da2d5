//! A power cut at any word or sector of a save leaves the old memory or the new one.

use heapless::Vec as Bounded;
use runtime_node::memory::RememberedStep;
use runtime_node::storage::{HEADER_BYTES, Keeper, Pages, Region, StorageError, stored_bytes_max};

use crate::simulated::flash::{Cut, Fate, SECTOR_BYTES, SimulatedFlash};
use crate::simulated::{REFLECTIONS, STEPS, SmallMemory};

const REGION: Region = Region { address: SECTOR_BYTES as u32, page_bytes: 2 * SECTOR_BYTES as u32 };
const FATES: [Fate; 7] = [
    Fate::Nothing,
    Fate::FirstHalf,
    Fate::LastHalf,
    Fate::SomeBits { seed: 1 },
    Fate::SomeBits { seed: 2 },
    Fate::SomeBits { seed: 3 },
    Fate::Everything,
];

fn pages<const WORD: usize>(
    flash: SimulatedFlash<WORD>,
) -> Pages<SimulatedFlash<WORD>, STEPS, REFLECTIONS> {
    Pages::new(flash, REGION).unwrap()
}

/// A memory after so many episodes of one step and one reflection each.
fn after(episodes: u32) -> SmallMemory {
    let mut memory = SmallMemory::new();
    for episode in 1..=episodes {
        memory.begin_episode();
        let readings = Bounded::from_slice(&[Some(episode as i32), None]).unwrap();
        memory.record(RememberedStep { episode, at_ms: 9, actuator: 0, value: -1, readings });
        memory.remember(5, &"Wait longer. ".repeat(episode as usize % 15)).unwrap();
    }
    memory
}

fn text(memory: &SmallMemory) -> String {
    memory.entries().fold(String::new(), |text, entry| text + &format!("{entry:?}\n"))
}

fn load<const WORD: usize>(flash: &SimulatedFlash<WORD>) -> String {
    let mut memory = after(1);
    pages(flash.clone()).load(&mut memory).unwrap();
    text(&memory)
}

/// Cuts the save of `new` over `flash`, which holds `old`, at every operation in
/// every way; returns how many cuts that were.
fn check_cuts<const WORD: usize>(
    flash: &SimulatedFlash<WORD>,
    old: &SmallMemory,
    new: &SmallMemory,
) -> usize {
    let mut uncut = pages(flash.clone());
    uncut.save(new).unwrap();
    let operations = uncut.into_flash().operations - flash.operations;
    for after in 0..operations {
        for fate in FATES {
            let mut cut = flash.clone();
            cut.cut = Some(Cut { after: flash.operations + after, fate });
            let mut cut = pages(cut);
            cut.save(new).unwrap_err();
            let mut flash = cut.into_flash();
            flash.restore_power();

            let found = load(&flash);
            let is_last = after + 1 == operations && fate == Fate::Everything;
            let is_new = found == text(new);
            assert!(is_new || found == text(old), "{after} {fate:?}: {found}");
            assert!(is_new || !is_last, "everything was written");

            let mut again = pages(flash);
            again.save(new).unwrap();
            assert_eq!(load(&again.into_flash()), text(new));
        }
    }
    operations * FATES.len()
}

/// Eight saves, cut at each of their operations.
fn check_word<const WORD: usize>() -> usize {
    let mut flash = SimulatedFlash::<WORD>::new();
    let mut old = SmallMemory::new();
    let mut cuts = 0;
    for episodes in 1..=8 {
        let new = after(episodes);
        cuts += check_cuts(&flash, &old, &new);
        let mut saved = pages(flash);
        saved.save(&new).unwrap();
        flash = saved.into_flash();
        assert_eq!(load(&flash), text(&new));
        old = new;
    }
    cuts
}

#[test]
fn a_power_cut_leaves_the_old_memory_or_the_new_on_flash_of_bytes() {
    let cuts = check_word::<1>();
    assert!(cuts > 9_000, "{cuts}");
}

#[test]
fn a_power_cut_leaves_the_old_memory_or_the_new_on_flash_of_words() {
    let cuts = check_word::<4>();
    assert!(cuts > 2_500, "{cuts}");
}

#[test]
fn a_power_cut_leaves_the_old_memory_or_the_new_on_flash_of_32_bytes() {
    let cuts = check_word::<32>();
    assert!(cuts > 400, "{cuts}");
}

#[test]
fn a_second_power_cut_leaves_the_old_memory_or_the_new() {
    let mut first = pages(SimulatedFlash::<8>::new());
    first.save(&after(1)).unwrap();
    let saved = first.into_flash();
    for cut_after in 0.. {
        let mut flash = saved.clone();
        let after_operations = flash.operations + cut_after;
        flash.cut = Some(Cut { after: after_operations, fate: Fate::SomeBits { seed: 9 } });
        let mut cut = pages(flash);
        if cut.save(&after(2)).is_ok() {
            assert!(cut_after > 10);
            return;
        }
        let mut flash = cut.into_flash();
        flash.restore_power();

        check_cuts(&flash, &after(1), &after(3));
    }
}

#[test]
fn flash_that_was_never_ours_is_an_empty_memory() {
    assert_eq!(load(&SimulatedFlash::<4>::new()), text(&SmallMemory::new()));
}

#[test]
fn a_page_with_a_flipped_bit_is_no_page() {
    let mut pages_ = pages(SimulatedFlash::<4>::new());
    pages_.save(&after(3)).unwrap();
    pages_.save(&after(4)).unwrap();
    let flash = pages_.into_flash();
    let second = (REGION.address + REGION.page_bytes) as usize;
    let length = flash.bytes(second + 12, second + 16).try_into().unwrap();
    let end = second + HEADER_BYTES + u32::from_le_bytes(length) as usize;
    for (address, bit) in (second..end).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
        let mut worn = flash.clone();
        worn.flip(address, bit);

        assert_eq!(load(&worn), text(&after(3)), "bit {bit} at {address}");
    }
}

#[test]
fn a_region_that_cannot_hold_two_pages_is_refused() {
    let check = |region, expected| {
        let found = Pages::<_, STEPS, REFLECTIONS>::new(SimulatedFlash::<4>::new(), region);
        assert_eq!(found.err(), Some(expected));
    };

    for (address, page_bytes) in [(1, 1024), (0, 1000), (0, 4096), (u32::MAX - 511, 1024)] {
        let expected = StorageError::Region { address, page_bytes };
        check(Region { address, page_bytes }, expected);
    }
    let needed_bytes = stored_bytes_max(STEPS, REFLECTIONS);
    check(
        Region { address: 0, page_bytes: 512 },
        StorageError::PageTooSmall { page_bytes: 512, needed_bytes },
    );
}
