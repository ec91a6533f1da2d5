//! The loop's decisions, done.

use std::ops::RangeInclusive;

use runtime_core::history::RunHistory;
use runtime_evaluation::collection::CollectionResults;
use runtime_evaluation::learning::state::{
    AdapterFile, Learning, Phase, ReflectionExample, TrainingResults,
};
use runtime_evaluation::learning::{Learner, LearnerError};
use runtime_store::replace::replace;
use runtime_store::sealed;

use super::LocalLearner;
use crate::program::SessionEvent;

impl Learner for LocalLearner {
    fn evaluate(
        &mut self,
        round: u32,
        adapter: Option<&AdapterFile>,
    ) -> Result<RunHistory, LearnerError> {
        Ok(self.play_validation(round, adapter)?)
    }

    fn collect(
        &mut self,
        round: u32,
        adapter: Option<&AdapterFile>,
    ) -> Result<CollectionResults, LearnerError> {
        Ok(self.play_collection(round, adapter)?)
    }

    fn train(
        &mut self,
        round: u32,
        adapter: Option<&AdapterFile>,
        collections: RangeInclusive<u32>,
    ) -> Result<Option<TrainingResults>, LearnerError> {
        Ok(self.run_training(round, adapter, collections)?)
    }

    fn install(&mut self, round: u32, adapter: &AdapterFile) -> Result<(), LearnerError> {
        Ok(self.try_adapter(&self.slot_name(round), adapter)?)
    }

    fn confirm(&mut self, round: u32, adapter: &AdapterFile) -> Result<(), LearnerError> {
        Ok(self.keep_adapter(&self.slot_name(round), adapter)?)
    }

    fn revert(&mut self, adapter: &AdapterFile) -> Result<(), LearnerError> {
        Ok(self.leave_adapter(adapter)?)
    }

    fn illustrate(
        &mut self,
        adapter: &AdapterFile,
    ) -> Result<Vec<ReflectionExample>, LearnerError> {
        Ok(self.reflect_again(adapter)?)
    }

    fn save(&mut self, state: &Learning) -> Result<(), LearnerError> {
        let json = sealed::json(state)?;
        replace(&self.out.join("learning.json"), json.as_bytes())?;
        if matches!(state.phase, Phase::Collect | Phase::Illustrate | Phase::Finished)
            && state.baseline.is_some()
        {
            self.report(state)?;
        }
        if state.phase != Phase::Finished {
            self.surroundings.tell(SessionEvent::Round(state));
        }
        Ok(())
    }

    fn now_us(&mut self) -> u64 {
        (self.surroundings.clock)()
    }
}
