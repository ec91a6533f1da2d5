//! The majority of several answers.

/// An attempt as far as it is counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CountedAttempt {
    /// The final answer; `None` if there is none, which has no vote.
    pub answer: Option<String>,
    /// Whether it is right.
    pub is_right: bool,
    /// Number of tokens that were generated.
    pub tokens: u64,
}

/// Whether two answers say the same.
pub type EqualAnswers<'a> = dyn Fn(&str, &str) -> bool + 'a;

/// The first attempt with the answer that most attempts have; of answers with as many votes that
/// which was given first. `None` if no attempt has an answer.
pub fn majority<'a>(
    attempts: &'a [CountedAttempt],
    equal: &EqualAnswers<'_>,
) -> Option<&'a CountedAttempt> {
    let mut votes: Vec<(&CountedAttempt, usize)> = Vec::new();
    for attempt in attempts {
        let Some(answer) = &attempt.answer else { continue };
        let says = |(first, _): &&mut (&CountedAttempt, usize)| {
            first.answer.as_ref().is_some_and(|known| equal(known, answer))
        };
        match votes.iter_mut().find(says) {
            Some((_, count)) => *count += 1,
            None => votes.push((attempt, 1)),
        }
    }
    let most = votes.iter().map(|(_, count)| *count).max()?;
    votes.into_iter().find(|(_, count)| *count == most).map(|(first, _)| first)
}

/// Whether the majority is right.
pub fn is_majority_right(attempts: &[CountedAttempt], equal: &EqualAnswers<'_>) -> bool {
    majority(attempts, equal).is_some_and(|attempt| attempt.is_right)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the majority of these answers says, which are separated by spaces; `-` is none.
    fn check(answers: &str, expected: Option<&str>) {
        let attempts: Vec<CountedAttempt> = answers
            .split_whitespace()
            .map(|answer| CountedAttempt {
                answer: (answer != "-").then(|| answer.to_owned()),
                ..CountedAttempt::default()
            })
            .collect();

        let found = majority(&attempts, &|one, other| one.trim_start_matches('0') == other);

        assert_eq!(found.and_then(|attempt| attempt.answer.as_deref()), expected, "{answers}");
    }

    #[test]
    fn the_answer_of_most_wins_and_of_equals_the_first() {
        check("1 2 2", Some("2"));
        check("1 2 2 1", Some("1"));
        check("3 - - -", Some("3"));
        check("1 2 3", Some("1"));
        check("- -", None);
        check("", None);
    }

    #[test]
    fn answers_that_say_the_same_vote_together() {
        check("2 01 1 1 2", Some("01"));
    }
}
