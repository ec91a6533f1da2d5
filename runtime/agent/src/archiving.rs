//! An agent that stores its reflections outside of the run and recalls those of earlier runs.
//!
//! ```text
//! reflect ─► reflection ─► store
//! store ─► reflections of earlier runs ─► memory ─► act, reflect
//! ```

use std::borrow::Cow;

use runtime_core::agent::{Agent, Attempt, Episode};
use runtime_core::environment::EnvironmentError;
use runtime_core::model::{Generation, ModelError};
use runtime_core::reflection::{Judgement, Memory, Reflection, ReflectionStore};
use runtime_core::task::Task;
use runtime_core::trajectory::Decision;

/// An agent with a store of reflections.
pub struct ArchivingAgent {
    /// Acts, judges and reflects.
    pub agent: Box<dyn Agent + Send>,
    /// Stores its reflections.
    pub archive: Box<dyn ReflectionStore + Send>,
    /// Whether it recalls the reflections of earlier runs.
    pub recalls: bool,
    /// A task's id, and its stored reflections before the run's own first one.
    pub recalled: Option<(String, Vec<Reflection>)>,
}

impl ArchivingAgent {
    /// The memory of a task together with the reflections of earlier runs.
    fn memory<'a>(
        &mut self,
        task: &Task,
        memory: &'a Memory,
    ) -> Result<Cow<'a, Memory>, ModelError> {
        if !self.recalls {
            return Ok(Cow::Borrowed(memory));
        }
        let recalled = match self.recalled.take().filter(|(id, _)| *id == task.id) {
            Some((_, recalled)) => recalled,
            None => self.archive.recall(task).map_err(broken)?.into_iter().map(earlier).collect(),
        };
        let memory = memory.preceded_by(&recalled);
        self.recalled = Some((task.id.clone(), recalled));
        Ok(Cow::Owned(memory))
    }
}

impl Agent for ArchivingAgent {
    fn act(&mut self, episode: &Episode<'_>) -> Result<Decision, ModelError> {
        let memory = self.memory(episode.task, episode.memory)?;
        self.agent.act(&Episode { memory: &memory, ..*episode })
    }

    fn judge(&mut self, attempt: &Attempt<'_>) -> Result<Judgement, ModelError> {
        self.agent.judge(attempt)
    }

    fn reflect(&mut self, attempt: &Attempt<'_>) -> Result<Reflection, ModelError> {
        let memory = self.memory(attempt.task, attempt.memory)?;
        let reflection = self.agent.reflect(&Attempt { memory: &memory, ..*attempt })?;
        self.archive.remember(attempt.task, &reflection.text).map_err(broken)?;
        Ok(reflection)
    }
}

/// A reflection of an earlier run, whose generation is no longer known.
fn earlier(text: String) -> Reflection {
    let generation = Generation::of_text(&text);
    Reflection::new(0, text, generation)
}

#[allow(clippy::needless_pass_by_value, reason = "what map_err gives")]
fn broken(error: EnvironmentError) -> ModelError {
    ModelError::Engine(format!("the archive of reflections failed: {error}"))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use runtime_core::seed::{Draw, SeedKey};
    use runtime_core::task::Limits;
    use runtime_core::trajectory::{Ending, Trajectory};

    use super::*;

    /// Tells what it was shown.
    struct Mirror;

    impl Agent for Mirror {
        fn act(&mut self, _: &Episode<'_>) -> Result<Decision, ModelError> {
            Err(ModelError::Engine("it does not act".into()))
        }

        fn judge(&mut self, _: &Attempt<'_>) -> Result<Judgement, ModelError> {
            Err(ModelError::Engine("it does not judge".into()))
        }

        fn reflect(&mut self, attempt: &Attempt<'_>) -> Result<Reflection, ModelError> {
            let shown: Vec<_> =
                attempt.memory.reflections().map(|reflection| reflection.text.as_str()).collect();
            Ok(earlier(format!("saw [{}]", shown.join(", "))))
        }
    }

    #[derive(Clone, Default)]
    struct Shelf(Arc<Mutex<Vec<(String, String)>>>);

    impl ReflectionStore for Shelf {
        fn recall(&mut self, task: &Task) -> Result<Vec<String>, EnvironmentError> {
            let kept = self.0.lock().unwrap();
            let on_task = kept.iter().filter(|(id, _)| *id == task.id);
            Ok(on_task.map(|(_, text)| text.clone()).collect())
        }

        fn remember(&mut self, task: &Task, text: &str) -> Result<(), EnvironmentError> {
            self.0.lock().unwrap().push((task.id.clone(), text.to_owned()));
            Ok(())
        }
    }

    fn reflect(agent: &mut ArchivingAgent, id: &str, memory: &Memory) -> String {
        let task = &Task {
            id: id.into(),
            kind: String::new(),
            instruction: String::new(),
            seed: 0,
            limits: Limits::default(),
        };
        let trajectory = &Trajectory {
            opening: String::new(),
            steps: Vec::new(),
            ending: Ending::StepLimit,
            feedback: String::new(),
        };
        let draw = Draw::Reflection { member: 0, candidate: 0 };
        let seed = SeedKey { run: 1, task: id, trial: 1, draw };
        agent.reflect(&Attempt { task, trajectory, memory, seed }).unwrap().text
    }

    fn agent(shelf: &Shelf, recalls: bool) -> ArchivingAgent {
        let archive = Box::new(shelf.clone());
        ArchivingAgent { agent: Box::new(Mirror), archive, recalls, recalled: None }
    }

    #[test]
    fn a_later_run_reads_what_an_earlier_one_left() {
        let (shelf, nothing) = (Shelf::default(), Memory::with_capacity(3));
        reflect(&mut agent(&shelf, false), "a", &nothing);

        assert_eq!(reflect(&mut agent(&shelf, true), "a", &nothing), "saw [saw []]");
        assert_eq!(reflect(&mut agent(&shelf, true), "b", &nothing), "saw []");
        assert_eq!(reflect(&mut agent(&shelf, false), "a", &nothing), "saw []");
    }

    #[test]
    fn a_runs_own_reflections_are_not_read_twice() {
        let (shelf, mut memory) = (Shelf::default(), Memory::with_capacity(3));
        let mut first = agent(&shelf, true);
        memory.remember(earlier(reflect(&mut first, "a", &memory)));

        // The run was killed there, and goes on: the archive has what its memory has.
        assert_eq!(reflect(&mut agent(&shelf, true), "a", &memory), "saw [saw []]");
    }
}
