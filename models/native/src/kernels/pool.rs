//! Threads that compute the pieces of one operation, and wait for the next without sleeping.
//!
//! A forward pass is hundreds of operations of microseconds: a thread that was put to sleep
//! between two of them would cost more than it computes. Between two passes they do sleep.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, TryLockError};
use std::thread::JoinHandle;

/// Looks at the state before a thread lies down: some 50 microseconds.
const LOOKS: u32 = 4000;
/// Looks before a thread lets others of this machine run.
const LOOKS_ALONE: u32 = 200;

/// Threads, the calling one among them.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    /// Held while there is an operation: there is one at a time.
    alone: Mutex<()>,
    workers: Vec<JoinHandle<()>>,
}

/// The lower half counts who is at work, then comes [`OPEN`]; the upper half counts operations.
const OPEN: u64 = 1 << 31;
const NEXT: u64 = 1 << 32;

struct Shared {
    state: AtomicU64,
    operation: Mutex<Option<Operation>>,
    /// The next piece that nobody has taken.
    piece: AtomicUsize,
    ends: AtomicBool,
    panicked: AtomicBool,
    /// How many lie down.
    asleep: Mutex<usize>,
    wakes: Condvar,
}

/// What is computed of each piece, and how many pieces there are.
#[derive(Clone, Copy)]
struct Operation {
    compute: *const (dyn Fn(usize) + Sync),
    pieces: usize,
    /// Pieces that are taken at once.
    at_once: usize,
}

// SAFETY: the pointer is to a closure that may be called from several threads, and is
// followed only while `Pool::run` waits for whoever does: see there.
unsafe impl Send for Operation {}

impl Pool {
    /// As many threads, at least the calling one.
    pub(crate) fn new(threads: usize) -> Self {
        let shared = Arc::new(Shared {
            state: AtomicU64::new(0),
            operation: Mutex::new(None),
            piece: AtomicUsize::new(0),
            ends: AtomicBool::new(false),
            panicked: AtomicBool::new(false),
            asleep: Mutex::new(0),
            wakes: Condvar::new(),
        });
        let workers = (1..threads).filter_map(|number| {
            let shared = Arc::clone(&shared);
            let named = std::thread::Builder::new().name(format!("compute-{number}"));
            // With fewer threads than asked for, fewer compute.
            named.spawn(move || shared.work()).ok()
        });
        Self { workers: workers.collect(), shared, alone: Mutex::new(()) }
    }

    /// Threads, the calling one included.
    pub(crate) fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Computes the pieces 0 to `pieces`, in any order, on all threads; on the calling one
    /// alone while another operation goes on.
    ///
    /// # Panics
    ///
    /// Where a piece does.
    pub(crate) fn run(&self, pieces: usize, compute: impl Fn(usize) + Sync) {
        if self.workers.is_empty() || pieces < 2 {
            return (0..pieces).for_each(compute);
        }
        let _alone = match self.alone.try_lock() {
            Ok(alone) => alone,
            // A piece panicked, after which the operation was closed all the same.
            Err(TryLockError::Poisoned(alone)) => alone.into_inner(),
            Err(TryLockError::WouldBlock) => return (0..pieces).for_each(compute),
        };
        let at_once = (pieces / (4 * self.threads())).max(1);
        let borrowed: &(dyn Fn(usize) + Sync) = &compute;
        // SAFETY: only the lifetime is dropped. `close` below returns when no thread is in
        // `take_pieces` with this operation, and none can enter afterwards: entering is one
        // compare-and-exchange on the state that fails once `OPEN` is gone. It runs before
        // `compute` is dropped, also where a piece panics, since that is caught. Nobody opens
        // another operation meanwhile: `alone` is held.
        let compute: *const (dyn Fn(usize) + Sync) = unsafe {
            std::mem::transmute::<&(dyn Fn(usize) + Sync), &'static (dyn Fn(usize) + Sync)>(
                borrowed,
            )
        };
        let operation = Operation { compute, pieces, at_once };
        self.shared.open(operation);
        let own = catch_unwind(AssertUnwindSafe(|| self.shared.take_pieces(operation)));
        self.shared.close();
        if let Err(panic) = own {
            resume_unwind(panic);
        }
        assert!(!self.shared.panicked.swap(false, Ordering::Relaxed), "a piece panicked");
    }

    /// Computes each piece of `size` items of a slice; the last may be shorter.
    pub(crate) fn pieces<T: Send>(
        &self,
        items: &mut [T],
        size: usize,
        compute: impl Fn(usize, &mut [T]) + Sync,
    ) {
        let shared = Disjoint::new(items);
        self.run(items.len().div_ceil(size), |piece| {
            // SAFETY: each piece is computed once, so no two threads have the same range.
            compute(piece, unsafe { shared.piece(piece, size) });
        });
    }

    /// The same for two slices with as many pieces.
    pub(crate) fn pairs<T: Send, U: Send>(
        &self,
        (first, first_size): (&mut [T], usize),
        (second, second_size): (&mut [U], usize),
        compute: impl Fn(usize, &mut [T], &mut [U]) + Sync,
    ) {
        let pieces = first.len().div_ceil(first_size);
        assert_eq!(pieces, second.len().div_ceil(second_size), "as many pieces");
        let (first, second) = (Disjoint::new(first), Disjoint::new(second));
        self.run(pieces, |piece| {
            // SAFETY: each piece is computed once, so no two threads have the same ranges.
            let (a, b) =
                unsafe { (first.piece(piece, first_size), second.piece(piece, second_size)) };
            compute(piece, a, b);
        });
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.ends.store(true, Ordering::Release);
        self.shared.wake();
        for worker in self.workers.drain(..) {
            // Its panics were told to whoever asked for the piece.
            let _ = worker.join();
        }
    }
}

