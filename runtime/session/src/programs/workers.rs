//! Work that several threads share, each with a judge of its own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{ScopedJoinHandle, available_parallelism};

use crate::program::Surroundings;

/// What `work` makes of each item, in their order, on as many threads as there are processors. What was
/// not begun when the session is to stop is left out. `told` hears how many are done.
pub(super) fn each<T: Sync, R: Send, W>(
    items: &[T],
    begin: impl Fn() -> W + Sync,
    work: impl Fn(&mut W, &T) -> anyhow::Result<R> + Sync,
    surroundings: &Surroundings,
    told: &mut (dyn FnMut(usize) + Send),
) -> anyhow::Result<Vec<R>> {
    let (next, told) = (AtomicUsize::new(0), Mutex::new((0, told)));
    let share = || -> anyhow::Result<Vec<(usize, R)>> {
        let mut worker = begin();
        let mut made = Vec::new();
        while !surroundings.is_stopped() {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { break };
            let result = work(&mut worker, item);
            if result.is_err() {
                // The others end, too.
                next.store(items.len(), Ordering::Relaxed);
            }
            made.push((at, result?));
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            told.0 += 1;
            let done = told.0;
            (told.1)(done);
        }
        Ok(made)
    };
    let threads = available_parallelism().map_or(1, usize::from).min(items.len().max(1));
    let shares = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(share)).collect();
        threads.into_iter().map(ScopedJoinHandle::join).collect::<Vec<_>>()
    });
    let mut made = Vec::with_capacity(items.len());
    for share in shares {
        made.extend(share.map_err(|_| anyhow::anyhow!("a thread that judged broke down"))??);
    }
    made.sort_by_key(|(at, _)| *at);
    Ok(made.into_iter().map(|(_, result)| result).collect())
}
