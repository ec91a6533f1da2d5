//! The plot of cards: ratios to the first card, and success by world and arm.

use plotters::prelude::{ChartBuilder, Color, IntoFont, PathElement, Rectangle, Text};
use plotters::style::TextStyle;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::marks::{color, marker};
use super::{Area, Chart, Drawn, FONT_PIXELS, INK, LINES, drawn};
use crate::card::compare::{Named, QUANTITIES, arms, success};
use crate::report::ReportError;

const WIDTH_PIXELS: u32 = 640;
/// Width of the column with the rows' names.
const NAMES_PIXELS: u32 = 210;
const NAME_LETTERS: usize = 28;
const LEGEND_LETTERS: usize = 70;
/// Height of a chart's margins and axis.
const AROUND_PIXELS: u32 = 66;
const LEGEND_PIXELS: u32 = 22;
const CARD_PIXELS: u32 = 14;
const ROW_PIXELS_MIN: u32 = 28;
/// The ratio that a longer bar is cut at.
const RATIO_MAX: f64 = 1000.0;

/// Cards as an SVG of its own, with a legend.
pub(in crate::report) fn cards(cards: &[Named<'_>]) -> Result<String, ReportError> {
    let count = |rows: usize| u32::try_from(rows).unwrap_or(u32::MAX);
    let row_pixels = count(cards.len()).saturating_mul(CARD_PIXELS).saturating_add(8);
    let pixels = |rows: usize| {
        let rows = count(rows).saturating_mul(row_pixels.max(ROW_PIXELS_MIN));
        rows.saturating_add(AROUND_PIXELS)
    };
    let (quantities, arms) = (compared(cards), arms(cards));
    let legend = count(cards.len()).saturating_mul(LEGEND_PIXELS).saturating_add(10);
    let (upper, lower) = (pixels(quantities.len()), pixels(arms.len()));
    let height = legend.saturating_add(upper).saturating_add(lower);
    drawn((WIDTH_PIXELS, height), |area| {
        let (head, rest) = area.split_vertically(legend);
        let (ratios, rates) = rest.split_vertically(upper);
        draw_legend(&head, cards)?;
        draw_ratios(&ratios, &quantities)?;
        draw_success(&rates, cards, &arms)
    })
}

/// The names of quantities that can be compared, each with the cards' ratios.
fn compared(cards: &[Named<'_>]) -> Vec<(&'static str, Vec<Option<f64>>)> {
    let Some(first) = cards.first() else { return Vec::new() };
    let ratios = |quantity: &crate::card::compare::Quantity| {
        let ratio = |named: &Named<'_>| quantity.ratio(named.card, first.card);
        (quantity.name, cards.iter().map(ratio).collect::<Vec<_>>())
    };
    let found = QUANTITIES.iter().map(ratios);
    found.filter(|(_, ratios)| ratios.iter().skip(1).any(Option::is_some)).collect()
}

fn text_style() -> TextStyle<'static> {
    ("sans-serif", FONT_PIXELS).into_font().color(&INK)
}

fn draw_legend(area: &Area<'_>, cards: &[Named<'_>]) -> Drawn {
    let style = text_style().pos(Pos::new(HPos::Left, VPos::Center));
    for (index, named) in cards.iter().enumerate() {
        let at = i32::try_from(index)?.saturating_mul(i32::try_from(LEGEND_PIXELS)?) + 18;
        area.draw(&marker((20, at), index))?;
        area.draw(&Text::new(shortened(&named.name, LEGEND_LETTERS), (36, at), style.clone()))?;
    }
    Ok(())
}

fn draw_ratios(area: &Area<'_>, quantities: &[(&str, Vec<Option<f64>>)]) -> Drawn {
    let all = quantities.iter().flat_map(|(_, ratios)| ratios).flatten();
    let most = all.copied().filter(|ratio| ratio.is_finite()).fold(1.0, f64::max).min(RATIO_MAX);
    let names: Vec<&str> = quantities.iter().map(|(name, _)| *name).collect();
    let mut chart = chart_of_rows(area, (&names, 1.05 * most), "ratio to the first")?;
    for (row, (_, ratios)) in quantities.iter().enumerate() {
        let thick = 1.0 / (ratios.len() as f64 + 1.0);
        for (index, ratio) in ratios.iter().enumerate() {
            let Some(ratio) = ratio else { continue };
            let top = row as f64 + (index as f64 + 0.6) * thick;
            let corners = [(0.0, top), (ratio.clamp(0.0, most), top + 0.8 * thick)];
            chart.draw_series([Rectangle::new(corners, color(index).filled())])?;
        }
    }
    let one = [(1.0, 0.0), (1.0, quantities.len() as f64)];
    chart.draw_series([PathElement::new(one, INK.stroke_width(1))])?;
    Ok(())
}

