//! Fused operations on burn's CPU backend.

use burn::backend::Flex;
use burn::backend::tensor::{FloatTensor, IntTensor};

use super::{bytes, tensor, values};
use crate::kernels::fused::{Fused, operations_by_fused};
use crate::kernels::products::{self, Side};
use crate::kernels::rotations::{self, Angles};
use crate::kernels::settings::{Activation, Adapted, Direction, Pairing};
use crate::kernels::shared::View;
use crate::kernels::{F32, cast, factors, gates, kind, norms};
use crate::matrix::Packing;

impl Fused for Flex {
    fn gate(inputs: [FloatTensor<Self>; 2], activation: Activation) -> FloatTensor<Self> {
        let [gate, up] = inputs.map(|tensor| tensor.to_contiguous());
        let columns = columns(&gate);
        tensor(gates::gate([values(&gate), values(&up)], activation), columns)
    }

    fn gate_backward(
        inputs: [FloatTensor<Self>; 2],
        gradient: FloatTensor<Self>,
        activation: Activation,
    ) -> [FloatTensor<Self>; 2] {
        let [gate, up] = inputs.map(|tensor| tensor.to_contiguous());
        let gradient = gradient.to_contiguous();
        let inputs = [values(&gate), values(&up)];
        gates::gate_backward(inputs, values(&gradient), activation)
            .map(|numbers| tensor(numbers, columns(&gate)))
    }

    fn normalize(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        epsilon: f32,
    ) -> [FloatTensor<Self>; 2] {
        let x = x.to_contiguous();
        let [out, scales] = norms::normalize(values(&x), values(&weight), epsilon);
        [tensor(out, columns(&x)), tensor(scales, 1)]
    }

    fn normalize_backward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        scales_and_gradient: [FloatTensor<Self>; 2],
    ) -> FloatTensor<Self> {
        let x = x.to_contiguous();
        let [scales, gradient] = scales_and_gradient.map(|tensor| tensor.to_contiguous());
        let others = [values(&scales), values(&gradient)];
        tensor(norms::normalize_backward(values(&x), values(&weight), others), columns(&x))
    }

    fn rotate(
        x: FloatTensor<Self>,
        [cos, sin, exchange]: [FloatTensor<Self>; 3],
        pairing: Pairing,
        direction: Direction,
    ) -> FloatTensor<Self> {
        let x = x.to_contiguous();
        let width = columns(&exchange);
        let angles = Angles { cos: values(&cos), sin: values(&sin), width, pairing };
        tensor(rotations::rotate(values(&x), angles, direction), columns(&x))
    }

    fn adapted(
        x: FloatTensor<Self>,
        factors: [FloatTensor<Self>; 2],
        words: IntTensor<Self>,
        Adapted { packing, scale }: Adapted,
    ) -> [FloatTensor<Self>; 2] {
        let kind = kind::<Self>(&x);
        let [a, b] = factors;
        let [x, a, b] = [x, a, b].map(in_rows);
        let narrow = factors::multiply(view(&x), view(&a).transposed(), scale);
        let side = Side { narrow: &narrow, factor: values(&b), rank: columns(&b) };
        let out = products::product(values(&x), bytes(&words), packing, Some(side));
        [tensor(out, packing.rows), tensor(narrow, columns(&b))].map(|out| cast::<Self>(out, kind))
    }

    fn adapted_factors_backward(
        inputs: [FloatTensor<Self>; 2],
        narrow_and_gradient: [FloatTensor<Self>; 2],
        scale: f32,
    ) -> ([FloatTensor<Self>; 2], FloatTensor<Self>) {
        let [narrow, gradient] = narrow_and_gradient;
        let kind = kind::<Self>(&gradient);
        let [x, b] = inputs.map(in_rows);
        let [narrow, gradient] = [narrow, gradient].map(in_rows);
        let of_narrow = tensor(factors::multiply(view(&gradient), view(&b), scale), columns(&b));
        let of_a = factors::multiply(view(&of_narrow).transposed(), view(&x), 1.0);
        let of_b = factors::multiply(view(&gradient).transposed(), view(&narrow), 1.0);
        let factors = [tensor(of_a, columns(&x)), tensor(of_b, columns(&narrow))];
        (factors.map(|factor| cast::<Self>(factor, kind)), cast::<Self>(of_narrow, kind))
    }

    fn adapted_input_backward(
        narrow_and_a: [FloatTensor<Self>; 2],
        gradient: FloatTensor<Self>,
        words: IntTensor<Self>,
        packing: Packing,
    ) -> FloatTensor<Self> {
        let kind = kind::<Self>(&gradient);
        let [narrow, a] = narrow_and_a.map(in_rows);
        let gradient = in_rows(gradient);
        let side = Side { narrow: values(&narrow), factor: values(&a), rank: columns(&narrow) };
        let out =
            products::product_transposed(values(&gradient), bytes(&words), packing, Some(side));
        cast::<Self>(tensor(out, packing.columns), kind)
    }
}

