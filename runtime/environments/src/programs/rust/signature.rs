//! The function that is asked for, as the tests' crate has it: its types are those of the signature
//! as it stands in the problem, so that a program cannot put its own in their place.

/// Makes a function of the program visible from outside.
pub(super) fn with_public(program: &str, function: &str) -> String {
    let mut is_done = false;
    let line = |line: &str| {
        let bare = line.trim_start();
        let rest = bare.strip_prefix("fn ").map(str::trim_start);
        let is_it = rest.and_then(|rest| rest.strip_prefix(function));
        let is_it = is_it.is_some_and(|rest| rest.trim_start().starts_with(['(', '<']));
        if is_it && !is_done {
            is_done = true;
            return line.replacen("fn ", "pub fn ", 1);
        }
        line.to_owned()
    };
    program.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// A function of the same signature that calls the program's; `None` if the signature cannot be read.
pub(super) fn wrapper(signature: &str, function: &str) -> Option<String> {
    let names = parameters(signature)?;
    let signature = signature.trim().trim_start_matches("pub ");
    Some(format!("{signature} {{ program::{function}({}) }}", names.join(", ")))
}

/// A function of the same signature that never returns.
pub(super) fn stub(signature: &str) -> String {
    let signature = signature.trim().trim_start_matches("pub ");
    format!(
        "#![allow(unused_variables)]\nuse std::collections::*;\npub {signature} {{ loop {{}} }}"
    )
}

/// The names of the parameters.
fn parameters(signature: &str) -> Option<Vec<String>> {
    let inner = &signature[signature.find('(')? + 1..];
    let (mut depth, mut names, mut current) = (0_i32, Vec::new(), String::new());
    for sign in inner.chars() {
        match sign {
            '(' | '<' | '[' => depth += 1,
            ')' if depth == 0 => {
                names.push(current);
                let name = |text: String| {
                    let name = text.split_once(':')?.0.trim().trim_start_matches("mut ");
                    Some(name.trim().to_owned())
                };
                let given = names.into_iter().filter(|text| !text.trim().is_empty());
                return given.map(name).collect();
            }
            ')' | '>' | ']' => depth -= 1,
            ',' if depth == 0 => {
                names.push(std::mem::take(&mut current));
                continue;
            }
            _ => {}
        }
        current.push(sign);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapper_has_the_types_of_the_problem() {
        let signature = "fn f(a: Vec<(isize, String)>, mut b: Option<f64>) -> (isize, isize)";
        assert_eq!(
            wrapper(signature, "f").as_deref(),
            Some(&*format!("{signature} {{ program::f(a, b) }}"))
        );
        assert_eq!(wrapper("fn g()", "g").as_deref(), Some("fn g() { program::g() }"));
        assert_eq!(wrapper("fn g(", "g"), None);
    }

    #[test]
    fn the_function_asked_for_is_made_public_once() {
        let program = "use a;\nfn ff(x: i8) {}\nfn f(x: i8) {}\nfn f(x: i8) {}";
        let expected = "use a;\nfn ff(x: i8) {}\npub fn f(x: i8) {}\nfn f(x: i8) {}";
        assert_eq!(with_public(program, "f"), expected);
        assert_eq!(with_public("pub fn f() {}", "f"), "pub fn f() {}");
    }
}
