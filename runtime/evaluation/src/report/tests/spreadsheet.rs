//! The rows of a spreadsheet.

use super::*;
use crate::report::csv::quoted;

/// The rows of a CSV file, read as RFC 4180 says.
pub(super) fn parsed(csv: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut letters = csv.chars().peekable();
    let mut inside = false;
    while let Some(letter) = letters.next() {
        match (letter, inside) {
            ('"', true) if letters.next_if_eq(&'"').is_some() => cell.push('"'),
            ('"', _) => inside = !inside,
            (',', false) => row.push(std::mem::take(&mut cell)),
            ('\r', false) if letters.next_if_eq(&'\n').is_some() => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            (letter, _) => cell.push(letter),
        }
    }
    assert!(row.is_empty() && cell.is_empty(), "the last row has no end");
    rows
}

#[test]
fn a_spreadsheet_gets_a_row_for_each_trial() {
    let arms = [history("none", &outcomes(&[1], 1)), history("reflexion", &outcomes(&[2], 0))];
    let arms = [&arms[..1], &arms[1..]];

    let text = csv(&[run("a, b", arms[0]), run("c", arms[1])]).unwrap();

    let rows = parsed(&text);
    assert_eq!(rows.len(), 1 + 3 + 2);
    assert!(rows.iter().all(|row| row.len() == rows[0].len()));
    assert_eq!(rows[1][..9], ["a, b", "", "none", "task 0", "a", "1", "1", "", "1"]);
    assert_eq!(rows[4].last().unwrap(), "Go right.");
}

#[test]
fn no_cell_is_a_formula() {
    assert_eq!(quoted("plain"), "plain");
    assert_eq!(quoted("say \"hi\", then\ngo"), "\"say \"\"hi\"\", then\ngo\"");
    assert_eq!(quoted("=1+1"), "\"'=1+1\"");
    assert_eq!(quoted("-shelf"), "\"'-shelf\"");
    assert_eq!(quoted("  =1+1"), "\"'  =1+1\"");
    assert_eq!(quoted("＝1+1"), "\"'＝1+1\"");
    assert_eq!(quoted("a\u{1b}[2J\u{202e}b\r"), "a\\u001b[2J\\u202eb\\r");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_comes_back_from_the_rows_as_it_was_with_what_hides_spelled_out(text in any::<String>()) {
        let (histories, text) = ([saying(&text)], visible(&text));

        let rows = parsed(&csv(&[run("a", &histories)]).unwrap());

        for row in &rows[1..] {
            let cell = row[3].strip_prefix('\'').filter(|_| !text.starts_with('\''));
            prop_assert_eq!(cell.unwrap_or(&row[3]), &*text);
        }
    }
}
