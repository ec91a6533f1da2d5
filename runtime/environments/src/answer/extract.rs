//! Where the final answer of a worked solution stands.

/// How a final answer is said.
const SAID: [&str; 2] = ["answer is", "answer:"];
/// How GSM8K marks the final answer.
pub const MARK: &str = "####";
/// Longest solution that is read, in bytes; of a longer one the end.
const TEXT_BYTES_MAX: usize = 1 << 16;

/// The final answer of a solution: the last one in `\boxed{…}` or after `####`; where there is
/// neither, the last one after `The answer is`.
pub fn final_answer(solution: &str) -> Option<&str> {
    let solution = end_of(solution);
    let marked = [boxed_at(solution), marked_at(solution)];
    let marked = marked.into_iter().flatten().max_by_key(|(place, _)| *place);
    marked.map(|(_, answer)| answer).or_else(|| said(solution))
}

/// What stands in the last `\boxed{…}` or `\fbox{…}` of a solution, or behind it as in `\boxed 2`.
pub fn boxed(solution: &str) -> Option<&str> {
    boxed_at(end_of(solution)).map(|(_, answer)| answer)
}

fn end_of(text: &str) -> &str {
    let from = text.len().saturating_sub(TEXT_BYTES_MAX);
    let from = (from..=text.len()).find(|&place| text.is_char_boundary(place));
    &text[from.unwrap_or(text.len())..]
}

fn boxed_at(solution: &str) -> Option<(usize, &str)> {
    let last = ["\\boxed", "\\fbox"].map(|mark| solution.rfind(mark).map(|at| (at, mark.len())));
    let (place, length) = last.into_iter().flatten().max()?;
    let rest = solution[place + length..].trim_start();
    let answer = match rest.strip_prefix('{') {
        Some(inside) => &inside[..closing(inside)?],
        None => rest.split(['$', ' ', '\n', '.', ',']).next().unwrap_or_default(),
    };
    let answer = answer.trim();
    (!answer.is_empty()).then_some((place, answer))
}

/// Where the brace closes that was opened before `inside`.
fn closing(inside: &str) -> Option<usize> {
    let (mut depth, mut escaped) = (0_u32, false);
    for (place, character) in inside.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => depth += 1,
            '}' if depth == 0 => return Some(place),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn marked_at(solution: &str) -> Option<(usize, &str)> {
    let place = solution.rfind(MARK)?;
    let answer = first_line(&solution[place + MARK.len()..]);
    (!answer.is_empty()).then_some((place, answer))
}

fn said(solution: &str) -> Option<&str> {
    let lower = solution.to_ascii_lowercase();
    let last = SAID.map(|said| lower.rfind(said).map(|place| place + said.len()));
    let place = last.into_iter().flatten().max()?;
    let answer = first_line(&solution[place..]).trim_start_matches([':', ' ', '*']);
    let answer = answer.trim_end_matches(['.', '*', ' ']);
    let answer = math_in(answer);
    (!answer.is_empty()).then_some(answer)
}

/// What stands between the first pair of dollars or `\(…\)` where the answer begins with one.
fn math_in(answer: &str) -> &str {
    for (open, close) in [("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]")] {
        if let Some(inside) = answer.strip_prefix(open)
            && let Some(end) = inside.find(close)
        {
            return inside[..end].trim();
        }
    }
    answer
}

fn first_line(text: &str) -> &str {
    text.trim_start_matches([' ', '\t']).lines().next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(solution: &str, expected: Option<&str>) {
        assert_eq!(final_answer(solution), expected, "{solution:?}");
    }

    #[test]
    fn the_answer_that_stands_last_counts() {
        check("2+2=<<2+2=4>>4\n#### 4", Some("4"));
        check("#### 4\nNo: \\boxed{5}", Some("5"));
        check("\\boxed{5}, so\n#### 4", Some("4"));
        check("The answer is 3.\nWait, the answer is $\\frac{1}{2}$.", Some("\\frac{1}{2}"));
        check("so $\\boxed{1}$ or $\\boxed{\\frac{\\sqrt{2}}{2}}$.", Some("\\frac{\\sqrt{2}}{2}"));
        check("The answer is 3: \\boxed{4}. The answer is 3.", Some("4"));
        check("The answer is $5 and no more.", Some("$5 and no more"));
    }

    #[test]
    fn boxes_have_other_forms() {
        check("$\\fbox{7}$", Some("7"));
        check("$\\boxed 2$", Some("2"));
        check("\\boxed{\\{1, 2\\}}", Some("\\{1, 2\\}"));
    }

    #[test]
    fn what_has_no_answer_has_none() {
        for solution in ["", "It is 4.", "\\boxed{1", "####", "the answer is", "\\boxed{}"] {
            check(solution, None);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "([ -~ä]|\\\\boxed|####|answer is|\\{|\\}){0,40}") {
            let _ = final_answer(&text);
        }
    }
}
