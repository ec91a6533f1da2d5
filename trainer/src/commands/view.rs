//! The live view of a run: losses, numbers, time left and the last lines said.
//!
//! The terminal stays in its usual mode, so that Ctrl-C stays a signal. What is
//! drawn needs nothing but a [`ViewState`], so that a test can draw it, too.

use std::collections::VecDeque;
use std::io::{self, Stderr, stderr};

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::{cursor, execute, terminal};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Color;
use ratatui::symbols::Marker;
use ratatui::text::{Line, Text};
use ratatui::widgets::{Axis, Block, Chart, Dataset, GraphType, LineGauge, Paragraph, Wrap};
use ratatui::{Frame, Terminal};
use trainer_contract::metrics::StepMetrics;

const LOG_LINES: usize = 5;
/// Number of last steps from which the remaining time is estimated.
const STEPS_TIMED: usize = 20;

/// The contents of the live view.
pub(crate) struct ViewState {
    /// The run's folder.
    pub(crate) title: String,
    /// Number of steps of the run; 0 before the first one.
    pub(crate) steps: u64,
    /// The finished steps, including those of earlier sessions.
    pub(crate) done: Vec<StepMetrics>,
    /// The last printed lines.
    pub(crate) log: VecDeque<String>,
}

/// A view on the terminal of standard error.
pub(crate) struct LiveView {
    terminal: Terminal<CrosstermBackend<Stderr>>,
    view: ViewState,
}

impl LiveView {
    /// Takes over the terminal; a panic restores it before its message.
    #[allow(clippy::disallowed_methods, reason = "no draw that fails is noticed")]
    pub(crate) fn open(view: ViewState) -> io::Result<Self> {
        let told = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore();
            told(panic);
        }));
        let terminal = Terminal::new(CrosstermBackend::new(stderr()))?;
        execute!(stderr(), terminal::EnterAlternateScreen, cursor::Hide)?;
        let mut live = Self { terminal, view };
        live.draw();
        Ok(live)
    }

    pub(crate) fn say(&mut self, line: &str) {
        self.view.log.push_back(line.to_owned());
        while self.view.log.len() > LOG_LINES {
            self.view.log.pop_front();
        }
        self.draw();
    }

    pub(crate) fn step(&mut self, metrics: &StepMetrics, steps: u64) {
        let ViewState { done, steps: all, .. } = &mut self.view;
        // After a kill, steps after the checkpoint are repeated.
        done.truncate(done.partition_point(|before| before.step < metrics.step));
        done.push(metrics.clone());
        *all = steps;
        self.draw();
    }

    /// Restores the terminal; returns the last step and the number of steps.
    pub(crate) fn close(mut self) -> Option<(StepMetrics, u64)> {
        restore();
        Some((self.view.done.pop()?, self.view.steps))
    }

    fn draw(&mut self) {
        // A closed terminal must not stop the training.
        let _ = self.terminal.draw(|frame| draw(frame, &self.view));
    }
}

#[allow(clippy::disallowed_methods, reason = "no draw that fails is noticed")]
fn restore() {
    let _ = execute!(stderr(), terminal::LeaveAlternateScreen, cursor::Show);
}

fn draw(frame: &mut Frame<'_>, view: &ViewState) {
    let log_lines = u16::try_from(LOG_LINES).unwrap_or(u16::MAX);
    let [progress, losses, numbers, log] = Layout::vertical([
        Constraint::Length(2),
        Constraint::Min(6),
        Constraint::Length(2),
        Constraint::Length(log_lines),
    ])
    .areas(frame.area());
    draw_progress(frame, view, progress);
    draw_losses(frame, view, losses);
    let described = view.done.last().map_or(String::new(), described);
    frame.render_widget(Paragraph::new(described).wrap(Wrap { trim: true }), numbers);
    frame.render_widget(view.log.iter().map(|line| Line::from(&**line)).collect::<Text<'_>>(), log);
}

fn draw_progress(frame: &mut Frame<'_>, view: &ViewState, area: Rect) {
    let (done, all) = (view.done.last().map_or(0, |metrics| metrics.step), view.steps);
    let left =
        seconds_left(view).map_or(String::new(), |seconds| format!(", {} left", time(seconds)));
    let gauge = LineGauge::default()
        .block(Block::new().title(view.title.as_str()))
        .label(format!("step {done} of {all}, {} to go{left} ", all.saturating_sub(done)))
        .filled_style(Color::Blue)
        .ratio((done as f64 / all.max(1) as f64).min(1.0));
    frame.render_widget(gauge, area);
}

fn draw_losses(frame: &mut Frame<'_>, view: &ViewState, area: Rect) {
    let at = |metrics: &StepMetrics, loss: f32| (metrics.step as f64, f64::from(loss));
    let training: Vec<_> = view.done.iter().map(|metrics| at(metrics, metrics.loss)).collect();
    let measured = |metrics: &StepMetrics| Some(at(metrics, metrics.validation_loss?));
    let validation: Vec<_> = view.done.iter().filter_map(measured).collect();
    let losses = || training.iter().chain(&validation).map(|(_, loss)| *loss);
    let (least, most) = (losses().fold(f64::MAX, f64::min), losses().fold(f64::MIN, f64::max));
    let (least, most) = if least < most { (least, most) } else { (0.0, most.max(1.0)) };
    let points = |name, points, color| Dataset::default().name(name).data(points).style(color);
    let chart = Chart::new(vec![
        points("training", &training, Color::Blue)
            .marker(Marker::Braille)
            .graph_type(GraphType::Line),
        points("validation", &validation, Color::Red).marker(Marker::Dot),
    ])
    .hidden_legend_constraints((Constraint::Percentage(50), Constraint::Percentage(50)))
    .block(Block::bordered().title("loss, nat per learned token"))
    .x_axis(Axis::default().bounds([1.0, view.steps.max(2) as f64]))
    .y_axis(
        Axis::default()
            .bounds([least, most])
            .labels([least, most].map(|loss| format!("{loss:.3}"))),
    );
    frame.render_widget(chart, area);
}

fn described(metrics: &StepMetrics) -> String {
    let StepMetrics { loss, learning_rate, gradient_norm, tokens_per_second, .. } = metrics;
    let memory = metrics.resident_bytes as f64 / 1e9;
    format!(
        "loss {loss:.4}   learning rate {learning_rate:.2e}   gradient norm {gradient_norm:.3}   \
         {tokens_per_second:.0} tokens/s   {memory:.2} GB"
    )
}

/// The remaining time, from the computing time of the last steps without pauses between sessions.
fn seconds_left(view: &ViewState) -> Option<f64> {
    let last = &view.done[view.done.len().saturating_sub(STEPS_TIMED)..];
    let seconds = last.iter().map(|metrics| metrics.tokens as f64 / metrics.tokens_per_second);
    let left = view.steps.checked_sub(last.last()?.step)?;
    Some(seconds.sum::<f64>() / last.len() as f64 * left as f64).filter(|left| left.is_finite())
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounded, not negative")]
fn time(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds:02} s"),
        (hours, minutes, _) => format!("{hours} h {minutes:02} min"),
    }
}

#[cfg(test)]
mod tests;
