//! Which queries and keys meet, as the kernels are told it: a first one and the
//! one behind the last.

use super::super::{Attention, Segment};
use super::number;

impl Attention {
    /// The keys that each of `n` queries sees.
    pub(super) fn key_bounds(&self, n: usize) -> Vec<[u32; 2]> {
        let mut bounds = vec![[0; 2]; n];
        for segment in self.segments.iter() {
            for index in 0..segment.queries {
                let end = segment.keys - segment.queries + index + 1;
                let first = self.window.map_or(0, |window| end.saturating_sub(window));
                bounds[segment.query + index] =
                    [first, end].map(|position| number(segment.key + position));
            }
        }
        bounds
    }

    /// The queries that see each of `m` keys.
    pub(super) fn query_bounds(&self, m: usize) -> Vec<[u32; 2]> {
        let mut bounds = vec![[0; 2]; m];
        for Segment { query, queries, key, keys } in self.segments.iter().copied() {
            let before = keys - queries;
            for position in 0..keys {
                let first = position.saturating_sub(before);
                let end = self.window.map_or(queries, |window| {
                    (position + window).saturating_sub(before).min(queries)
                });
                bounds[key + position] = [first, end.max(first)].map(|index| number(query + index));
            }
        }
        bounds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_query_sees_is_what_is_seen_by_it() {
        let segments = [
            Segment { query: 0, queries: 3, key: 0, keys: 7 },
            Segment { query: 3, queries: 5, key: 7, keys: 5 },
        ];
        for window in [None, Some(1), Some(4), Some(100)] {
            let how = Attention {
                segments: segments.into(),
                heads: 1,
                kv_heads: 1,
                head_width: 1,
                scale: 1.0,
                window,
            };
            let (keys, queries) = (how.key_bounds(8), how.query_bounds(12));
            for (query, &[first, end]) in (0..).zip(&keys) {
                for (key, &[from, to]) in (0..).zip(&queries) {
                    let sees = (first..end).contains(&key);
                    assert_eq!(sees, (from..to).contains(&query), "{query} and {key}, {window:?}");
                }
            }
        }
    }
}
