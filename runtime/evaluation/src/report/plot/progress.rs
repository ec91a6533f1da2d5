//! The plot of progress by step.

use plotters::prelude::{Color, LineSeries};

use super::marks::{color, marker};
use super::{PLOT_PIXELS, drawn, percent_chart};
use crate::report::ReportError;
use crate::report::column::Column;
use crate::results::analysis::mean_progress;

/// Approximate number of markers on a line.
const MARKERS: usize = 5;

/// Mean progress by step in percent: first trials as thin lines, each task's last trial as
/// thick ones. A finished episode counts with its final progress.
pub(in crate::report) fn progress(columns: &[Column<'_>]) -> Result<String, ReportError> {
    let lines: Vec<_> = columns
        .iter()
        .map(|column| {
            let tasks = || column.history.tasks.iter().map(|task| task.trials.as_slice());
            let first = mean_progress(tasks().filter_map(<[_]>::first));
            (column.index, first, mean_progress(tasks().filter_map(<[_]>::last)))
        })
        .collect();
    let steps = lines.iter().flat_map(|(_, first, last)| [first.len(), last.len()]).max();
    let last_step = steps.unwrap_or(0).saturating_sub(1).max(1);
    drawn(PLOT_PIXELS, |area| {
        let mut chart = percent_chart(area, 0.0..last_step as f64, ["step", "progress, %"])?;
        for (index, first, last) in &lines {
            let (thin, thick) = (color(*index).stroke_width(1), color(*index).stroke_width(2));
            chart.draw_series(LineSeries::new(points(first), thin))?;
            chart.draw_series(LineSeries::new(points(last), thick))?;
            // Markers of different arms are at different steps, in case their lines coincide.
            let every = (last_step / MARKERS).max(1);
            let offset = index * every / lines.len().max(1);
            let marked = points(last).skip(offset).step_by(every);
            chart.draw_series(marked.map(|point| marker(point, *index)))?;
        }
        Ok(())
    })
}

fn points(shares: &[f64]) -> impl Iterator<Item = (f64, f64)> + Clone {
    shares.iter().enumerate().map(|(step, share)| (step as f64, 100.0 * share))
}
