//! Guides: which tokens a constraint allows next.
//!
//! A guide never sees logits. It is asked before logits are computed, so that a
//! forced token needs no decoding.

use runtime_core::model::ModelError;

/// The state of a constraint, advanced token by token.
pub(crate) trait Guide {
    /// The tokens allowed next.
    ///
    /// With [`Next::Forced`] the guide has already accepted the forced tokens.
    fn next(&mut self) -> Result<Next, ModelError>;

    /// Accepts a token that was sampled from [`Next::OneOf`] or [`Next::Anything`].
    fn accept(&mut self, id: u32) -> Result<(), ModelError>;

    /// The text of the whole answer, if it is not the text of its tokens.
    fn text(&self) -> Option<&str> {
        None
    }
}

/// The tokens that a constraint allows next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Any token.
    Anything,
    /// One of these ids, ascending and at least two.
    OneOf(Vec<u32>),
    /// Exactly these tokens, in order and at least one.
    Forced(Vec<u32>),
    /// No token: the answer is complete.
    End,
}

impl Next {
    /// The tokens that a mask allows: `ids`, ascending, where `ends` are the tokens that
    /// end an answer; `None` if the mask allows no token.
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

/// The guide of unconstrained answers.
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
