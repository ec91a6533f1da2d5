//! What is dropped leaves nothing in a process that goes on.
#![allow(clippy::unwrap_used, reason = "these are tests")]
#![allow(unsafe_code, reason = "an allocator that counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use models::gguf::Gguf;
use models::tokenizer::{Special, Tokenizer};

/// The system's allocator, which counts what each thread holds.
struct Counting;

thread_local! {
    /// Bytes that this thread allocated and did not free.
    static HELD_BYTES: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: usize, sign: isize) {
    // A thread that ends has no counter any more.
    let _ = HELD_BYTES.try_with(|held| held.set(held.get() + sign * bytes.cast_signed()));
}

// SAFETY: all is left to the system's allocator, with what it asks for.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 1);
        // SAFETY: the caller keeps what the allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(layout.size(), -1);
        // SAFETY: as above; the pointer is the system's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_dropped_tokenizer_leaves_nothing_in_the_thread_that_encoded() {
    let gguf = Gguf::from_bytes("tiny.gguf", models::tiny::llama(0)).unwrap();
    let once = || {
        let tokenizer = Tokenizer::from_gguf(&gguf).unwrap();
        assert!(!tokenizer.encode("go to the cabinet and open it", Special::Text).is_empty());
    };
    // What is made once for all is made here.
    once();

    let held_before = HELD_BYTES.get();
    (0..20).for_each(|_| once());

    assert_eq!(HELD_BYTES.get() - held_before, 0);
}
