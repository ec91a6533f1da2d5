//! What a constraint says before each token.
//!
//! A guide never sees logits. It is asked before anything is computed, so that
//! where it leaves one token that token costs no decoding.

use runtime_core::model::ModelError;

/// A constraint, advancing token by token.
pub(crate) trait Guide {
    /// What may come next.
    ///
    /// After [`Next::Forced`] the guide stands behind those tokens already.
    fn next(&mut self) -> Result<Next, ModelError>;

    /// Takes notice of a token that was drawn from [`Next::OneOf`] or
    /// [`Next::Anything`].
    fn accept(&mut self, id: u32) -> Result<(), ModelError>;

    /// The text of the whole answer, where the constraint knows it better than
    /// its tokens do.
    fn text(&self) -> Option<&str> {
        None
    }
}

/// What may come next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Any token.
    Anything,
    /// One of these ids, ascending, at least two.
    OneOf(Vec<u32>),
    /// Exactly these tokens, at least one.
    Forced(Vec<u32>),
    /// The end of the answer.
    End,
}

impl Next {
    /// What a mask of `ids`, ascending, leaves; `ends` are the tokens that end
    /// an answer, `None` that the mask allows nothing.
    ///
    /// A single id is not forced here, because its guide has yet to accept it.
    pub(crate) fn of_mask(ids: Vec<u32>, ends: &[u32]) -> Option<Self> {
        if ids.is_empty() {
            return None;
        }
        let only_ends = ids.iter().all(|id| ends.contains(id));
        Some(if only_ends { Self::End } else { Self::OneOf(ids) })
    }
}

/// No constraint at all.
#[derive(Debug)]
pub(crate) struct Free;

impl Guide for Free {
    fn next(&mut self) -> Result<Next, ModelError> {
        Ok(Next::Anything)
    }

    fn accept(&mut self, _id: u32) -> Result<(), ModelError> {
        Ok(())
    }
}
