//! The credit of each claim that a reflection makes.
//!
//! A reflection's reward says of all its words alike whether they were good. Where a world held each claim
//! against the trial, the words of a claim are known to be so or not: feedback that is denser, as of
//! Wu et al., Fine-Grained Human Feedback Gives Better Rewards (2023), section 2.

use std::collections::HashMap;

use models::tokenizer::Tokenizer;
use runtime_core::claims::CheckedClaim;
use runtime_core::reflection::Reflection;

/// For each reflection of a group, of each drawn token what its claim is ahead of the group's claims of its kind:
/// 1 if it is so, else 0, minus their mean; 0 for words that claim nothing, and where the group has one such claim.
///
/// `None` if the text of one is not in what was generated.
pub(super) fn credits(group: &[&Reflection], tokenizer: &Tokenizer) -> Option<Vec<Vec<f32>>> {
    let mut kinds: HashMap<u32, (f32, f32)> = HashMap::new();
    for claim in group.iter().flat_map(|reflection| each(reflection)) {
        let (so, all) = kinds.entry(claim.kind).or_default();
        *so += worth(claim);
        *all += 1.0;
    }
    let ahead = |claim: &CheckedClaim| {
        let (so, all) = kinds[&claim.kind];
        worth(claim) - so / all
    };
    group.iter().map(|reflection| of_tokens(reflection, ahead, tokenizer)).collect()
}

fn each(reflection: &Reflection) -> &[CheckedClaim] {
    reflection.claims.as_ref().map_or(&[], |claims| &claims.each)
}

fn worth(claim: &CheckedClaim) -> f32 {
    f32::from(u8::from(claim.is_so))
}

/// The drawn tokens' credits. A token belongs to the claim in whose words it ends.
fn of_tokens(
    reflection: &Reflection,
    ahead: impl Fn(&CheckedClaim) -> f32,
    tokenizer: &Tokenizer,
) -> Option<Vec<f32>> {
    let generation = &reflection.generation;
    let before = generation.text.find(&reflection.text)?;
    let (mut end, mut found) = (0, Vec::new());
    for token in &generation.tokens {
        end += tokenizer.token_bytes(token.id).len();
        if token.origin.is_lesson() {
            let ends_in = |claim: &&CheckedClaim| {
                let (start, last) = (claim.start as usize + before, claim.end as usize + before);
                (start + 1..=last).contains(&end)
            };
            found.push(each(reflection).iter().find(ends_in).map_or(0.0, &ahead));
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use models::gguf::Gguf;
    use runtime_core::claims::Claims;
    use runtime_core::model::{Generation, Origin, Token};

    use super::*;

    fn tokenizer() -> Tokenizer {
        Tokenizer::from_gguf(&Gguf::from_bytes("tiny", models::tiny::llama(0)).unwrap()).unwrap()
    }

    /// A reflection that claims these words, of this kind, each of them so or not.
    fn reflection(tokenizer: &Tokenizer, text: &str, claimed: &[(&str, u32, bool)]) -> Reflection {
        let ids = tokenizer.encode(text, models::tokenizer::Special::Text);
        let (log_prob, origin) = (0.0, Origin::Drawn);
        let token = |id| Token { id, log_prob, log_prob_full: None, origin };
        let mut generation = Generation::of_text(text);
        generation.tokens = ids.into_iter().map(token).collect();
        let mut reflection = Reflection::new(1, text.trim().into(), generation);
        let each = claimed.iter().map(|&(words, kind, is_so)| {
            let start = reflection.text.find(words).unwrap();
            let at = |place| u32::try_from(place).unwrap();
            CheckedClaim { start: at(start), end: at(start + words.len()), kind, is_so }
        });
        let each = each.collect();
        reflection.claims = Some(Claims { each, ..Claims::default() });
        reflection
    }

    /// The words whose credit is not 0, with it.
    fn shown(
        tokenizer: &Tokenizer,
        reflection: &Reflection,
        credits: &[f32],
    ) -> Vec<(String, f32)> {
        assert_eq!(credits.len(), reflection.generation.tokens.len());
        let mut shown: Vec<(String, f32)> = Vec::new();
        for (token, &credit) in reflection.generation.tokens.iter().zip(credits) {
            let text = tokenizer.decode_lossy(&[token.id]);
            match shown.last_mut().filter(|(_, last)| last.to_bits() == credit.to_bits()) {
                Some((words, _)) => words.push_str(&text),
                None => shown.push((text, credit)),
            }
        }
        shown.retain(|(_, credit)| *credit != 0.0);
        shown
    }

    #[test]
    fn a_claim_is_held_against_the_group_s_claims_of_its_kind() {
        let tokenizer = tokenizer();
        let texts = [
            reflection(
                &tokenizer,
                " Hm. A is at B. Look at C.",
                &[("A is at B", 0, true), ("Look at C", 3, true)],
            ),
            reflection(
                &tokenizer,
                "A is at D. Look at E, F",
                &[("A is at D", 0, true), ("Look at E", 3, false), (", F", 3, false)],
            ),
            reflection(&tokenizer, "No.", &[]),
        ];

        let found = credits(&texts.each_ref(), &tokenizer).unwrap();

        // All claims of the kind 0 are so; of the kind 3 it is one of three.
        let (so, not) = (1.0 - 1.0 / 3.0, -1.0 / 3.0);
        assert_eq!(shown(&tokenizer, &texts[0], &found[0]), [("Look at C".to_owned(), so)]);
        assert_eq!(shown(&tokenizer, &texts[1], &found[1]), [("Look at E, F".to_owned(), not)]);
        assert_eq!(shown(&tokenizer, &texts[2], &found[2]), []);
        // What was not generated so has no tokens.
        let other = Reflection { text: "Elsewhere.".into(), ..texts[0].clone() };
        assert_eq!(credits(&[&other], &tokenizer), None);
    }

    #[test]
    fn claims_from_outside_that_leave_the_text_have_no_credit() {
        let tokenizer = tokenizer();
        let mut text =
            reflection(&tokenizer, "A is at B.", &[("A is at B", 0, true), ("B", 0, false)]);
        for claim in &mut text.claims.as_mut().unwrap().each {
            (claim.start, claim.end) = (u32::MAX, 5);
        }
        let found = credits(&[&text], &tokenizer).unwrap();
        assert!(found[0].iter().all(|credit| *credit == 0.0));
    }
}
