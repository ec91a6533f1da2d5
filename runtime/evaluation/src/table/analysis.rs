//! What is asked of an agent beside its success, in words.

use runtime_core::task::Difficulty;

use super::{aligned, percent, rate_text, thousands};
use crate::results::Results;
use crate::results::analysis::{Analysis, DifficultyResults};
use crate::results::arm::{ArmResults, Judged, TrialSuccess};

/// What the columns of [`cells`] are called.
pub(crate) const NAMES: [&str; 6] = [
    "Grounding",
    "Easy tasks",
    "Hard tasks",
    "Tokens for each solved task",
    "Seconds for each solved task",
    "Trials the world broke off",
];

/// An arm's analysis in words, a cell for each of [`NAMES`]; a dash where nothing is known.
pub(crate) fn cells(analysis: &Analysis) -> [String; NAMES.len()] {
    let Analysis { grounding, by_difficulty, broken, per_solved, .. } = analysis;
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".into());
    let graded = |difficulty| {
        let found = by_difficulty.iter().find(|found| found.difficulty == difficulty);
        or_dash(found.map(of_difficulty))
    };
    let tokens = per_solved.map(|cost| {
        format!("{} read, {} written", whole(cost.prompt_tokens), whole(cost.generated_tokens))
    });
    [
        or_dash(grounding.as_ref().map(rate_text)),
        graded(Difficulty::Easy),
        graded(Difficulty::Hard),
        or_dash(tokens),
        or_dash(per_solved.map(|cost| format!("{:.1}", cost.times_us.all / 1e6))),
        broken.to_string(),
    ]
}

fn of_difficulty(found: &DifficultyResults) -> String {
    let (rate, progress) = (rate_text(&found.rate), percent(found.progress_mean));
    format!("{rate} of {}, progress {progress}", found.rate.of)
}

/// What is asked beside success, a row for each question and a column for each arm; then each
/// ability, each retry, and judgements beside what was so.
pub fn table(results: &Results) -> String {
    let arms = || results.arms.iter();
    let header = [String::new()].into_iter().chain(arms().map(|arm| arm.strategy.clone()));
    let mut rows = vec![header.collect::<Vec<_>>()];
    let analyses: Vec<Analysis> =
        arms().map(|arm| arm.analysis.clone().unwrap_or_default()).collect();
    let cells: Vec<_> = analyses.iter().map(cells).collect();
    for (place, name) in NAMES.into_iter().enumerate() {
        let own = cells.iter().map(|cells| cells[place].clone());
        rows.push([name.to_string()].into_iter().chain(own).collect());
    }
    // All arms of a run have the same tasks, so the same abilities.
    let abilities = analyses.first().map_or(0, |analysis| analysis.abilities.len());
    for place in 0..abilities {
        let name = format!("Ability: {}", analyses[0].abilities[place].ability);
        let score = |analysis: &Analysis| analysis.abilities.get(place).map(|found| found.score);
        let own = analyses.iter().map(|analysis| score(analysis).map_or_else(String::new, percent));
        rows.push([name].into_iter().chain(own).collect());
    }
    rows.extend(retries(&results.arms));
    rows.extend(judgements(&results.arms));
    aligned(&rows)
}

/// Progress and tokens by retry, two rows for each.
fn retries(arms: &[ArmResults]) -> Vec<Vec<String>> {
    let most = arms.iter().map(|arm| arm.success_by_trial.len()).max().unwrap_or(0);
    let row = |place: usize, asked: &str, of: fn(&TrialSuccess) -> String| {
        let own =
            arms.iter().map(|arm| arm.success_by_trial.get(place).map_or_else(String::new, of));
        [format!("Trial {}: {asked}", place + 1)].into_iter().chain(own).collect()
    };
    let rows = |place| {
        let progress = row(place, "progress", |found| percent(found.progress_mean));
        let tokens = row(place, "tokens", |found| {
            let [read, written] =
                [found.prompt_tokens_mean, found.generated_tokens_mean].map(whole);
            format!("{read} read, {written} written")
        });
        [progress, tokens]
    };
    (0..most).flat_map(rows).collect()
}

/// The agents' own judgements, beside what was so; none where no agent judged itself.
fn judgements(arms: &[ArmResults]) -> Vec<Vec<String>> {
    if arms.iter().all(|arm| arm.judged.is_none()) {
        return Vec::new();
    }
    let row = |asked: &str, of: fn(&Judged) -> [u64; 2]| {
        let told = |[right, wrong]: [u64; 2]| format!("{right} right, {wrong} wrong");
        let own =
            arms.iter().map(|arm| arm.judged.as_ref().map_or_else(String::new, |j| told(of(j))));
        [asked.to_owned()].into_iter().chain(own).collect()
    };
    vec![
        row("Judged completed", |judged| [judged.true_completed, judged.false_completed]),
        row("Judged failed", |judged| [judged.true_failed, judged.false_failed]),
    ]
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of tokens")]
pub(crate) fn whole(mean: f64) -> String {
    thousands(mean.round() as u64)
}
