//! The plots, as SVG in the page.
//!
//! Colors are for a light page; the page's style selects them by their value and replaces
//! them on a dark one. Beside its color an arm has a marker, a line style and a pattern of
//! its band. The legend is HTML outside of the SVG, so that it can be selected, wrapped and
//! read aloud.

mod marks;
mod by_trial;
mod by_kind;
mod progress;
mod by_round;
mod cards;

use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::{
    Cartesian2d, ChartBuilder, ChartContext, Color, DrawingArea, IntoDrawingArea, IntoFont,
    RGBColor, Rectangle, SVGBackend,
};

use super::ReportError;

pub(super) use by_kind::success_by_kind;
pub(super) use by_round::{number_by_round, success_by_round};
pub(super) use by_trial::{differences, success};
pub(super) use cards::cards;
pub(super) use marks::{ARM_COLORS, legend};
pub(super) use progress::progress;

/// The colors of a bar's parts.
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
const PLOT_PIXELS: (u32, u32) = (440, 300);
const BAR_PIXELS: (u32, u32) = (240, 16);
const FONT_PIXELS: u32 = 14;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// A color in the notation of SVG and CSS.
pub(super) fn hexadecimal(RGBColor(red, green, blue): RGBColor) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

/// A stacked bar of parts, whose full width is `whole`.
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

/// A chart with whole numbers on the x axis and 0 to 100 on the y axis.
fn percent_chart<'a, 'b>(
    area: &'a Area<'b>,
    range: Range<f64>,
    names: [&str; 2],
) -> Result<Chart<'a, 'b>, Box<dyn std::error::Error>> {
    chart(area, (range, 0.0..100.0), names)
}

/// A chart with whole numbers on the x axis.
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
    Ok(marks::finished(svg))
}