impl Shared {
    fn open(&self, operation: Operation) {
        *lock(&self.operation) = Some(operation);
        self.piece.store(0, Ordering::Relaxed);
        let before = self.state.load(Ordering::Relaxed);
        // Nobody is at work here, and nobody else opens: `Pool::run` holds `alone`, and closes
        // before it returns.
        self.state.store((before & !(NEXT - 1)).wrapping_add(NEXT) | OPEN, Ordering::Release);
        if *lock(&self.asleep) > 0 {
            self.wake();
        }
    }

    fn close(&self) {
        self.state.fetch_and(!OPEN, Ordering::AcqRel);
        let mut looks = 0;
        while self.state.load(Ordering::Acquire) & (OPEN - 1) != 0 {
            pause(&mut looks);
        }
    }

    fn wake(&self) {
        let _asleep = lock(&self.asleep);
        self.wakes.notify_all();
    }

    fn take_pieces(&self, Operation { compute, pieces, at_once }: Operation) {
        loop {
            let first = self.piece.fetch_add(at_once, Ordering::Relaxed);
            if first >= pieces {
                return;
            }
            for piece in first..(first + at_once).min(pieces) {
                // SAFETY: `Pool::run` has not returned, since it waits for this thread.
                unsafe { (*compute)(piece) };
            }
        }
    }

    fn work(&self) {
        let (mut done, mut looks) = (0, 0);
        while !self.ends.load(Ordering::Acquire) {
            let state = self.state.load(Ordering::Acquire);
            let is_new = state & OPEN != 0 && state / NEXT != done;
            if is_new && self.enter(state) {
                done = state / NEXT;
                let operation = *lock(&self.operation);
                if let Some(operation) = operation {
                    let all = catch_unwind(AssertUnwindSafe(|| self.take_pieces(operation)));
                    if all.is_err() {
                        self.panicked.store(true, Ordering::Relaxed);
                    }
                }
                self.state.fetch_sub(1, Ordering::AcqRel);
                looks = 0;
            } else if looks < LOOKS {
                pause(&mut looks);
            } else {
                self.sleep(done);
                looks = 0;
            }
        }
    }

    /// Whether the operation that was open still is; then this thread is counted.
    fn enter(&self, state: u64) -> bool {
        let entered =
            self.state.compare_exchange_weak(state, state + 1, Ordering::AcqRel, Ordering::Relaxed);
        entered.is_ok()
    }

    /// Sleeps until there is something new.
    fn sleep(&self, done: u64) {
        let mut asleep = lock(&self.asleep);
        *asleep += 1;
        while !self.ends.load(Ordering::Acquire) {
            let state = self.state.load(Ordering::Acquire);
            if state & OPEN != 0 && state / NEXT != done {
                break;
            }
            asleep = self.wakes.wait(asleep).unwrap_or_else(PoisonError::into_inner);
        }
        *asleep -= 1;
    }
}

fn pause(looks: &mut u32) {
    *looks += 1;
    if looks.is_multiple_of(LOOKS_ALONE) {
        std::thread::yield_now();
    } else {
        std::hint::spin_loop();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A slice of which threads hold different pieces.
struct Disjoint<T> {
    start: *mut T,
    length: usize,
}

// SAFETY: only disjoint pieces of it are reached, as `piece` demands.
unsafe impl<T: Send> Sync for Disjoint<T> {}

impl<T> Disjoint<T> {
    fn new(items: &mut [T]) -> Self {
        Self { start: items.as_mut_ptr(), length: items.len() }
    }

    /// # Safety
    ///
    /// The slice must be borrowed for as long as the piece is, and no two pieces of the
    /// same number and size may live at once.
    #[expect(clippy::mut_from_ref, reason = "pieces are disjoint")]
    unsafe fn piece(&self, number: usize, size: usize) -> &mut [T] {
        let first = (number * size).min(self.length);
        let length = size.min(self.length - first);
        // SAFETY: the range lies in the slice; the caller answers for the rest.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(first), length) }
    }
}
