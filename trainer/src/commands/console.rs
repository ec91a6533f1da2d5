//! Prints a run's progress: not at all, line by line, or as a live view.

use targets_console::{errln, outln};
use trainer_contract::metrics::{Quality, StepMetrics};

use super::view::{LiveView, ViewState};

/// Number of steps for each printed line; steps with a validation are always printed.
const STEPS_PER_LINE: u64 = 10;

pub(crate) enum Console {
    /// Prints nothing but warnings.
    Quiet,
    /// Lines on standard output.
    Lines,
    /// A view on the terminal of standard error.
    Live(Box<LiveView>),
}

impl Console {
    /// A live view, or lines where the terminal does not take one.
    pub(crate) fn live(view: ViewState) -> Self {
        LiveView::open(view).map_or(Self::Lines, |live| Self::Live(Box::new(live)))
    }

    pub(crate) fn say(&mut self, line: &str) {
        match self {
            Self::Quiet => {}
            Self::Lines => outln!("{line}"),
            Self::Live(view) => view.say(line),
        }
    }

    /// Prints the number of samples scored so far, before the first step.
    pub(crate) fn scoring(&mut self, done: usize, all: usize) {
        let line = format!("{done} of {all} samples scored");
        match self {
            Self::Lines if done < all => {}
            _ => self.say(&line),
        }
    }

    /// Prints a warning, on a quiet console too.
    pub(crate) fn warn(&mut self, line: &str) {
        match self {
            Self::Quiet | Self::Lines => errln!("\n{line}"),
            Self::Live(view) => view.say(line),
        }
    }

    pub(crate) fn step(&mut self, metrics: &StepMetrics, steps: u64) {
        let validates = metrics.validation_loss.is_some() || metrics.reward_model.is_some();
        match self {
            Self::Lines if validates || metrics.step.is_multiple_of(STEPS_PER_LINE) => {
                outln!("{}", line(metrics, steps));
            }
            Self::Quiet | Self::Lines => {}
            Self::Live(view) => {
                if validates {
                    view.say(&line(metrics, steps));
                }
                view.step(metrics, steps);
            }
        }
    }

    /// Ends the live view and prints the last step.
    pub(crate) fn close(&mut self) {
        if let Self::Live(view) = std::mem::replace(self, Self::Quiet) {
            let last = view.close();
            if let Some((metrics, steps)) = last {
                errln!("{}", line(&metrics, steps));
            }
        }
    }
}

fn line(metrics: &StepMetrics, steps: u64) -> String {
    let StepMetrics { step, loss, tokens_per_second, validation_loss, .. } = metrics;
    let loss_text = validation_loss.map(|loss| format!(", validation {loss:.4}"));
    let validation = loss_text.or(metrics.reward_model.map(quality)).unwrap_or_default();
    format!("step {step} of {steps}: loss {loss:.4}{validation}, {tokens_per_second:.0} tokens/s")
}

fn quality(Quality { pairs, pair_accuracy, auc, calibration_error }: Quality) -> String {
    let pairs =
        pair_accuracy.map(|share| format!(", {:.0} % of {pairs} pairs right", 100.0 * share));
    let calibration = calibration_error.map(|error| format!(", calibration error {error:.3}"));
    [Some(format!(", AUC {auc:.3}")), pairs, calibration].into_iter().flatten().collect()
}
