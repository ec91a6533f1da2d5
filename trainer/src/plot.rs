//! `loss.svg`: the losses of training and validation over the steps.

use std::path::Path;

use plotters::prelude::{
    BLACK, ChartBuilder, Circle, Color, IntoDrawingArea, IntoFont, LineSeries, RGBColor,
    SVGBackend, SeriesLabelPosition, WHITE,
};
use trainer_contract::metrics::StepMetrics;

use crate::error::TrainError;
use crate::replace::replace;

const SIZE_PIXELS: (u32, u32) = (900, 500);
const TRAINING: RGBColor = RGBColor(0x1f, 0x77, 0xb4);
const VALIDATION: RGBColor = RGBColor(0xd6, 0x27, 0x28);

/// Writes the plot of these steps to `path`; nothing if there are none.
pub(crate) fn write(path: &Path, steps: &[StepMetrics]) -> Result<(), TrainError> {
    let (Some(first), Some(last)) = (steps.first(), steps.last()) else { return Ok(()) };
    let svg = svg(steps, [first.step, last.step]).map_err(|error| TrainError::Write {
        file: path.into(),
        source: std::io::Error::other(error.to_string()),
    })?;
    replace(path, svg.as_bytes())
}

fn svg(
    steps: &[StepMetrics],
    [first, last]: [u64; 2],
) -> Result<String, Box<dyn std::error::Error>> {
    let training = || steps.iter().map(|metrics| (metrics.step, metrics.loss));
    let validation =
        || steps.iter().filter_map(|metrics| Some((metrics.step, metrics.validation_loss?)));
    let losses = || training().chain(validation()).map(|(_, loss)| loss);
    // Zero is in view. A policy's loss may be on either side of it, or on it.
    let (lowest, most) = (losses().fold(0.0, f32::min), losses().fold(0.0, f32::max));
    let margin = ((most - lowest) * 0.05).max(f32::EPSILON);
    let bottom = if lowest < 0.0 { lowest - margin } else { 0.0 };
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE_PIXELS).into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area)
            .margin(20)
            .caption("loss", ("sans-serif", 20).into_font())
            .x_label_area_size(40)
            .y_label_area_size(60)
            .build_cartesian_2d(first..last.max(first + 1), bottom..most + margin)?;
        chart
            .configure_mesh()
            .x_desc("step")
            .y_desc("loss, in imitation nat per learned token")
            .draw()?;
        chart
            .draw_series(LineSeries::new(training(), TRAINING))?
            .label("training")
            .legend(|(x, y)| Circle::new((x + 8, y), 4, TRAINING.filled()));
        if validation().next().is_some() {
            chart
                .draw_series(
                    LineSeries::new(validation(), VALIDATION.stroke_width(2)).point_size(3),
                )?
                .label("validation")
                .legend(|(x, y)| Circle::new((x + 8, y), 4, VALIDATION.filled()));
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperRight)
            .background_style(WHITE)
            .border_style(BLACK)
            .draw()?;
        area.present()?;
    }
    Ok(svg)
}
