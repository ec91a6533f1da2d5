//! An episode: programs until the shown tests hold or the turns are used up.

use runtime_core::environment::{ActionForm, Environment, EnvironmentError, Step};
use runtime_core::task::Task;
use runtime_sandbox::Strength;

use super::{ProgramWorld, ShownTests};
use crate::programs::answer;
use crate::programs::judge::{JudgeError, ProgramJudge, ProgramLimits};
use crate::programs::problem::Problem;
use crate::programs::verdict::{ProgramVerdict, TestOutcome};
use crate::rows::RowError;
use crate::world::{GameScore, Playable, causes};

/// Results that are told of one program, at most.
const RESULTS_TOLD: usize = 6;

/// Plays the problems of one world, one at a time.
pub(super) struct Programming {
    world: ProgramWorld,
    judge: ProgramJudge,
    episode: Option<Episode>,
}

struct Episode {
    problem: Problem,
    /// The shown tests, if there are some.
    shown: Option<String>,
    turns: u32,
    is_over: bool,
    is_solved: bool,
    /// Whether the last answer had a program.
    has_program: bool,
    /// The greatest share of shown tests that held.
    progress: f32,
    /// What was told of the last program.
    told: String,
}

impl Programming {
    pub(super) fn new(world: ProgramWorld) -> Self {
        let judge = ProgramJudge::new(ProgramLimits::default(), Strength::Full);
        Self { world, judge, episode: None }
    }

    /// What becomes of an answer: the reward.
    fn answered(&mut self, episode: &mut Episode, action: &str) -> Result<f32, EnvironmentError> {
        episode.turns += 1;
        let is_last = episode.turns >= self.world.turns;
        let program = answer::program(&episode.problem, action);
        episode.has_program = program.is_some();
        let Some(program) = program else {
            "There is no program in that.".clone_into(&mut episode.told);
            episode.is_over = is_last;
            return Ok(0.0);
        };
        let shown = self.shown(episode, &program)?;
        if let Some(verdict) = &shown {
            episode.progress = episode.progress.max(verdict.share());
        }
        episode.told = shown.as_ref().map_or_else(nothing_known, told);
        episode.is_over = is_last || shown.as_ref().is_none_or(ProgramVerdict::passed);
        if !episode.is_over {
            return Ok(0.0);
        }
        let hidden = match shown.filter(|_| self.world.shown == ShownTests::Hidden) {
            Some(verdict) => verdict,
            None => self.judge.judge(&episode.problem, &program).map_err(|error| broken(&error))?,
        };
        episode.is_solved = hidden.passed();
        Ok(f32::from(u8::from(episode.is_solved)))
    }

    /// What becomes of a program under the shown tests; `None` where there are none that can be made.
    fn shown(
        &mut self,
        episode: &Episode,
        program: &str,
    ) -> Result<Option<ProgramVerdict>, EnvironmentError> {
        let Some(tests) = &episode.shown else { return Ok(None) };
        match self.judge.judge_by(&episode.problem, program, tests) {
            Ok(verdict) => Ok(Some(verdict)),
            // Examples are for readers: not all of them are tests.
            Err(JudgeError::Tests { .. }) if self.world.shown == ShownTests::Examples => Ok(None),
            Err(error) => Err(broken(&error)),
        }
    }
}

/// The judge's failure ends the episode, which is then no one's.
fn broken(error: &JudgeError) -> EnvironmentError {
    EnvironmentError::BrokenOff(causes(error))
}

fn nothing_known() -> String {
    "The program was taken. Nothing is known of it.".to_owned()
}

/// What the agent is told of a verdict.
fn told(verdict: &ProgramVerdict) -> String {
    if verdict.passed() {
        return "The program passes these tests.".to_owned();
    }
    let failed = verdict.results.iter().filter(|result| result.outcome != TestOutcome::Passed);
    let lines = failed.take(RESULTS_TOLD).map(ToString::to_string);
    let fault = verdict.fault.iter().map(|fault| format!("The program is refused: {fault}"));
    let all = verdict.results.len();
    let passed = format!("{} of {all} tests hold.", verdict.passed_tests());
    let passed = Some(passed).filter(|_| all > 0);
    fault.chain(passed).chain(lines).collect::<Vec<_>>().join("\n")
}

impl Environment for Programming {
    fn reset(&mut self, task: &Task) -> Result<String, EnvironmentError> {
        let data = |error: RowError| EnvironmentError::Data {
            task: task.id.clone(),
            reason: error.to_string(),
        };
        let problem = self.world.problem(&task.id).map_err(data)?;
        let problem =
            problem.ok_or_else(|| EnvironmentError::UnknownTask(task.id.clone()))?.clone();
        let opening = problem.opening();
        let internal = self.world.internal_tests(&task.id).map_err(data)?;
        self.episode = Some(Episode {
            shown: self.world.shown.of(&problem, internal),
            problem,
            turns: 0,
            is_over: false,
            is_solved: false,
            has_program: true,
            progress: 0.0,
            told: String::new(),
        });
        Ok(opening)
    }

    fn step(&mut self, action: &str) -> Result<Step, EnvironmentError> {
        let mut episode = self.episode.take().ok_or(EnvironmentError::NotReset)?;
        let was_over = episode.is_over;
        let reward = if was_over { Ok(0.0) } else { self.answered(&mut episode, action) };
        let observation =
            if was_over { "The episode is over.".to_owned() } else { episode.told.clone() };
        let (progress, done) = (episode.progress, episode.is_over);
        self.episode = Some(episode);
        Ok(Step { observation, reward: reward?, progress, done })
    }

    fn admissible_actions(&mut self) -> Option<Vec<String>> {
        None
    }

    fn action_form(&mut self) -> ActionForm {
        ActionForm::Text { tokens_max: self.world.answer_tokens }
    }

    fn grounded(&self) -> Option<bool> {
        self.episode.as_ref().map(|episode| episode.has_program)
    }

    fn feedback(&self) -> String {
        self.episode.as_ref().map_or_else(String::new, |episode| episode.told.clone())
    }
}

impl Playable for Programming {
    fn standing(&self) -> GameScore {
        let state = self.episode.as_ref();
        let won = state.is_some_and(|episode| episode.is_solved);
        let done = state.is_some_and(|episode| episode.is_over);
        GameScore { score: i64::from(won), score_max: 1, won, done }
    }
}
