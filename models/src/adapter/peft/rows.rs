//! The order of query and key rows, which the architecture `llama` changes.
//!
//! ```text
//! a head in PEFT    r0 r1 r2 r3 │ i0 i1 i2 i3      rotary pairs lie half a head apart
//! the same in GGUF  r0 i0 r1 i1 r2 i2 r3 i3        rotary pairs lie side by side
//! ```
//!
//! Only outputs are reordered, hence only `B`.

use super::PeftError;
use super::names::{ARCHITECTURES, ModelMatrix};
use crate::adapter::AdaptedTensor;
use crate::gguf::Gguf;

/// How many heads have reordered rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowOrder {
    /// Rows stand as in PEFT.
    Same,
    /// Queries and keys are reordered, head by head.
    Paired { query_heads: u64, key_heads: u64 },
}

impl RowOrder {
    pub(super) fn of(base: &Gguf) -> Result<Self, PeftError> {
        let architecture = base.architecture().map_err(PeftError::Base)?;
        if !ARCHITECTURES.contains(&architecture) {
            return Err(PeftError::Architecture { found: architecture.to_owned() });
        }
        if architecture != "llama" {
            return Ok(Self::Same);
        }
        let heads = "llama.attention.head_count";
        let query_heads = base.required_unsigned(heads).map_err(PeftError::Base)?;
        let key_heads = "llama.attention.head_count_kv";
        let key_heads = match base.get(key_heads) {
            None => query_heads,
            Some(_) => base.required_unsigned(key_heads).map_err(PeftError::Base)?,
        };
        Ok(Self::Paired { query_heads, key_heads })
    }

    /// Brings `b` `[outputs][rank]` from PEFT's order to that of GGUF.
    pub(super) fn as_in_gguf(
        self,
        place: ModelMatrix,
        target: &AdaptedTensor,
        b: Vec<f32>,
    ) -> Result<Vec<f32>, PeftError> {
        self.moved(place, target, b, |from_peft, to_gguf| (from_peft, to_gguf))
    }

    /// Brings `b` `[outputs][rank]` from the order of GGUF to PEFT's.
    pub(super) fn as_in_peft(
        self,
        place: ModelMatrix,
        target: &AdaptedTensor,
        b: Vec<f32>,
    ) -> Result<Vec<f32>, PeftError> {
        self.moved(place, target, b, |to_peft, from_gguf| (from_gguf, to_peft))
    }

    /// Moves rows; `direction` tells from a row's places in PEFT and in GGUF where it
    /// comes from and where it goes.
    fn moved(
        self,
        place: ModelMatrix,
        target: &AdaptedTensor,
        b: Vec<f32>,
        direction: impl Fn(usize, usize) -> (usize, usize),
    ) -> Result<Vec<f32>, PeftError> {
        let Some(heads) = self.heads(place) else { return Ok(b) };
        if heads == 0 || !target.outputs.is_multiple_of(2 * heads) {
            let (expected, found) = (format!("{heads} heads of pairs"), target.outputs.to_string());
            let tensor = format!("{}.lora_b", target.name);
            return Err(PeftError::Tensor { file: "the base".into(), tensor, expected, found });
        }
        let size = |count: u64| usize::try_from(count).expect("it is in memory");
        let (head_rows, rank) = (size(target.outputs / heads), size(target.rank));
        let mut moved = vec![0.0; b.len()];
        for peft in 0..size(target.outputs) {
            let (from, to) = direction(peft, gguf_row(peft, head_rows));
            moved[to * rank..][..rank].copy_from_slice(&b[from * rank..][..rank]);
        }
        Ok(moved)
    }

    fn heads(self, place: ModelMatrix) -> Option<u64> {
        match self {
            Self::Paired { query_heads, .. } if place.is_query() => Some(query_heads),
            Self::Paired { key_heads, .. } if place.is_key() => Some(key_heads),
            _ => None,
        }
    }
}

/// Where GGUF files have the row that PEFT has at `row`.
fn gguf_row(row: usize, head_rows: usize) -> usize {
    let (head, within) = (row / head_rows, row % head_rows);
    let (half, pair) = (within / (head_rows / 2), within % (head_rows / 2));
    head * head_rows + 2 * pair + half
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_a_head_become_pairs() {
        let target =
            AdaptedTensor { name: "blk.0.attn_k.weight".into(), inputs: 1, outputs: 12, rank: 1 };
        let place = ModelMatrix::in_gguf(&target.name).unwrap();
        let order = RowOrder::Paired { query_heads: 6, key_heads: 2 };
        let peft: Vec<f32> = (0..12u8).map(f32::from).collect();

        let gguf = order.as_in_gguf(place, &target, peft.clone()).unwrap();

        assert_eq!(gguf, [0.0, 3.0, 1.0, 4.0, 2.0, 5.0, 6.0, 9.0, 7.0, 10.0, 8.0, 11.0]);
        assert_eq!(order.as_in_peft(place, &target, gguf).unwrap(), peft);
    }

    #[test]
    fn rows_move_whole_and_only_where_heads_rotate() {
        let target =
            AdaptedTensor { name: "blk.0.attn_q.weight".into(), inputs: 1, outputs: 4, rank: 2 };
        let order = RowOrder::Paired { query_heads: 1, key_heads: 1 };
        let b: Vec<f32> = (0..8u8).map(f32::from).collect();
        let place = |name: &str| ModelMatrix::in_gguf(name).unwrap();

        let queries = order.as_in_gguf(place("blk.0.attn_q.weight"), &target, b.clone()).unwrap();
        let values = order.as_in_gguf(place("blk.0.attn_v.weight"), &target, b.clone()).unwrap();

        assert_eq!(queries, [0.0, 1.0, 4.0, 5.0, 2.0, 3.0, 6.0, 7.0]);
        assert_eq!(values, b);
    }
}
