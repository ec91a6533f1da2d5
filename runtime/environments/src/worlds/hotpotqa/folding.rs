//! Texts without what readers overlook: case, accents, the forms of characters, marks in titles.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Characters that HTML writes as entities, as some titles have them.
const ENTITIES: [(&str, &str); 4] =
    [("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];

/// A text in lower case without accents, and without compatibility forms.
pub(super) fn folded(text: &str) -> String {
    let bare = text.nfkd().filter(|c| !is_combining_mark(*c));
    bare.flat_map(char::to_lowercase).collect()
}

/// What titles are found by: the folded words, with a space between them. A title without letters
/// and digits is found by its folded characters.
pub(super) fn key(title: &str) -> String {
    let mut folded = folded(title);
    if folded.contains('&') {
        for (entity, character) in ENTITIES {
            folded = folded.replace(entity, character);
        }
    }
    let words: Vec<&str> =
        folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if words.is_empty() { folded.trim().to_owned() } else { words.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_marks_are_overlooked() {
        let check = |one: &str, other: &str| assert_eq!(key(one), key(other), "{one:?} {other:?}");
        check("Gheorghe Tătărescu", "gheorghe tatarescu");
        check("2013–14 Feyenoord season", "2013-14 Feyenoord  Season");
        check("ʻŌʻōkala, Hawaii", "ʻOʻokala Hawaii");
        check("Compañía &quot;Iquique&quot;", "compania \"Iquique\"");
        check("X&AMP;Y", "x & y");
        check("ﬁsh", "Fish");
    }

    #[test]
    fn what_differs_in_words_differs() {
        assert_ne!(key("Bath, Maine"), key("Bath"));
        assert_ne!(key("!!!"), key("???"));
        assert_eq!(key("!!!"), "!!!");
    }
}
