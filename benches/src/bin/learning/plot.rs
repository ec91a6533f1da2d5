//! The table's figures as SVG.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use plotters::prelude::{
    ChartBuilder, Circle, Color, IntoDrawingArea, IntoFont, LineSeries, PathElement, RGBColor,
    SVGBackend, SeriesLabelPosition, WHITE,
};

use crate::Named;

const COLORS: [RGBColor; 6] = [
    RGBColor(0x57, 0x60, 0x6a),
    RGBColor(0xc4, 0x46, 0x01),
    RGBColor(0x8e, 0x3a, 0xb5),
    RGBColor(0x9a, 0x67, 0x00),
    RGBColor(0x00, 0x60, 0xb0),
    RGBColor(0x1a, 0x7f, 0x37),
];
const PIXELS: (u32, u32) = (720, 420);
const FONT: (&str, u32) = ("sans-serif", 15);

/// Writes success by the end of each trial in percent, with its intervals.
pub(crate) fn write(file: &Path, arms: &[Named]) -> Result<()> {
    let svg = drawn(arms).map_err(|error| anyhow!("cannot draw: {error}"))?;
    std::fs::write(file, svg).with_context(|| format!("cannot write {}", file.display()))
}

fn drawn(arms: &[Named]) -> Result<String, Box<dyn std::error::Error>> {
    let trials = arms.iter().map(|arm| arm.arm.success_by_trial.len()).max().unwrap_or(1);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, PIXELS).into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area)
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(52)
            .build_cartesian_2d(0.7..trials as f64 + 0.3, 0.0..100.0)?;
        let mesh = &mut chart.configure_mesh();
        mesh.disable_x_mesh().light_line_style(WHITE).label_style(FONT).axis_desc_style(FONT);
        mesh.x_labels(trials).x_label_formatter(&|trial| format!("{trial:.0}"));
        mesh.y_label_formatter(&|percent| format!("{percent:.0}"));
        mesh.x_desc("trial").y_desc("solved, %").draw()?;
        for (place, Named { name, arm, .. }) in arms.iter().enumerate() {
            let color = COLORS[place % COLORS.len()];
            // Side by side, so that one interval does not hide another.
            let shift = (place as f64 - (arms.len() as f64 - 1.0) / 2.0) * 0.05;
            let rates = arm.success_by_trial.iter();
            let rates = rates.map(|found| (f64::from(found.trial) + shift, &found.rate));
            let points: Vec<_> = rates.clone().map(|(at, rate)| (at, 100.0 * rate.rate)).collect();
            chart.draw_series(rates.map(|(at, rate)| {
                PathElement::new([(at, 100.0 * rate.low), (at, 100.0 * rate.high)], color.mix(0.5))
            }))?;
            chart
                .draw_series(LineSeries::new(points.clone(), color.stroke_width(2)))?
                .label(name)
                .legend(move |(x, y)| {
                    PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2))
                });
            chart.draw_series(points.iter().map(|at| Circle::new(*at, 3, color.filled())))?;
        }
        let labels = &mut chart.configure_series_labels();
        labels.position(SeriesLabelPosition::LowerRight).background_style(WHITE.mix(0.8));
        labels.label_font(FONT.into_font()).draw()?;
        area.present()?;
    }
    Ok(svg)
}