operations_by_fused!(Flex);

/// The width of a matrix.
fn columns(tensor: &FloatTensor<Flex>) -> usize {
    tensor.layout().shape().dims::<2>()[1]
}

/// The tensor in f32, row behind row.
fn in_rows(tensor: FloatTensor<Flex>) -> FloatTensor<Flex> {
    cast::<Flex>(tensor, F32).to_contiguous()
}

/// A contiguous matrix.
fn view(tensor: &FloatTensor<Flex>) -> View<'_> {
    let [rows, columns] = tensor.layout().shape().dims();
    View::rows(values(tensor), [rows, columns], columns)
}

#[cfg(test)]
mod tests {
    use models::blocks::quantize;
    use models::gguf::GgmlType;

    use super::*;
    use crate::kernels::composed;
    use crate::matrix::Operands;

    /// Rows of more than a piece and of no whole vector: the widths are odd as well.
    const ROWS: usize = 301;
    const COLUMNS: usize = 77;

    fn wave(rows: usize, columns: usize, seed: f32) -> FloatTensor<Flex> {
        let values = (0..rows * columns).map(|i| 2.0 * (i as f32 * 0.37 + seed).sin());
        tensor(values.collect(), columns)
    }

    #[track_caller]
    fn assert_same(what: &str, fused: &FloatTensor<Flex>, composed: &FloatTensor<Flex>) {
        let composed = composed.clone().to_contiguous();
        let (fused, composed) = (values(fused), values(&composed));
        assert_eq!(fused.len(), composed.len(), "{what}");
        for (index, (a, b)) in fused.iter().zip(composed).enumerate() {
            assert!((a - b).abs() < 2e-5 * (1.0 + b.abs()), "{what}, {index}: {a} and {b}");
        }
    }

    #[test]
    fn gates_are_what_burn_composes() {
        let inputs = [wave(ROWS, COLUMNS, 0.0), wave(ROWS, COLUMNS, 1.0)];
        let gradient = wave(ROWS, COLUMNS, 2.0);
        for activation in [Activation::Silu, Activation::Gelu] {
            let expected = composed::gate::<Flex>(inputs.clone(), activation);
            assert_same("gate", &Flex::gate(inputs.clone(), activation), &expected);

            let expected =
                composed::gate_backward::<Flex>(inputs.clone(), gradient.clone(), activation);
            let found = Flex::gate_backward(inputs.clone(), gradient.clone(), activation);
            assert_same("of the gate", &found[0], &expected[0]);
            assert_same("of what goes up", &found[1], &expected[1]);
        }
    }

    #[test]
    fn gates_far_out_are_finite() {
        let far = || tensor(vec![-1e4, -100.0, 100.0, 1e4], 4);
        let ones = || tensor(vec![1.0; 4], 4);
        for activation in [Activation::Silu, Activation::Gelu] {
            let found = Flex::gate([far(), ones()], activation);
            assert_same("values", &found, &tensor(vec![0.0, 0.0, 100.0, 1e4], 4));

            let [slopes, _] = Flex::gate_backward([far(), ones()], ones(), activation);
            assert_same("slopes", &slopes, &tensor(vec![0.0, 0.0, 1.0, 1.0], 4));
        }
    }

    #[test]
    fn norms_are_what_burn_composes() {
        let (x, weight) = (wave(ROWS, COLUMNS, 0.0), wave(1, COLUMNS, 1.0));
        let [rows, scales] = Flex::normalize(x.clone(), weight.clone(), 1e-5);
        let [expected_rows, expected] =
            composed::normalize::<Flex>(x.clone(), weight.clone(), 1e-5);
        assert_same("rows", &rows, &expected_rows);
        assert_same("scales", &scales, &expected);

        let others = || [scales.clone(), wave(ROWS, COLUMNS, 2.0)];
        let expected = composed::normalize_backward::<Flex>(x.clone(), weight.clone(), others());
        assert_same("gradient", &Flex::normalize_backward(x, weight, others()), &expected);
    }