fn draw_success(area: &Area<'_>, cards: &[Named<'_>], arms: &[(String, String)]) -> Drawn {
    let names: Vec<String> = arms.iter().map(|(world, arm)| format!("{world}, {arm}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut chart = chart_of_rows(area, (&names, 100.0), "solved after the last trial, %")?;
    for (row, (world, arm)) in arms.iter().enumerate() {
        for (index, named) in cards.iter().enumerate() {
            let Some(rate) = success(named.card, world, arm) else { continue };
            let at = row as f64 + (index as f64 + 1.0) / (cards.len() as f64 + 1.0);
            let [found, low, high] = [rate.rate, rate.low, rate.high]
                .map(|share| ((100.0 * share).clamp(0.0, 100.0), at));
            chart.draw_series([PathElement::new([low, high], color(index).stroke_width(3))])?;
            chart.draw_series([marker(found, index)])?;
        }
    }
    Ok(())
}

/// A chart with a named row for each, from 0 to `most`.
fn chart_of_rows<'a, 'b>(
    area: &'a Area<'b>,
    (names, most): (&[&str], f64),
    about: &str,
) -> Result<Chart<'a, 'b>, Box<dyn std::error::Error>> {
    let mut chart = ChartBuilder::on(area)
        .margin(10)
        .x_label_area_size(40)
        .margin_left(NAMES_PIXELS)
        .build_cartesian_2d(0.0..most, names.len().max(1) as f64..0.0)?;
    let style = text_style();
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .light_line_style(LINES.mix(0.0))
        .bold_line_style(LINES)
        .axis_style(LINES)
        .label_style(style.clone())
        .x_label_formatter(&|number| format!("{}", (100.0 * number).round() / 100.0))
        .axis_desc_style(style.clone())
        .x_desc(about)
        .draw()?;
    let left_of = style.pos(Pos::new(HPos::Right, VPos::Center));
    for (row, name) in names.iter().enumerate() {
        let at = (-0.02 * most, row as f64 + 0.5);
        chart.draw_series([Text::new(shortened(name, NAME_LETTERS), at, left_of.clone())])?;
    }
    Ok(chart)
}

/// A name without control characters, shortened if it does not fit.
fn shortened(name: &str, letters: usize) -> String {
    let name = || name.chars().filter(|letter| !letter.is_control());
    if name().count() <= letters {
        return name().collect();
    }
    name().take(letters - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::tests::{golden, slow};

    #[test]
    fn cards_are_drawn_with_their_names_ratios_and_rates() {
        let (first, second) = (golden(), slow());
        let named = |name: &str| name.to_owned();
        let svg = cards(&[
            Named { name: named("fast"), card: &first },
            Named { name: named("slow <&> \u{7}"), card: &second },
        ]);

        let svg = svg.unwrap();

        for text in ["fast", "slow &lt;&amp;&gt;", "pp512, tokens/s", "household, none"] {
            assert!(svg.contains(text), "{text}: {svg}");
        }
        // What one of them does not know has no ratio.
        assert!(!svg.contains("tg128") && !svg.contains("energy"), "{svg}");
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    }

    #[test]
    fn one_card_and_none_are_drawn_too() {
        assert!(cards(&[]).is_ok());
        let mut card = golden();
        card.slices.clear();
        assert!(cards(&[Named { name: "alone".into(), card: &card }]).is_ok());
        let mut huge = golden();
        huge.totals.seconds = f64::MAX;
        let mut tiny = golden();
        tiny.totals.seconds = f64::MIN_POSITIVE;
        let named = [&tiny, &huge].map(|card| Named { name: String::new(), card });
        assert!(cards(&named).is_ok());
    }
}
