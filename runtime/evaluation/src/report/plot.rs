//! The plots, as SVG that stands in the page.
//!
//! Colors are written for a light page; the page's style finds them by their
//! value and gives each a dark twin. Words other than axis names stay outside,
//! where they can be selected, wrapped and read aloud.

use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::{
    Cartesian2d, ChartBuilder, ChartContext, Circle, Color, Cross, DashedLineSeries, DrawingArea,
    DynElement, IntoDrawingArea, IntoDynElement, IntoFont, LineSeries, PathElement, Polygon,
    RGBColor, Rectangle, SVGBackend, TriangleMarker,
};
use runtime_core::history::FinishedTrial;

use super::ReportError;
use super::column::Column;
use crate::interval::Rate;

/// One for each arm; more arms than colors differ by their markers.
pub(super) const ARM_COLORS: [RGBColor; 8] = [
    RGBColor(0x00, 0x60, 0xb0),
    RGBColor(0xc4, 0x46, 0x01),
    RGBColor(0x1a, 0x7f, 0x37),
    RGBColor(0x8e, 0x3a, 0xb5),
    RGBColor(0x9a, 0x67, 0x00),
    RGBColor(0xb3, 0x16, 0x6b),
    RGBColor(0x0e, 0x7c, 0x86),
    RGBColor(0x57, 0x60, 0x6a),
];

/// One for each phase of a bar.
pub(super) const PHASE_COLORS: [RGBColor; 6] = [
    RGBColor(0xa8, 0xcd, 0xf0),
    RGBColor(0x3d, 0x8b, 0xd4),
    RGBColor(0x0b, 0x3f, 0x7d),
    RGBColor(0xf0, 0xa9, 0x5c),
    RGBColor(0xb3, 0x54, 0x00),
    RGBColor(0x14, 0x80, 0x73),
];

const INK: RGBColor = RGBColor(0x1f, 0x23, 0x28);
const LINES: RGBColor = RGBColor(0xd1, 0xd9, 0xe0);
/// Of one band, and of all bands together where there are many.
const BAND_OPACITY_MAX: f64 = 0.16;
const BANDS_OPACITY: f64 = 0.4;
const PLOT_PIXELS: (u32, u32) = (440, 300);
const LEGEND_PIXELS: (u32, u32) = (34, 14);
const BAR_PIXELS: (u32, u32) = (240, 16);
const FONT_PIXELS: u32 = 14;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// A color as SVG and CSS write it.
pub(super) fn hexadecimal(RGBColor(red, green, blue): RGBColor) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

/// Success by trial in percent, each arm with the band of its intervals.
pub(super) fn success(columns: &[Column<'_>]) -> Result<String, ReportError> {
    let trials_max = columns.iter().map(|column| column.results.trials_max()).max().unwrap_or(1);
    drawn(PLOT_PIXELS, |area| {
        let trials = 0.6..f64::from(trials_max) + 0.4;
        let mut chart = percent_chart(area, trials, ["trial", "solved, %"])?;
        let opacity = BAND_OPACITY_MAX.min(BANDS_OPACITY / columns.len() as f64);
        for (place, column) in columns.iter().enumerate() {
            // Side by side, so that one interval does not hide another.
            let shift = (place as f64 - (columns.len() as f64 - 1.0) / 2.0) * 0.04;
            draw_success(&mut chart, column, [shift, opacity])?;
        }
        Ok(())
    })
}

fn draw_success(
    chart: &mut Chart<'_, '_>,
    column: &Column<'_>,
    [shift, opacity]: [f64; 2],
) -> Drawn {
    let color = arm_color(column.index);
    let points = |share: fn(&Rate) -> f64| {
        let by_trial = column.results.success_by_trial.iter();
        by_trial.map(move |found| (f64::from(found.trial) + shift, 100.0 * share(&found.rate)))
    };
    let (low, high) = (points(|rate| rate.low), points(|rate| rate.high));
    let band: Vec<_> = low.clone().chain(high.clone().rev()).collect();
    chart.draw_series([Polygon::new(band, color.mix(opacity))])?;
    let bars = low.zip(high).map(|(low, high)| PathElement::new([low, high], color.mix(0.6)));
    chart.draw_series(bars)?;
    let rates = points(|rate| rate.rate);
    chart.draw_series(LineSeries::new(rates.clone(), color.stroke_width(2)))?;
    chart.draw_series(rates.map(|point| marker(point, column.index)))?;
    Ok(())
}

/// Mean progress by step in percent: first trials dashed, each task's last
/// trial solid. An episode that is over keeps the progress that it reached.
pub(super) fn progress(columns: &[Column<'_>]) -> Result<String, ReportError> {
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
            let (thin, thick) =
                (arm_color(*index).stroke_width(1), arm_color(*index).stroke_width(2));
            chart.draw_series(DashedLineSeries::new(points(first), 5, 4, thin))?;
            chart.draw_series(LineSeries::new(points(last), thick))?;
            chart.draw_series(points(last).last().map(|point| marker(point, *index)))?;
        }
        Ok(())
    })
}

fn points(shares: &[f64]) -> impl Iterator<Item = (f64, f64)> + Clone {
    shares.iter().enumerate().map(|(step, share)| (step as f64, 100.0 * share))
}

