//! The plot of success by task type: a row for each type, an interval for each arm.

use plotters::prelude::{ChartBuilder, Color, IntoFont, PathElement, Text};
use plotters::style::TextStyle;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::marks::{color, marker};
use super::{Chart, Drawn, FONT_PIXELS, INK, LINES, PLOT_PIXELS, drawn};
use crate::interval::Rate;
use crate::report::ReportError;
use crate::report::column::Column;

/// Width of the column with the types' names.
const NAMES_PIXELS: u32 = 190;
const NAME_LETTERS: usize = 26;
/// Height of the margins and the axis.
const AROUND_PIXELS: u32 = 62;
const ROW_PIXELS_MIN: u32 = 28;
const ARM_PIXELS: u32 = 14;

/// Success after the last trial in percent, for each of these types.
pub(in crate::report) fn success_by_kind(
    columns: &[Column<'_>],
    kinds: &[&str],
) -> Result<String, ReportError> {
    let arms = u32::try_from(columns.len()).unwrap_or(u32::MAX);
    let rows = u32::try_from(kinds.len()).unwrap_or(u32::MAX);
    let row_pixels = arms.saturating_mul(ARM_PIXELS).saturating_add(8).max(ROW_PIXELS_MIN);
    let height = rows.saturating_mul(row_pixels).saturating_add(AROUND_PIXELS);
    drawn((PLOT_PIXELS.0, height), |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(10)
            .x_label_area_size(40)
            .margin_left(NAMES_PIXELS)
            .build_cartesian_2d(0.0..100.0, f64::from(rows)..0.0)?;
        let text: TextStyle<'_> = ("sans-serif", FONT_PIXELS).into_font().color(&INK);
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .light_line_style(LINES.mix(0.0))
            .bold_line_style(LINES)
            .axis_style(LINES)
            .label_style(text.clone())
            .x_label_formatter(&|number| format!("{number:.0}"))
            .axis_desc_style(text.clone())
            .x_desc("solved, %")
            .draw()?;
        let left_of = text.pos(Pos::new(HPos::Right, VPos::Center));
        for (row, kind) in kinds.iter().enumerate() {
            let name = Text::new(shortened(kind), (-3.0, row as f64 + 0.5), left_of.clone());
            chart.draw_series([name])?;
            for column in columns {
                let found = &column.results.success_by_kind;
                let found = found.iter().find(|success| success.kind == *kind);
                let at = row as f64 + (column.index as f64 + 1.0) / (columns.len() as f64 + 1.0);
                found.map_or(Ok(()), |found| draw(&mut chart, &found.rate, (column.index, at)))?;
            }
        }
        Ok(())
    })
}

fn draw(chart: &mut Chart<'_, '_>, rate: &Rate, (index, at): (usize, f64)) -> Drawn {
    let [found, low, high] = [rate.rate, rate.low, rate.high].map(|share| (100.0 * share, at));
    chart.draw_series([PathElement::new([low, high], color(index).stroke_width(3))])?;
    chart.draw_series([marker(found, index)])?;
    Ok(())
}

/// A name, shortened if it does not fit.
fn shortened(name: &str) -> String {
    if name.chars().count() <= NAME_LETTERS {
        return name.into();
    }
    name.chars().take(NAME_LETTERS - 1).chain(['…']).collect()
}