    #[test]
    fn rotations_are_what_burn_composes_and_go_back() {
        const WIDTH: usize = 6;
        for pairing in [Pairing::Neighbours, Pairing::Halves] {
            let pair = |index: usize| match pairing {
                Pairing::Neighbours => index / 2,
                Pairing::Halves => index % (WIDTH / 2),
            };
            let table = |turn: fn(f32) -> f32| {
                let angles = (0..ROWS * WIDTH).map(|i| (i / WIDTH + 7 * pair(i % WIDTH)) as f32);
                let values = angles.map(turn).collect();
                let data = burn::tensor::TensorData::new(values, [ROWS, 1, WIDTH]);
                FloatTensor::<Flex>::from_data(data)
            };
            let mut exchange = vec![0.0; WIDTH * WIDTH];
            for (one, two) in (0..WIDTH).flat_map(|one| (one + 1..WIDTH).map(move |two| (one, two)))
            {
                if pair(one) == pair(two) {
                    (exchange[two * WIDTH + one], exchange[one * WIDTH + two]) = (-1.0, 1.0);
                }
            }
            let tables = || [table(f32::cos), table(f32::sin), tensor(exchange.clone(), WIDTH)];
            let x = wave(ROWS, 5 * WIDTH, 0.0);
            for direction in [Direction::Forward, Direction::Back] {
                let expected = composed::rotate::<Flex>(x.clone(), tables(), direction);
                let found = Flex::rotate(x.clone(), tables(), pairing, direction);
                assert_same("rotated", &found, &expected);
            }
            let there = Flex::rotate(x.clone(), tables(), pairing, Direction::Forward);
            let back = Flex::rotate(there, tables(), pairing, Direction::Back);
            assert_same("and back", &back, &x);
        }
    }

    #[test]
    fn adapted_products_are_what_burn_composes() {
        // Ranks below, at and over a vector; matrices that are wide and that are tall.
        for (rank, rows, columns) in [(3, 70, 64), (16, 34, 160), (40, 200, 32)] {
            let packing =
                Packing { kind: GgmlType::Q8_0, rows, columns, operands: Operands::Exact };
            let weights = wave(rows, columns, 4.0);
            let mut bytes = vec![0; rows * packing.row_bytes()];
            quantize(GgmlType::Q8_0, values(&weights), &mut bytes).unwrap();
            let words = bytes.as_chunks::<4>().0.iter().map(|word| i32::from_le_bytes(*word));
            let words: Vec<i32> = words.collect();
            let words = IntTensor::<Flex>::from_data(burn::tensor::TensorData::from(&words[..]));
            let how = Adapted { packing, scale: 0.7 };
            for n in [1, ROWS] {
                let x = wave(n, columns, 0.0);
                let (a, b) = (wave(rank, columns, 1.0), wave(rows, rank, 2.0));
                let factors = || [a.clone(), b.clone()];
                let found = Flex::adapted(x.clone(), factors(), words.clone(), how);
                let expected = composed::adapted::<Flex>(x.clone(), factors(), words.clone(), how);
                near(&found, &expected);

                let gradient = wave(n, rows, 3.0);
                let others = || [found[1].clone(), gradient.clone()];
                let (of_factors, narrow) =
                    Flex::adapted_factors_backward([x.clone(), b.clone()], others(), how.scale);
                let (expected, expected_narrow) = composed::adapted_factors_backward::<Flex>(
                    [x.clone(), b.clone()],
                    others(),
                    how.scale,
                );
                near(&of_factors, &expected);
                near(std::slice::from_ref(&narrow), &[expected_narrow]);

                let side = || [narrow.clone(), a.clone()];
                let of_x =
                    Flex::adapted_input_backward(side(), gradient.clone(), words.clone(), packing);
                let expected = composed::adapted_input_backward::<Flex>(
                    side(),
                    gradient,
                    words.clone(),
                    packing,
                );
                near(&[of_x], &[expected]);
            }
        }
    }

    /// Sums of many numbers in another order.
    #[track_caller]
    fn near(found: &[FloatTensor<Flex>], expected: &[FloatTensor<Flex>]) {
        for (found, expected) in found.iter().zip(expected) {
            let expected = expected.clone().to_contiguous();
            let (found, expected) = (values(found), values(&expected));
            assert_eq!(found.len(), expected.len());
            let most = expected.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
            for (a, b) in found.iter().zip(expected) {
                assert!((a - b).abs() < 1e-5 * most, "{a} and {b}");
            }
        }
    }
}
