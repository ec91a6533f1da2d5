//! The plots of success by trial and of its difference to the control arm.

use plotters::prelude::{Color, LineSeries, PathElement};

use super::marks::{band, color, marker};
use super::{Chart, Drawn, INK, PLOT_PIXELS, chart, drawn, percent_chart};
use crate::pairs::Difference;
use crate::report::ReportError;
use crate::report::column::Column;
use crate::results::arm::{ArmResults, TrialSuccess};

/// Half the width of the cap at an interval's end, in trials.
const CAP: f64 = 0.03;
/// Distance between two arms of a trial, so that intervals do not cover each other; at most
/// [`ARMS_WIDTH`] for all arms together.
const ARM_WIDTH: f64 = 0.08;
const ARMS_WIDTH: f64 = 0.6;

/// A number with its interval.
#[derive(Clone, Copy)]
struct Estimate {
    at: f64,
    number: f64,
    low: f64,
    high: f64,
}

/// Success by trial in percent, each arm with the band of its intervals.
pub(in crate::report) fn success(columns: &[Column<'_>]) -> Result<String, ReportError> {
    let trials_max = trials_max(columns.iter().map(|column| column.results));
    drawn(PLOT_PIXELS, |area| {
        let trials = 0.6..f64::from(trials_max) + 0.4;
        let mut chart = percent_chart(area, trials, ["trial", "solved, %"])?;
        let lines: Vec<_> = columns
            .iter()
            .map(|column| {
                let shift = shift(column.index, columns.len());
                let found = column.results.success_by_trial.iter();
                (column.index, found.map(|found| rate(found, shift)).collect::<Vec<_>>())
            })
            .collect();
        // Lines are drawn over all bands.
        for (index, line) in &lines {
            draw_band(&mut chart, line, *index)?;
        }
        lines.iter().try_for_each(|(index, line)| draw_line(&mut chart, line, *index))
    })
}

/// The differences of arms to their control arms after each trial in percentage points, by
/// the arm's index among all columns.
pub(in crate::report) fn differences(
    arms: &[(usize, Vec<Difference>)],
) -> Result<String, ReportError> {
    let all = || arms.iter().flat_map(|(_, found)| found);
    let most = all().flat_map(|found| [-found.low, found.high]).fold(0.1, f64::max);
    let most = (10.0 * most).ceil() * 10.0;
    let trials_max = arms.iter().map(|(_, found)| found.len()).max().unwrap_or(1);
    drawn(PLOT_PIXELS, |area| {
        let trials = 0.6..trials_max as f64 + 0.4;
        let names = ["trial", "against none, points"];
        let mut chart = chart(area, (trials.clone(), -most..most), names)?;
        let none = [(trials.start, 0.0), (trials.end, 0.0)];
        chart.draw_series([PathElement::new(none, INK.stroke_width(1))])?;
        for (place, (index, found)) in arms.iter().enumerate() {
            let shift = shift(place, arms.len());
            let line: Vec<_> = (1_u32..)
                .zip(found)
                .map(|(trial, found)| Estimate {
                    at: f64::from(trial) + shift,
                    number: 100.0 * found.mean,
                    low: 100.0 * found.low,
                    high: 100.0 * found.high,
                })
                .collect();
            draw_line(&mut chart, &line, *index)?;
        }
        Ok(())
    })
}

fn trials_max<'a>(arms: impl Iterator<Item = &'a ArmResults>) -> u32 {
    arms.map(ArmResults::trials_max).max().unwrap_or(1)
}

fn shift(place: usize, arms: usize) -> f64 {
    let width = ARM_WIDTH.min(ARMS_WIDTH / arms as f64);
    (place as f64 - (arms as f64 - 1.0) / 2.0) * width
}

fn rate(found: &TrialSuccess, shift: f64) -> Estimate {
    let [number, low, high] =
        [found.rate.rate, found.rate.low, found.rate.high].map(|share| 100.0 * share);
    Estimate { at: f64::from(found.trial) + shift, number, low, high }
}

fn draw_band(chart: &mut Chart<'_, '_>, line: &[Estimate], index: usize) -> Drawn {
    let low = line.iter().map(|found| (found.at, found.low));
    let high = line.iter().map(|found| (found.at, found.high));
    chart.draw_series([band(low.chain(high.rev()).collect(), index)])?;
    Ok(())
}

fn draw_line(chart: &mut Chart<'_, '_>, line: &[Estimate], index: usize) -> Drawn {
    let color = color(index);
    let bars = line.iter().flat_map(|found| {
        let cap = |y| vec![(found.at - CAP, y), (found.at + CAP, y)];
        [vec![(found.at, found.low), (found.at, found.high)], cap(found.low), cap(found.high)]
    });
    chart.draw_series(bars.map(|ends| PathElement::new(ends, color.stroke_width(1))))?;
    let found = line.iter().map(|found| (found.at, found.number));
    chart.draw_series(LineSeries::new(found.clone(), color.stroke_width(2)))?;
    chart.draw_series(found.map(|point| marker(point, index)))?;
    Ok(())
}
