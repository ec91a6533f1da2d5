//! Which requests are carried out: one host acts at a time, and what arrives twice is done
//! once.
//!
//! ```text
//! no host ──Hello──► open ──Release, or silent past the deadline──► over ──another's Hello──► open
//! ```
//!
//! Within a session, sequence numbers grow, so an old frame that the line gives out
//! again is known by its number. Numbers wrap: half of all are later than the last one.
//! A session that is over stays known, so that nothing of it is done any more.

use embassy_time::{Duration, Instant};

use crate::deadline::Deadline;
use crate::frame::RequestFrame;
use crate::message::{Refusal, RequestKind, Sender};

/// The session of the host that acts or acted last, and the last request that was carried
/// out in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Session {
    /// The host's number for it.
    id: u32,
    last: RequestId,
    standing: SessionState,
}

/// How a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SessionState {
    /// Its host acts.
    Open(Deadline),
    /// Its host has gone, and said so.
    Released,
    /// Its host was silent for too long.
    Lapsed,
}

/// What tells a request from others of its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RequestId {
    sequence: u32,
    /// The checksum of its payload.
    digest: u32,
}

impl RequestId {
    /// What is asked, in a payload with the checksum `digest`.
    pub(super) fn new(asked: &RequestFrame<'_>, digest: u32) -> Self {
        Self { sequence: asked.sequence, digest }
    }
}

/// What is to become of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// It is carried out, and its host's session is this one.
    New {
        /// The host's number for it.
        id: u32,
    },
    /// It is the host's last one again.
    Repeated,
    /// It only looks, and is carried out beside the session.
    Beside,
    /// It is not carried out.
    Refused(Refusal),
}

impl Session {
    /// A session that the request opens or goes on with.
    pub(super) const fn heard(id: u32, last: RequestId, deadline: Deadline) -> Self {
        Self { id, last, standing: SessionState::Open(deadline) }
    }

    /// Notes that the host lives.
    pub(super) fn hear(&mut self, now: Instant) {
        if let SessionState::Open(deadline) = &mut self.standing {
            deadline.hear(now);
        }
    }

    /// Ends the session as its host asks.
    pub(super) fn release(&mut self) {
        self.standing = SessionState::Released;
    }

    /// Ends the session where its host has been silent for too long; returns whether it has.
    pub(super) fn lapses(&mut self, now: Instant) -> bool {
        let is_missed =
            matches!(self.standing, SessionState::Open(deadline) if deadline.is_missed(now));
        if is_missed {
            self.standing = SessionState::Lapsed;
        }
        is_missed
    }

    /// How long its host may go on being silent; `None` if the session is over.
    pub(super) fn time_left(&self, now: Instant) -> Option<Duration> {
        match self.standing {
            SessionState::Open(deadline) => Some(deadline.time_left(now)),
            SessionState::Released | SessionState::Lapsed => None,
        }
    }
}

/// Judges a request. A session whose host was silent for too long must have lapsed before.
pub(super) fn judge(
    session: Option<&Session>,
    asked: &RequestFrame<'_>,
    request: RequestId,
    now: Instant,
) -> Admission {
    let Sender::Host { session: id } = asked.sender else {
        let looks = asked.request.only_looks();
        return if looks { Admission::Beside } else { Admission::Refused(Refusal::OnlyLooks) };
    };
    let opens = asked.request.kind() == RequestKind::Hello;
    let Some(session) = session else {
        return if opens { Admission::New { id } } else { Admission::Refused(Refusal::NoSession) };
    };
    if session.id == id {
        return order(session, request);
    }
    match session.time_left(now) {
        None if opens => Admission::New { id },
        left => Admission::Refused(Refusal::Busy { left_ms: left.map_or(0, whole_ms) }),
    }
}

/// Judges a request by its number within its session.
fn order(session: &Session, request: RequestId) -> Admission {
    let last = session.last;
    match session.standing {
        // The answer to the release was lost.
        SessionState::Released if request == last => return Admission::Repeated,
        SessionState::Released | SessionState::Lapsed => {
            return Admission::Refused(Refusal::NoSession);
        }
        SessionState::Open(_) => {}
    }
    match request.sequence.wrapping_sub(last.sequence) {
        0 if request == last => Admission::Repeated,
        0 => Admission::Refused(Refusal::SequenceReused),
        ahead if ahead < 1 << 31 => Admission::New { id: session.id },
        _ => Admission::Refused(Refusal::Stale { last: last.sequence }),
    }
}