/// The mean over trials of the progress after each step, from step 0, where
/// there is none; empty without trials.
pub(super) fn mean_progress<'a>(trials: impl Iterator<Item = &'a FinishedTrial>) -> Vec<f64> {
    let trials: Vec<_> = trials.map(|trial| &trial.trajectory.steps).collect();
    if trials.is_empty() {
        return Vec::new();
    }
    let steps_max = trials.iter().map(|steps| steps.len()).max().unwrap_or(0);
    let mean_after = |step: usize| {
        let reached = trials.iter().filter_map(|steps| steps[..step.min(steps.len())].last());
        let sum: f64 = reached.map(|step| f64::from(step.outcome.progress)).sum();
        sum / trials.len() as f64
    };
    (0..=steps_max).map(mean_after).collect()
}

/// A bar of parts that stand one behind the other; `whole` would fill it.
pub(super) fn bar(parts: &[u64; PHASE_COLORS.len()], whole: u64) -> Result<String, ReportError> {
    drawn(BAR_PIXELS, |area| {
        let (width, height) = (u64::from(BAR_PIXELS.0), i32::try_from(BAR_PIXELS.1)?);
        let at = |amount: u64| i32::try_from(width * amount / whole.max(1));
        let mut before = 0;
        for (part, color) in parts.iter().zip(PHASE_COLORS) {
            let corners = [(at(before)?, 0), (at(before + part)?, height)];
            before += part;
            if *part > 0 {
                area.draw(&Rectangle::new(corners, color.filled()))?;
            }
        }
        Ok(())
    })
}

/// An arm's line and marker, for a legend.
pub(super) fn legend(index: usize) -> Result<String, ReportError> {
    drawn(LEGEND_PIXELS, |area| {
        let (width, middle) =
            (i32::try_from(LEGEND_PIXELS.0)?, i32::try_from(LEGEND_PIXELS.1)? / 2);
        let ends = [(1, middle), (width - 1, middle)];
        area.draw(&PathElement::new(ends, arm_color(index).stroke_width(2)))?;
        area.draw(&marker((width / 2, middle), index))?;
        Ok(())
    })
}

fn arm_color(index: usize) -> RGBColor {
    ARM_COLORS[index % ARM_COLORS.len()]
}

/// A circle, a triangle or a cross.
fn marker<'a, C: Clone + 'static>(at: C, index: usize) -> DynElement<'static, SVGBackend<'a>, C> {
    let color = arm_color(index);
    match index % 3 {
        0 => Circle::new(at, 4, color.filled()).into_dyn(),
        1 => TriangleMarker::new(at, 6, color.filled()).into_dyn(),
        _ => Cross::new(at, 4, color.stroke_width(2)).into_dyn(),
    }
}

/// Success by round in percent, with its intervals.
pub(super) fn success_by_round(rates: &[Rate]) -> Result<String, ReportError> {
    drawn(PLOT_PIXELS, |area| {
        let rounds = -0.4..rates.len().max(2) as f64 - 0.6;
        let mut chart = percent_chart(area, rounds, ["round", "solved, %"])?;
        let color = arm_color(0);
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
pub(super) fn number_by_round(numbers: &[(usize, f64)], name: &str) -> Result<String, ReportError> {
    let of =
        |choose: fn(f64, f64) -> f64| numbers.iter().map(|(_, number)| *number).fold(0.0, choose);
    let (low, high) = (of(f64::min), of(f64::max));
    let margin = (0.1 * (high - low)).max(1e-6);
    let last = numbers.iter().map(|(round, _)| *round).max().unwrap_or(1).max(2);
    drawn(PLOT_PIXELS, |area| {
        let rounds = 0.6..last as f64 + 0.4;
        let mut chart = chart(area, (rounds, low - margin..high + margin), ["round", name])?;
        let points = numbers.iter().map(|&(round, number)| (round as f64, number));
        let color = arm_color(0);
        chart.draw_series(LineSeries::new(points.clone(), color.stroke_width(2)))?;
        chart.draw_series(points.map(|point| marker(point, 0)))?;
        Ok(())
    })
}

/// Axes: whole numbers to the right, 0 to 100 upwards.
fn percent_chart<'a, 'b>(
    area: &'a Area<'b>,
    range: Range<f64>,
    names: [&str; 2],
) -> Result<Chart<'a, 'b>, Box<dyn std::error::Error>> {
    chart(area, (range, 0.0..100.0), names)
}

/// Axes: whole numbers to the right.
fn chart<'a, 'b>(
    area: &'a Area<'b>,
    (right, up): (Range<f64>, Range<f64>),
    [x_name, y_name]: [&str; 2],
) -> Result<Chart<'a, 'b>, Box<dyn std::error::Error>> {
    let span = up.end - up.start;
    let mut chart = ChartBuilder::on(area)
        .margin(10)
        .x_label_area_size(40)
        .y_label_area_size(52)
        .build_cartesian_2d(right, up)?;
    let whole =
        |number: &f64| if number.fract() == 0.0 { number.to_string() } else { String::new() };
    let fine = |number: &f64| match span {
        ..0.2 => format!("{number:.3}"),
        ..20.0 => format!("{number:.1}"),
        _ => whole(number),
    };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(LINES.mix(0.0))
        .bold_line_style(LINES)
        .axis_style(LINES)
        .label_style(("sans-serif", FONT_PIXELS).into_font().color(&INK))
        .x_label_formatter(&whole)
        .y_label_formatter(&fine)
        .axis_desc_style(("sans-serif", FONT_PIXELS).into_font().color(&INK))
        .x_desc(x_name)
        .y_desc(y_name)
        .draw()?;
    Ok(chart)
}

fn drawn(pixels: (u32, u32), draw: impl FnOnce(&Area<'_>) -> Drawn) -> Result<String, ReportError> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, pixels).into_drawing_area();
        let drawn = draw(&area).and_then(|()| Ok(area.present()?));
        drawn.map_err(|error| ReportError::Plot(error.to_string()))?;
    }
    Ok(svg)
}
