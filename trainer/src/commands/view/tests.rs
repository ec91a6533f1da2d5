//! The view as terminals of some sizes show it.

use ratatui::backend::TestBackend;

use super::*;

fn metrics(step: u64) -> StepMetrics {
    StepMetrics {
        step,
        epoch: 1,
        loss: 3.0 / step as f32,
        learning_rate: 1.5e-3,
        gradient_norm: 0.25,
        tokens: 1000,
        learned_tokens: 100,
        tokens_per_second: 500.0,
        resident_bytes: 1_250_000_000,
        time_us: 0,
        validation_loss: step.is_multiple_of(5).then_some(2.0 / step as f32),
        policy: None,
        reward_model: None,
    }
}

fn shown(view: &ViewState, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, view)).unwrap();
    terminal.backend().to_string()
}

#[test]
fn the_view_tells_losses_rate_speed_memory_and_time_left() {
    let view = ViewState {
        title: "runs/actor".into(),
        steps: 100,
        done: (1..=40).map(metrics).collect(),
        log: ["18 samples".to_owned(), "step 40 of 100".to_owned()].into(),
    };

    let screen = shown(&view, 90, 24);

    for expected in [
        "runs/actor",
        "step 40 of 100, 60 to go, 2 min 00 s left",
        "loss, nat per learned token",
        "3.000",
        "0.050",
        "training",
        "validation",
        "loss 0.0750   learning rate 1.50e-3   gradient norm 0.250   500 tokens/s   1.25 GB",
        "18 samples",
    ] {
        assert!(screen.contains(expected), "{expected} in\n{screen}");
    }
    let drawn = |letter: char| ('\u{2801}'..='\u{28ff}').contains(&letter);
    assert!(screen.chars().any(drawn), "{screen}");
}

#[test]
fn the_view_stands_before_the_first_step_and_on_any_terminal() {
    let view =
        ViewState { title: "runs/actor".into(), steps: 0, done: Vec::new(), log: VecDeque::new() };

    assert!(shown(&view, 80, 24).contains("step 0 of 0"));
    for (width, height) in [(1, 1), (10, 3), (300, 100)] {
        shown(&view, width, height);
    }
}

#[test]
fn times_are_told_in_two_units() {
    let told = [0.4, 59.0, 61.0, 3600.0, 90_061.0].map(time);

    assert_eq!(told, ["0 s", "59 s", "1 min 01 s", "1 h 00 min", "25 h 01 min"]);
}
