//! Truncation of the oldest steps of an episode that does not fit into a prompt.

/// Number of oldest steps to drop such that `head_tokens` and the other steps fit into
/// `budget_tokens`; `None` if the head alone is too long.
///
/// Steps are dropped in blocks of at least a quarter of the budget: dropping one in
/// each step would change the prompt near its start, and so invalidate the model's
/// cache, in each step. The result depends only on the arguments, so a resumed
/// episode drops the same steps.
pub fn dropped_steps(head_tokens: u32, step_tokens: &[u32], budget_tokens: u32) -> Option<usize> {
    let room = u64::from(budget_tokens.checked_sub(head_tokens)?);
    let block = u64::from(budget_tokens / 4);
    let (mut dropped, mut shown_tokens) = (0, 0_u64);
    for (index, tokens) in step_tokens.iter().enumerate() {
        shown_tokens += u64::from(*tokens);
        if shown_tokens <= room {
            continue;
        }
        let mut freed = 0;
        while dropped <= index && (freed < block || shown_tokens > room) {
            freed += u64::from(step_tokens[dropped]);
            shown_tokens -= u64::from(step_tokens[dropped]);
            dropped += 1;
        }
    }
    Some(dropped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(head_tokens: u32, step_tokens: &[u32], expected: Option<usize>) {
        assert_eq!(dropped_steps(head_tokens, step_tokens, 100), expected);
    }

    #[test]
    fn what_fits_is_shown() {
        check(60, &[], Some(0));
        check(60, &[20, 20], Some(0));
    }

    #[test]
    fn a_quarter_of_the_budget_goes_at_once() {
        check(50, &[10, 10, 10, 10, 10, 10], Some(3));
    }

    #[test]
    fn no_more_is_dropped_until_the_room_is_used_again() {
        check(50, &[10; 8], Some(3));
        check(50, &[10; 9], Some(6));
    }

    #[test]
    fn a_step_longer_than_the_room_is_dropped_too() {
        check(50, &[10, 90], Some(2));
    }

    #[test]
    fn a_head_longer_than_the_budget_does_not_fit() {
        check(101, &[], None);
    }
}
