//! Programs in made answers, a case a line; real ones are in the crate's tests.

use super::*;
use crate::programs::problem::of_f as problem;

fn check_python(answer: &str, expected: &str) {
    let beginning = "import math\n\ndef f(x):\n    \"\"\"Twice.\"\"\"\n";
    let problem = problem(Language::Python, beginning, "def f(x):");
    assert_eq!(program(&problem, answer).as_deref(), Some(expected), "{answer:?}");
}

fn check_rust(answer: &str, expected: &str) {
    let beginning = "use std::fmt;\n\n/// Twice.\nfn f(x: isize) -> isize {\n";
    let problem = problem(Language::Rust, beginning, "fn f(x: isize) -> isize");
    assert_eq!(program(&problem, answer).as_deref(), Some(expected), "{answer:?}");
}

#[test]
fn python_is_cut_out_of_fences_and_prose() {
    let whole = "import math\n\ndef f(x):\n    return 2 * x";
    for answer in [
        "```python\ndef f(x):\n    return 2 * x\n```",
        "def f(x):\n    return 2 * x\n```\n\nExample:\n```python\nf(1)\n```",
        "Here it is:\n\n```python\ndef f(x):\n    return 2 * x\n```\nIt doubles x.",
        "```\npip install it\n```\n```python\ndef f(x):\n    return 2 * x\n```\n```\nf(1)\n```",
        "Sure! The function:\n\ndef f(x):\n    return 2 * x\n\nThis doubles x.",
        "```python\ndef f(x):\n    return 2 * x\n\nprint(f(",
    ] {
        check_python(answer, whole);
    }
}

#[test]
fn the_rest_of_a_function_is_put_behind_its_beginning() {
    let whole = "import math\n\ndef f(x):\n    \"\"\"Twice.\"\"\"\n    return 2 * x";
    for answer in [
        "    return 2 * x",
        "return 2 * x",
        "    return 2 * x\n\nprint(f(2))",
        "```\nreturn 2 * x\n```",
    ] {
        check_python(answer, whole);
    }
    let whole = "use std::fmt;\n\n/// Twice.\nfn f(x: isize) -> isize {\n    2 * x\n}";
    for answer in ["    2 * x\n}", "    2 * x", "    2 * x\n}\n\nfn main() {\n}"] {
        check_rust(answer, whole);
    }
}

#[test]
fn rust_is_cut_out_of_fences_and_prose() {
    let whole = "use std::fmt;\nfn f(x: isize) -> isize {\n    let c = '{';\n    2 * x\n}";
    for answer in [
        "```rust\nfn f(x: isize) -> isize {\n    let c = '{';\n    2 * x\n}\n```\nDone.",
        "```rust\nfn f(x: isize) -> isize {\n    let c = '{';\n    2 * x\n}\n\nfn main() {\n    f(",
        "So:\nfn f(x: isize) -> isize {\n    let c = '{';\n    2 * x\n}\nIt doubles x.",
    ] {
        check_rust(answer, whole);
    }
}

#[test]
fn nothing_is_no_program() {
    let problem = problem(Language::Python, "def f(x):\n", "def f(x):");
    assert_eq!(program(&problem, " \n"), None);
}
