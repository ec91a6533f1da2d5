//! Makes the attempts that a log lacks.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::ScopedJoinHandle;

use anyhow::{Context, anyhow};
use runtime_agent::prompts::PromptSet;
use runtime_core::model::{Constraint, LanguageModel, Request, Sampling};
use runtime_core::prompt::Prompt;
use runtime_core::seed::{Draw, SeedKey};
use runtime_evaluation::arm::ArmError;
use runtime_store::line_log::LineLog;

use super::conversation::{Conversation, NextDraw};
use super::dialogue;
use super::log::{self, Asked, Attempt, Entry};
use super::problems::Problems;
use super::progress::IntrospectionProgress;
use super::repetition::is_degenerate;
use crate::program::{SessionEvent, Surroundings};

/// The models of all turns, for one worker.
pub(super) type TurnModels = Vec<Box<dyn LanguageModel + Send>>;

/// Who attempts which problems.
pub(super) struct Player<'a> {
    pub(super) problems: &'a Problems,
    pub(super) prompts: &'a PromptSet,
    /// What is asked for; its problems are those above.
    pub(super) asked: &'a Asked,
    /// Makes the models of all turns for a worker.
    pub(super) models: &'a (dyn Fn() -> TurnModels + Sync),
    /// Problems that are attempted at once.
    pub(super) workers: usize,
    pub(super) surroundings: &'a Surroundings,
}

/// What all workers share.
struct Shared {
    log: Mutex<LineLog<Entry>>,
    progress: Mutex<IntrospectionProgress>,
    next: AtomicUsize,
    failed: AtomicBool,
}

impl Player<'_> {
    /// Makes the attempts that the log at a path lacks; returns all conversations.
    pub(super) fn play(&self, path: &Path) -> anyhow::Result<Vec<Conversation>> {
        let (log, found) = log::open(path, self.asked.clone())?;
        let mut conversations = Conversation::of_log(found).into_iter().peekable();
        let mut slots = Vec::new();
        for task in &self.problems.tasks {
            let begun = conversations.next_if(|one| one.posed.id == task.id);
            slots.push(Mutex::new(begun));
        }
        let shared = Shared {
            log: Mutex::new(log),
            progress: Mutex::default(),
            next: AtomicUsize::new(0),
            failed: AtomicBool::new(false),
        };
        lock(&shared.progress).problems = slots.len() as u64;
        let (all, those) = (&shared, &slots);
        let ended: Vec<anyhow::Result<()>> = std::thread::scope(|scope| {
            let count = self.workers.clamp(1, slots.len().max(1));
            let start = |_| {
                let builder = std::thread::Builder::new();
                builder.spawn_scoped(scope, move || self.work(all, those))
            };
            let workers: Vec<_> = (0..count).map(start).collect();
            let join = |worker: io::Result<ScopedJoinHandle<'_, anyhow::Result<()>>>| {
                let worker = worker.context("cannot start a worker")?;
                worker.join().unwrap_or_else(|_| Err(anyhow!("a worker panicked")))
            };
            workers.into_iter().map(join).collect()
        });
        // Whoever only stopped for another's error has nothing to tell.
        let (stopped, failed): (Vec<_>, Vec<_>) =
            ended.into_iter().filter_map(Result::err).partition(anyhow::Error::is::<ArmError>);
        if let Some(error) = failed.into_iter().chain(stopped).next() {
            return Err(error);
        }
        let played = slots
            .into_iter()
            .filter_map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner));
        Ok(played.collect())
    }

    /// Attempts problems until none is left.
    fn work(&self, shared: &Shared, slots: &[Mutex<Option<Conversation>>]) -> anyhow::Result<()> {
        let mut models = (self.models)();
        loop {
            let place = shared.next.fetch_add(1, Ordering::Relaxed);
            let Some(slot) = slots.get(place) else { return Ok(()) };
            let played = self.converse(place, &mut lock(slot), &mut models, shared);
            if played.is_err() {
                shared.failed.store(true, Ordering::Relaxed);
                return played;
            }
        }
    }

    /// Makes the attempts that one conversation lacks.
    fn converse(
        &self,
        place: usize,
        slot: &mut Option<Conversation>,
        models: &mut [Box<dyn LanguageModel + Send>],
        shared: &Shared,
    ) -> anyhow::Result<()> {
        let task = &self.problems.tasks[place];
        if slot.is_none() {
            let posed = dialogue::posed(self.prompts, task, &self.problems.question(task)?)?;
            self.check_stopped(shared)?;
            lock(&shared.log).append(&Entry::Problem(posed.clone()))?;
            *slot = Some(Conversation::new(posed));
        }
        let Some(conversation) = slot else { return Ok(()) };
        for attempt in conversation.attempts() {
            count(&mut lock(&shared.progress), attempt);
        }
        while let Some(next) = conversation.next(self.asked) {
            self.check_stopped(shared)?;
            let model = models.get_mut(next.turn as usize - 1);
            let model = model.context("each turn has a model")?;
            let attempt = self.attempt(conversation, next, &mut **model)?;
            lock(&shared.log).append(&Entry::Attempt(attempt.clone()))?;
            let mut progress = lock(&shared.progress);
            count(&mut progress, &attempt);
            conversation.add(attempt);
            self.surroundings.tell(SessionEvent::Attempts(*progress));
        }
        let mut progress = lock(&shared.progress);
        progress.done += 1;
        progress.solved += u64::from(conversation.is_solved());
        self.surroundings.tell(SessionEvent::Attempts(*progress));
        Ok(())
    }

    fn attempt(
        &self,
        conversation: &Conversation,
        NextDraw { turn, draw }: NextDraw,
        model: &mut dyn LanguageModel,
    ) -> anyhow::Result<Attempt> {
        let Asked { aim, context_window, tokens_max, temperature, top_p, seed, .. } = *self.asked;
        let posed = &conversation.posed;
        let before = conversation.best(aim);
        let before = &before[..before.len().min(turn as usize - 1)];
        let shown = dialogue::shown(model, posed, before, (context_window, tokens_max))?;
        let messages = dialogue::messages(posed, &before[before.len() - shown..]);
        let key = SeedKey {
            run: seed,
            task: &posed.id,
            trial: turn,
            draw: Draw::Action { step: draw + 1 },
        };
        let request = Request {
            prompt: Prompt::Chat(dialogue::prompt(messages)),
            constraint: Constraint::Free,
            sampling: Sampling { temperature, top_p, seed: key.seed() },
            tokens_max,
            stop: Vec::new(),
        };
        let generation = model.generate(&request);
        let generation =
            generation.with_context(|| format!("in turn {turn} of the problem {}", posed.id))?;
        let text = generation.text;
        let (answer, reward) = self.problems.grade(&posed.id, &text)?;
        Ok(Attempt {
            problem: posed.id.clone(),
            turn,
            draw,
            shown: u32::try_from(shown)?,
            degenerate: is_degenerate(&text),
            text,
            answer,
            reward,
            tokens: generation.tokens.len() as u64,
        })
    }

    fn check_stopped(&self, shared: &Shared) -> anyhow::Result<()> {
        if self.surroundings.is_stopped() || shared.failed.load(Ordering::Relaxed) {
            return Err(anyhow::Error::new(ArmError::Interrupted).context("stopped"));
        }
        Ok(())
    }
}

fn count(progress: &mut IntrospectionProgress, attempt: &Attempt) {
    progress.attempts += 1;
    progress.degenerate += u64::from(attempt.degenerate);
}

/// Whoever panicked left it whole: each change is one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
