//! The style of each arm: color, marker, line style and pattern of the band.

use std::fmt::Write as _;

use plotters::prelude::{
    Circle, Color, Cross, DynElement, IntoDynElement, PathElement, Polygon, RGBColor, SVGBackend,
    TriangleMarker,
};

use super::{drawn, hexadecimal};
use crate::report::ReportError;

/// The colors of arms; if there are more arms than colors, markers differ.
pub(in crate::report) const ARM_COLORS: [RGBColor; 8] = [
    RGBColor(0x00, 0x60, 0xb0),
    RGBColor(0xc4, 0x46, 0x01),
    RGBColor(0x1a, 0x7f, 0x37),
    RGBColor(0x8e, 0x3a, 0xb5),
    RGBColor(0x9a, 0x67, 0x00),
    RGBColor(0xb3, 0x16, 0x6b),
    RGBColor(0x0e, 0x7c, 0x86),
    RGBColor(0x57, 0x60, 0x6a),
];

/// The dash pattern of lines by color; empty is a solid line.
const DASHES: [&str; 4] = ["", "9 4", "2 4", "9 4 2 4"];

/// The hatching of bands by color: the angle in degrees, and the pixels between two lines.
const HATCHES: [(u32, u32); 4] = [(45, 8), (135, 8), (0, 6), (90, 6)];

/// Red and green of the placeholder colors for bands while a plot is drawn, since the plotting
/// library has no patterns; blue is the index of the arm's color.
const BAND: (u8, u8) = (0xfe, 0x01);

const LEGEND_PIXELS: (u32, u32) = (44, 16);

/// An arm's color.
pub(super) fn color(index: usize) -> RGBColor {
    ARM_COLORS[index % ARM_COLORS.len()]
}

/// A circle, a triangle, a cross or a ring; arms of the same color have different markers.
pub(super) fn marker<'a, C: Clone + 'static>(
    at: C,
    index: usize,
) -> DynElement<'static, SVGBackend<'a>, C> {
    let color = color(index);
    match (index + index / ARM_COLORS.len()) % 4 {
        0 => Circle::new(at, 4, color.filled()).into_dyn(),
        1 => TriangleMarker::new(at, 6, color.filled()).into_dyn(),
        2 => Cross::new(at, 4, color.stroke_width(3)).into_dyn(),
        _ => Circle::new(at, 4, color.stroke_width(3)).into_dyn(),
    }
}

/// A band between corners.
pub(super) fn band<C>(corners: Vec<C>, index: usize) -> Polygon<C> {
    let place = u8::try_from(index % ARM_COLORS.len()).unwrap_or(0);
    Polygon::new(corners, RGBColor(BAND.0, BAND.1, place).filled())
}

/// An arm's band, line and marker, for a legend.
pub(in crate::report) fn legend(index: usize) -> Result<String, ReportError> {
    drawn(LEGEND_PIXELS, |area| {
        let (width, height) = (i32::try_from(LEGEND_PIXELS.0)?, i32::try_from(LEGEND_PIXELS.1)?);
        area.draw(&band(vec![(0, 0), (width, 0), (width, height), (0, height)], index))?;
        let ends = [(0, height / 2), (width, height / 2)];
        area.draw(&PathElement::new(ends, color(index).stroke_width(2)))?;
        area.draw(&marker((width / 2, height / 2), index))?;
        Ok(())
    })
}

/// The SVG with dashed lines and patterned bands, which the library cannot draw.
pub(super) fn finished(mut svg: String) -> String {
    let mut patterns = String::new();
    for (place, arm_color) in ARM_COLORS.into_iter().enumerate() {
        let color = hexadecimal(arm_color);
        let dashes = DASHES[place % DASHES.len()];
        if !dashes.is_empty() {
            let line = format!("stroke=\"{color}\" stroke-width=\"2\"");
            svg = svg.replace(&line, &format!("{line} stroke-dasharray=\"{dashes}\""));
        }
        let stand_in = format!("fill=\"#{:02X}{:02X}{place:02X}\"", BAND.0, BAND.1);
        if svg.contains(&stand_in) {
            svg = svg.replace(&stand_in, &format!("fill=\"url(#band-{place})\""));
            patterns += &pattern(place, &color);
        }
    }
    if patterns.is_empty() {
        return svg;
    }
    svg.replacen(">\n", &format!(">\n<defs>{patterns}</defs>\n"), 1)
}

/// A tint with lines across it.
fn pattern(place: usize, color: &str) -> String {
    let (degrees, gap) = HATCHES[place % HATCHES.len()];
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "<pattern id=\"band-{place}\" width=\"{gap}\" height=\"{gap}\" \
         patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate({degrees})\">\
         <rect width=\"{gap}\" height=\"{gap}\" fill=\"{color}\" opacity=\"0.09\"/>\
         <path d=\"M0 0V{gap}\" stroke=\"{color}\" stroke-width=\"1.2\" opacity=\"0.45\"/></pattern>"
    );
    text
}
