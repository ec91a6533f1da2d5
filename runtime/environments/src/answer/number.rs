//! GSM8K's final answers: a number, with whatever stands around it.

use super::ratio::Ratio;

/// Longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 200;

/// Whether two answers are the same number.
pub fn equal(one: &str, other: &str) -> bool {
    match (parse(one), parse(other)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

/// The number of an answer such as `18`, `$1,234.50`, `1/2`, `3 1/2`, `75%` or `18 eggs`; `None`
/// where it is no number, or a calculation that was not carried out.
pub fn parse(answer: &str) -> Option<Ratio> {
    if answer.len() > ANSWER_BYTES_MAX {
        return None;
    }
    let answer = answer.replace("\\$", "$").replace("\\%", "%").replace(['\u{2212}'], "-");
    let answer = answer.replace("\\,", "").replace("\\!", "").replace("{,}", ",");
    let mut rest = answer.trim().trim_matches('$').trim();
    let is_negative = rest.starts_with('-');
    rest = rest.trim_start_matches(['-', '+']).trim_start().trim_start_matches('$').trim_start();
    let (number, rest) = read(rest)?;
    ends(rest).then_some(if is_negative { number.negative() } else { number })
}

/// Reads a decimal, a fraction or a mixed number; returns what stands behind it.
fn read(text: &str) -> Option<(Ratio, &str)> {
    if let Some(inside) = text.strip_prefix("\\frac{").or_else(|| text.strip_prefix("\\dfrac{")) {
        let (above, rest) = inside.split_once("}{")?;
        let (below, rest) = rest.split_once('}')?;
        return Some((Ratio::decimal(above)?.over(Ratio::decimal(below)?)?, rest));
    }
    let (first, rest) = decimal(text)?;
    if let Some(below) = rest.trim_start().strip_prefix('/') {
        let (below, rest) = decimal(below.trim_start())?;
        return Some((first.over(below)?, rest));
    }
    let mixed = || {
        let (above, rest) = decimal(rest.strip_prefix(' ')?.trim_start())?;
        let (below, rest) = decimal(rest.strip_prefix('/')?)?;
        let part = above.over(below)?;
        (part < Ratio::ONE).then(|| Some((first.plus(part)?, rest))).flatten()
    };
    Some(mixed().unwrap_or((first, rest)))
}

/// Reads digits with commas between thousands and at most one decimal point.
fn decimal(text: &str) -> Option<(Ratio, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != ',' && c != '.');
    let number = &text[..end.unwrap_or(text.len())];
    // A full stop or comma at the end is the sentence's.
    let written = number.trim_end_matches([',', '.']);
    let rest = &text[written.len()..];
    let (whole, part) = written.split_once('.').map_or((written, None), |(w, p)| (w, Some(p)));
    if part.is_some_and(|part| part.contains([',', '.'])) {
        return None;
    }
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let is_grouped = whole.contains(',');
    if is_grouped && (first.is_empty() || first.len() > 3 || groups.any(|group| group.len() != 3)) {
        return None;
    }
    let plain = written.replace(',', "");
    Some((Ratio::decimal(&plain)?, rest))
}

/// Whether nothing follows a number but its unit or the end of a sentence: no further number, and
/// no operation.
fn ends(rest: &str) -> bool {
    let rest = rest.trim();
    !rest.contains(|c: char| c.is_ascii_digit())
        && !rest
            .trim_start_matches(['%', '$'])
            .starts_with(['+', '-', '*', '/', '^', '=', ':', '\\'])
        || rest.starts_with("\\text")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_same_number_has_many_forms() {
        for answer in [
            "18",
            "18.00",
            "$18",
            "$18.",
            "18 eggs",
            "18%",
            "+18",
            "36/2",
            "17 2/2",
            "\\$18",
            "\\frac{36}{2}",
            "18\\text{ of 20 eggs}",
        ] {
            // 17 2/2 is no mixed number.
            assert_eq!(equal(answer, "18"), answer != "17 2/2", "{answer}");
        }
        for (one, other) in
            [("1,234.50", "1234.5"), ("-$5", "-5"), ("3 1/2", "3.5"), ("1/4", "0.25")]
        {
            assert!(equal(one, other), "{one} {other}");
        }
    }

    #[test]
    fn what_is_no_number_equals_nothing() {
        for answer in
            ["", "9+9", "18-3", "3*6", "5:00", "x", "1,23", "1.2.3", "18 in 2 days", "1/0"]
        {
            assert!(!equal(answer, answer), "{answer}");
        }
        assert!(!equal("18", "81") && !equal("18", "-18") && !equal("1/3", "0.33"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[0-9,./$% ä\\\\{}frac-]{0,30}") {
            let _ = parse(&text);
        }
    }
}
