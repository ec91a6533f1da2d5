//! The plots of a learning loop's rounds.

use plotters::prelude::{Color, LineSeries, PathElement};

use super::marks::{color, marker};
use super::{PLOT_PIXELS, chart, drawn, percent_chart};
use crate::interval::Rate;
use crate::report::ReportError;

/// Success by round in percent, with its intervals.
pub(in crate::report) fn success_by_round(rates: &[Rate]) -> Result<String, ReportError> {
    drawn(PLOT_PIXELS, |area| {
        let rounds = -0.4..rates.len().max(2) as f64 - 0.6;
        let mut chart = percent_chart(area, rounds, ["round", "solved, %"])?;
        let color = color(0);
        let at = |share: fn(&Rate) -> f64| {
            rates.iter().enumerate().map(move |(round, rate)| (round as f64, 100.0 * share(rate)))
        };
        let bars = at(|rate| rate.low).zip(at(|rate| rate.high));
        let bars = bars.map(|(low, high)| PathElement::new([low, high], color.mix(0.6)));
        chart.draw_series(bars)?;
        let points = at(|rate| rate.rate);
        chart.draw_series(LineSeries::new(points.clone(), color.stroke_width(2)))?;
        chart.draw_series(points.map(|point| marker(point, 0)))?;
        Ok(())
    })
}

/// A number by round, from round 1.
pub(in crate::report) fn number_by_round(
    numbers: &[(usize, f64)],
    name: &str,
) -> Result<String, ReportError> {
    let of =
        |choose: fn(f64, f64) -> f64| numbers.iter().map(|(_, number)| *number).fold(0.0, choose);
    let (low, high) = (of(f64::min), of(f64::max));
    let margin = (0.1 * (high - low)).max(1e-6);
    let last = numbers.iter().map(|(round, _)| *round).max().unwrap_or(1).max(2);
    drawn(PLOT_PIXELS, |area| {
        let rounds = 0.6..last as f64 + 0.4;
        let mut chart = chart(area, (rounds, low - margin..high + margin), ["round", name])?;
        let points = numbers.iter().map(|&(round, number)| (round as f64, number));
        let color = color(0);
        chart.draw_series(LineSeries::new(points.clone(), color.stroke_width(2)))?;
        chart.draw_series(points.map(|point| marker(point, 0)))?;
        Ok(())
    })
}
