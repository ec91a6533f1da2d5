//! Which requests are new: a request that arrives twice is carried out once.
//!
//! A session begins with a `Hello` that states another session than the last. Within
//! it, sequence numbers grow, so an old frame that the line gives out again is known
//! by its number. Numbers wrap: half of all are later than the last one.

use crate::frame::Numbered;
use crate::message::{Refusal, Request};

/// The session that is open, and the last request that was carried out in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Session {
    /// The host's number for it.
    pub(super) id: u32,
    /// The last request's number.
    last: u32,
    /// The checksum of its payload.
    digest: u32,
}

/// What is to become of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is carried out, and the session is then this.
    New(Session),
    /// It is the last one again.
    Repeated,
    /// It is not carried out.
    Refused(Refusal),
}

/// Judges a request whose payload has the checksum `digest`.
pub(super) fn judge(
    session: Option<Session>,
    request: &Numbered<Request<'_>>,
    digest: u32,
) -> Verdict {
    let last = request.sequence;
    let opens = match request.message {
        Request::Hello { session: id, .. } => Some(id),
        _ => None,
    };
    let Session { id, last: before, digest: digest_before } = match (session, opens) {
        (Some(session), None) => session,
        (Some(session), Some(id)) if session.id == id => session,
        (_, Some(id)) => return Verdict::New(Session { id, last, digest }),
        (None, None) => return Verdict::Refused(Refusal::NoSession),
    };
    match last.wrapping_sub(before) {
        0 if digest == digest_before => Verdict::Repeated,
        0 => Verdict::Refused(Refusal::SequenceReused),
        ahead if ahead < 1 << 31 => Verdict::New(Session { id, last, digest }),
        _ => Verdict::Refused(Refusal::Stale { last: before }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: Session = Session { id: 7, last: 10, digest: 1 };

    fn check(session: Option<Session>, sequence: u32, message: Request<'_>, expected: Verdict) {
        assert_eq!(judge(session, &Numbered { sequence, message }, 1), expected);
    }

    fn hello(session: u32) -> Request<'static> {
        Request::Hello { version: 1, session }
    }

    #[test]
    fn a_session_begins_with_hello() {
        check(None, 1, Request::Observe, Verdict::Refused(Refusal::NoSession));
        check(None, 1, hello(7), Verdict::New(Session { id: 7, last: 1, digest: 1 }));
    }

    #[test]
    fn another_session_begins_at_any_number() {
        check(Some(OPEN), 10, hello(8), Verdict::New(Session { id: 8, last: 10, digest: 1 }));
        check(Some(OPEN), 2, hello(8), Verdict::New(Session { id: 8, last: 2, digest: 1 }));
    }

    #[test]
    fn numbers_grow_within_a_session() {
        check(Some(OPEN), 11, Request::Observe, Verdict::New(Session { last: 11, ..OPEN }));
        check(Some(OPEN), 10, Request::Observe, Verdict::Repeated);
        check(Some(OPEN), 9, Request::Observe, Verdict::Refused(Refusal::Stale { last: 10 }));
        check(Some(OPEN), 9, hello(7), Verdict::Refused(Refusal::Stale { last: 10 }));
    }

    #[test]
    fn numbers_wrap() {
        let last = Session { last: u32::MAX, ..OPEN };

        check(Some(last), 0, Request::Observe, Verdict::New(Session { last: 0, ..OPEN }));
    }

    #[test]
    fn one_number_is_not_two_requests() {
        let other = Session { digest: 2, ..OPEN };

        check(Some(other), 10, Request::Observe, Verdict::Refused(Refusal::SequenceReused));
    }
}