/// Rounded up: after so long the session is over.
fn whole_ms(left: Duration) -> u32 {
    u32::try_from(left.as_millis().saturating_add(1)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message;

    const LIMIT: Duration = Duration::from_millis(100);
    const START: Instant = Instant::from_millis(0);
    const OPEN: Session = Session::heard(7, request(10), Deadline::new(LIMIT, START));
    const RELEASED: Session = Session { standing: SessionState::Released, ..OPEN };
    const LAPSED: Session = Session { standing: SessionState::Lapsed, ..OPEN };
    const HELLO: message::NodeRequest<'static> =
        message::NodeRequest::Hello { version: message::VERSION };
    const OBSERVE: message::NodeRequest<'static> = message::NodeRequest::Observe;
    const NO_SESSION: Admission = Admission::Refused(Refusal::NoSession);

    const fn request(sequence: u32) -> RequestId {
        RequestId { sequence, digest: 1 }
    }

    fn judged(
        session: Option<Session>,
        sender: Sender,
        sequence: u32,
        asked: message::NodeRequest<'_>,
    ) -> Admission {
        let asked = RequestFrame { sequence, sender, request: asked };
        judge(session.as_ref(), &asked, request(sequence), START + LIMIT / 2)
    }

    fn check(
        session: Option<Session>,
        (id, sequence): (u32, u32),
        asked: message::NodeRequest<'_>,
        expected: Admission,
    ) {
        assert_eq!(judged(session, Sender::Host { session: id }, sequence, asked), expected);
    }

    #[test]
    fn a_session_begins_with_hello() {
        check(None, (7, 1), OBSERVE, NO_SESSION);
        check(None, (7, 1), HELLO, Admission::New { id: 7 });
    }

    #[test]
    fn while_a_host_acts_another_one_is_refused() {
        let busy = Admission::Refused(Refusal::Busy { left_ms: 51 });
        for sequence in [2, 10, 11] {
            check(Some(OPEN), (8, sequence), HELLO, busy);
            check(Some(OPEN), (8, sequence), OBSERVE, busy);
        }
    }

    #[test]
    fn another_session_begins_at_any_number_once_one_is_over() {
        for over in [RELEASED, LAPSED] {
            check(Some(over), (8, 10), HELLO, Admission::New { id: 8 });
            check(Some(over), (8, 2), HELLO, Admission::New { id: 8 });
        }
    }

    #[test]
    fn nothing_is_done_in_a_session_that_is_over() {
        let displaced = Admission::Refused(Refusal::Busy { left_ms: 0 });
        for sequence in [9, 11] {
            for over in [RELEASED, LAPSED] {
                check(Some(over), (7, sequence), OBSERVE, NO_SESSION);
                check(Some(over), (7, sequence), HELLO, NO_SESSION);
                check(Some(over), (6, sequence), OBSERVE, displaced);
            }
        }
        check(Some(RELEASED), (7, 10), OBSERVE, Admission::Repeated);
        check(Some(LAPSED), (7, 10), OBSERVE, NO_SESSION);
    }

    #[test]
    fn who_only_looks_is_let_in_beside_any_host() {
        for session in [None, Some(OPEN), Some(LAPSED)] {
            let judged = |asked| judged(session, Sender::Observer, 10, asked);
            assert_eq!(judged(HELLO), Admission::Beside);
            assert_eq!(judged(OBSERVE), Admission::Beside);
            let act = message::NodeRequest::Act { actuator: 0, value: 0 };
            for asked in
                [act, message::NodeRequest::Reset { seed: 0 }, message::NodeRequest::Release]
            {
                assert_eq!(judged(asked), Admission::Refused(Refusal::OnlyLooks));
            }
        }
    }

    #[test]
    fn numbers_grow_within_a_session() {
        let stale = Admission::Refused(Refusal::Stale { last: 10 });
        check(Some(OPEN), (7, 11), OBSERVE, Admission::New { id: 7 });
        check(Some(OPEN), (7, 10), OBSERVE, Admission::Repeated);
        check(Some(OPEN), (7, 9), OBSERVE, stale);
        check(Some(OPEN), (7, 9), HELLO, stale);
    }

    #[test]
    fn numbers_wrap() {
        let last = Session { last: request(u32::MAX), ..OPEN };

        check(Some(last), (7, 0), OBSERVE, Admission::New { id: 7 });
    }

    #[test]
    fn one_number_is_not_two_requests() {
        let other = Session { last: RequestId { digest: 2, ..OPEN.last }, ..OPEN };

        check(Some(other), (7, 10), OBSERVE, Admission::Refused(Refusal::SequenceReused));
    }
}
