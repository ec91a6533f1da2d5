//! The kernels on burn's CPU backend.

mod fused;

use burn::backend::Flex;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::tensor::{Shape, TensorData};

use super::attend::{self, Inputs};
use super::head::Head;
use super::{Attention, Kernels, products};
use crate::matrix::Packing;

impl Kernels for Flex {
    fn product(
        x: FloatTensor<Self>,
        words: IntTensor<Self>,
        packing: Packing,
    ) -> FloatTensor<Self> {
        let x = x.to_contiguous();
        let out = products::product(values(&x), bytes(&words), packing, None);
        tensor(out, packing.rows)
    }

    fn product_transposed(
        x: FloatTensor<Self>,
        words: IntTensor<Self>,
        packing: Packing,
    ) -> FloatTensor<Self> {
        let x = x.to_contiguous();
        let out = products::product_transposed(values(&x), bytes(&words), packing, None);
        tensor(out, packing.columns)
    }

    fn attend(inputs: [FloatTensor<Self>; 3], how: &Attention) -> [FloatTensor<Self>; 2] {
        let inputs = inputs.map(|tensor| tensor.to_contiguous());
        let [output, logs] = attend::attend(views(&inputs), how);
        [tensor(output, how.heads * how.head_width), tensor(logs, how.heads)]
    }

    fn attend_backward(
        inputs: [FloatTensor<Self>; 3],
        outputs: [FloatTensor<Self>; 2],
        gradient: FloatTensor<Self>,
        how: &Attention,
    ) -> [FloatTensor<Self>; 3] {
        let inputs = inputs.map(|tensor| tensor.to_contiguous());
        let outputs = outputs.map(|tensor| tensor.to_contiguous());
        let gradient = gradient.to_contiguous();
        let [output, logs] = &outputs;
        let [query, key, value] = attend::attend_backward(
            views(&inputs),
            [values(output), values(logs)],
            values(&gradient),
            how,
        );
        let (wide, narrow) = (how.heads * how.head_width, how.kv_heads * how.head_width);
        [tensor(query, wide), tensor(key, narrow), tensor(value, narrow)]
    }

    fn token_log_probs(
        x: FloatTensor<Self>,
        tokens: IntTensor<Self>,
        words: IntTensor<Self>,
        packing: Packing,
    ) -> [FloatTensor<Self>; 2] {
        let x = x.to_contiguous();
        let (x, tokens, bytes) = (values(&x), tokens.storage(), bytes(&words));
        let [log_probs, logs] = Head::new(x, tokens, bytes, packing).log_probs();
        [tensor(log_probs, 1), tensor(logs, 1)]
    }

    fn token_log_probs_backward(
        x: FloatTensor<Self>,
        [tokens, words]: [IntTensor<Self>; 2],
        [logs, gradient]: [FloatTensor<Self>; 2],
        packing: Packing,
    ) -> FloatTensor<Self> {
        let [x, logs, gradient] = [x, logs, gradient].map(|tensor| tensor.to_contiguous());
        let head = Head::new(values(&x), tokens.storage(), bytes(&words), packing);
        tensor(head.backward(values(&logs), values(&gradient)), packing.columns)
    }
}

operations_by_kernels!(Flex);

fn views(inputs: &[FloatTensor<Flex>; 3]) -> Inputs<'_> {
    let [query, key, value] = inputs;
    Inputs { query: values(query), key: values(key), value: values(value) }
}

/// The numbers of a contiguous tensor.
pub(super) fn values(tensor: &FloatTensor<Flex>) -> &[f32] {
    let start = tensor.layout().start_offset();
    &tensor.storage()[start..start + tensor.layout().num_elements()]
}

pub(super) fn bytes(words: &IntTensor<Flex>) -> &[u8] {
    words.bytes()
}

pub(super) fn tensor(values: Vec<f32>, columns: usize) -> FloatTensor<Flex> {
    let rows = values.len() / columns;
    FloatTensor::<Flex>::from_data(TensorData::new(values, Shape::new([rows, columns])))
}
