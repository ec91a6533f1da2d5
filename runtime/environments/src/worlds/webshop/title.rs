//! The words of a product's title that say what it is.
//!
//! The reference takes the nouns and names that a statistical tagger finds, which in titles is nearly every
//! word with a letter but for those of the closed classes: that is what is taken here.

use crate::bm25::words;

/// Words of closed classes and numerals: never what a product is.
const FUNCTION_WORDS: &str = "a about above across after against all along also although am among an and any are as \
    at be because been before behind below beneath beside besides between beyond both but by can could did do does \
    down during each either else every except few for from had has have he her here hers him his how i if in inside \
    into is it its just like many may me more most much must my near neither nor not of off on once only onto or \
    other our out outside over own per please same shall she should since so some such than that the their them then \
    there these they this those though through till to too toward towards under unless until up upon us very via was \
    we were what when where which while who whom whose why will with within without would you your yours zero one \
    two three four five six seven eight nine ten eleven twelve";

/// The words of a title that name things, in lower case and in their order, repeated as they are.
pub(super) fn content_words(title: &str) -> Vec<String> {
    let names = |word: &String| {
        word.chars().nth(1).is_some()
            && word.chars().any(char::is_alphabetic)
            && !FUNCTION_WORDS.split_whitespace().any(|other| other == word)
    };
    words(title).filter(names).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_named_and_the_rest_is_not() {
        let title = "Men's Shoes for the Gym, 2 Pairs - A 4K TV (with 3.1 Bar)";
        let expected = ["men", "shoes", "gym", "pairs", "4k", "tv", "bar"];
        assert_eq!(content_words(title), expected);
        assert_eq!(content_words("2 x 3 of the"), [""; 0]);
    }
}
