//! Cards that are read, and set side by side.

use expect_test::expect;
use serde_json::{Value, json};

use super::compare::{self, Named};
use super::*;

const GOLDEN: &str = include_str!("../../tests/golden/card-1.json");

/// The card of the first version of the format.
pub(crate) fn golden() -> Card {
    Card::from_json(serde_json::from_str(GOLDEN).unwrap()).unwrap()
}

/// The same under the limits of a board, at half the speed and without energy.
pub(crate) fn slow() -> Card {
    let mut card = golden();
    card.limits.board = Some("raspberry-pi-4".into());
    card.limits.memory_bytes = Some(2048 << 20);
    card.limits.threads = Some(1);
    card.speed = Some(Speed { pp512: TokensPerSecond::of(&[198.0, 202.0]), tg128: None });
    card.totals = Totals { energy_joules: None, seconds: 120.0, ..card.totals };
    card.totals = Totals::sum([&card.totals]);
    card
}

fn compared(cards: &[&Card]) -> String {
    let named = ["a.json", "b.json", "c.json"].into_iter().zip(cards);
    let named: Vec<Named<'_>> =
        named.map(|(name, card)| Named { name: name.into(), card }).collect();
    compare::text(&named)
}

#[test]
fn an_old_card_is_read_and_written_as_it_is() {
    let before: Value = serde_json::from_str(GOLDEN).unwrap();

    let card = golden();

    assert_eq!(serde_json::to_value(&card).unwrap(), before);
    assert_eq!((card.totals.episodes, card.machine.machine.cores), (12, 2));
}

#[test]
fn a_later_format_and_what_is_no_card_are_refused() {
    let mut later: Value = serde_json::from_str(GOLDEN).unwrap();
    later["format"] = json!(2);
    let mut torn: Value = serde_json::from_str(GOLDEN).unwrap();
    torn.as_object_mut().unwrap().remove("totals");

    let [later, none, zero, torn] =
        [later, json!({"tasks": 1}), json!({"format": 0}), torn].map(|value| {
            let error = Card::from_json(value).unwrap_err();
            runtime_core::error::with_sources(&error)
        });

    assert_eq!(later, "the card has the format 2; this program reads formats up to 1");
    assert_eq!(none, "it is no card: it has no `format`");
    assert!(zero.contains("the format 0"), "{zero}");
    assert!(torn.contains("missing field `totals`"), "{torn}");
}

#[test]
fn hostile_cards_are_errors_or_tables() {
    for at in 0..GOLDEN.len() {
        for with in ["", "9", "-", "e300", "\"", "null"] {
            let text = [&GOLDEN[..at], with, &GOLDEN[at + 1..]].concat();
            let Ok(value) = serde_json::from_str(&text) else { continue };
            if let Ok(card) = Card::from_json(value) {
                assert!(card.text().contains("pp512"));
                assert!(compared(&[&golden(), &card]).contains("pp512"));
            }
        }
    }
}

#[test]
fn a_card_is_a_table_with_its_figures() {
    expect![[r"
        world      tasks  arm   trial 1             trial 2              progress  tokens read  generated  episodes  seconds
        household  6      none  33.3 % [9.7, 70.0]  50.0 % [18.8, 81.2]  0.625     40,000       600        10        45.0
        95 % Wilson intervals; progress after the last trial; episodes and seconds without first trials that an arm shares.

        pp512, tokens/s    400.0 ± 4.0
        tg128, tokens/s    100.0 ± 0.5
        episodes a minute  12.0
        solved a minute    6.0
        peak memory, MB    250
        energy, J          600.0
        Skipped: alfworld: the data set alfworld is not here; `rebound data pull alfworld` brings it.
    "]].assert_eq(&golden().text());
}

#[test]
fn cards_are_set_side_by_side_with_ratios_to_the_first() {
    expect![[r"
                                  a.json                         b.json
        processor                 Example 9000                   Example 9000
        cores, threads, parallel  2, 2, 1                        2, 1, 1
        memory, MB                8000                           8000
        board                     -                              raspberry-pi-4
        board's memory, MB        -                              2147
        engine                    native of rebound 0.1.0, avx2  native of rebound 0.1.0, avx2
        actor                     tiny.gguf                      tiny.gguf
        suite                     quick 1                        quick 1
        rebound                   0.1.0                          0.1.0
        pp512, tokens/s           400.0 ± 4.0                    200.0 ± 2.8 (0.50)
        tg128, tokens/s           100.0 ± 0.5                    -
        episodes a minute         12.0                           6.0 (0.50)
        solved a minute           6.0                            3.0 (0.50)
        seconds                   60.0                           120.0 (2.00)
        peak memory, MB           250                            250 (1.00)
        energy, J                 600.0                          -
        household, none           50.0 % [18.8, 81.2]            50.0 % [18.8, 81.2]
        In parentheses: the ratio to the first card, where both played the same. By world and arm: solved after
        the last trial, with 95 % Wilson intervals.
    "]].assert_eq(&compared(&[&golden(), &slow()]));
}

#[test]
fn what_keeps_cards_from_being_compared_is_told_and_has_no_ratio() {
    let mut other = golden();
    other.suite.name = "full".into();
    other.rebound = "0.2.0".into();
    other.actor.adapter_sha256 = Some("fedcba98".repeat(8));
    other.skipped.clear();
    other.slices[0].tasks = 50;

    let text = compared(&[&golden(), &other]);

    let differences: Vec<&str> =
        text.lines().filter(|line| line.starts_with("Differs: ")).collect();
    expect![[r"
        Differs: suite: quick 1 in a.json, full 1 in b.json.
        Differs: version of rebound: 0.1.0 in a.json, 0.2.0 in b.json.
        Differs: actor: tiny.gguf 01234567 in a.json, tiny.gguf 01234567 with the adapter fedcba98 in b.json.
        Differs: skipped worlds: alfworld in a.json, none in b.json.
        Differs: slice: 6 of household validation/easy, 12 steps, 2 trials, none in a.json, 50 of household validation/easy, 12 steps, 2 trials, none in b.json."]].assert_eq(&differences.join("\n"));
    let line = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap();
    assert!(line("pp512").contains("(1.00)"), "{text}");
    assert!(!line("episodes a minute").contains('('), "{text}");
}

#[test]
fn energy_is_known_only_where_all_of_it_is() {
    let one = Totals { seconds: 30.0, episodes: 4, energy_joules: Some(5.0), ..Totals::default() };
    let unknown = Totals { energy_joules: None, ..one };
    let idle = Totals::default();

    assert_eq!(Totals::sum([&one, &one, &idle]).energy_joules, Some(10.0));
    assert_eq!(Totals::sum([&one, &unknown]).energy_joules, None);
    assert_eq!(Totals::sum([&idle]), Totals::default());
    assert_eq!(Totals::sum([&one, &one]).episodes_per_minute, Some(8.0));
}

#[test]
fn a_speed_has_the_deviation_of_a_sample() {
    let speed = TokensPerSecond::of(&[1.0, 2.0, 3.0]).unwrap();

    assert!((speed.mean - 2.0).abs() < 1e-12 && (speed.deviation - 1.0).abs() < 1e-12);
    assert_eq!(TokensPerSecond::of(&[]), None);
    assert!(TokensPerSecond::of(&[7.0]).unwrap().deviation.abs() < 1e-12);
}
