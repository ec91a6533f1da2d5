//! Scores of purchases, computed by hand.

use super::super::catalogue::ProductOption;
use super::super::tests::product;
use super::*;

/// A red running shoe for 35 dollars.
fn shoe() -> Product {
    let option = |name: &str, values: &[&str]| ProductOption {
        name: name.into(),
        values: values.iter().map(ToString::to_string).collect(),
    };
    Product {
        query: "running shoes".into(),
        categories: ["Clothing", "Men", "Shoes"].map(str::to_owned).into(),
        description: "With an Arch Support.".into(),
        features: vec!["Rubber Sole".into()],
        price: 35.0,
        options: vec![option("color", &["red", "dark blue"]), option("size", &["9 wide", "10"])],
        attributes: vec!["non slip".into()],
        ..product("B1", "Acme Gym Running Shoes Sneakers")
    }
}

/// The shoe in red and of size 10, for at most 40 dollars.
fn goal() -> Goal {
    let option =
        |name: &str, value: &str| WantedOption { name: Some(name.into()), value: value.into() };
    Goal {
        product: 0,
        instruction: String::new(),
        attributes: ["non slip", "rubber sole", "arch support"].map(str::to_owned).into(),
        options: vec![option("color", "red"), option("size", "10")],
        price_ceiling: Some(40.0),
    }
}

fn check(bought: &Product, chosen: &[&str], expected: f64) {
    let total = score(bought, chosen, &goal(), &shoe()).total();
    assert!((total - expected).abs() < 1e-12, "{total} is not {expected}");
}

#[test]
fn a_perfect_purchase_scores_one() {
    check(&shoe(), &["red", "10"], 1.0);
    check(&shoe(), &["10", "red"], 1.0);
}

#[test]
fn each_wrong_or_missing_option_costs_a_sixth() {
    check(&shoe(), &["red", "9 wide"], 5.0 / 6.0);
    check(&shoe(), &["dark blue", "9 wide"], 4.0 / 6.0);
    check(&shoe(), &[], 4.0 / 6.0);
}

#[test]
fn a_price_above_the_ceiling_costs_a_sixth() {
    check(&Product { price: 40.0, ..shoe() }, &["red", "10"], 1.0);
    check(&Product { price: 40.01, ..shoe() }, &["red", "10"], 5.0 / 6.0);
}

#[test]
fn attributes_count_wherever_they_stand() {
    let bare = Product { attributes: Vec::new(), ..shoe() };
    check(&bare, &["red", "10"], 5.0 / 6.0);
    check(&Product { features: Vec::new(), ..bare.clone() }, &["red", "10"], 4.0 / 6.0);
    let in_title = Product { name: format!("{} Non Slip", shoe().name), ..bare };
    check(&in_title, &["red", "10"], 1.0);
    // They are 94 of 100 alike.
    let like = Product { attributes: vec!["non slips".into()], ..shoe() };
    check(&like, &["red", "10"], 1.0);
}

#[test]
fn another_kind_of_thing_scores_less() {
    let other = Product {
        query: "lamps".into(),
        categories: ["Home", "Men"].map(str::to_owned).into(),
        ..shoe()
    };
    // Five of five words: the same kind by its title alone.
    check(&other, &["red", "10"], 1.0);
    // One of five is not above 0.2, and neither search nor two categories are the same.
    let named = |name: &str| Product { name: name.into(), ..other.clone() };
    check(&named("Gym Lamp"), &["red", "10"], 0.5);
    let found_alike = Product { query: "running shoes".into(), ..named("Gym Lamp") };
    check(&found_alike, &["red", "10"], 1.0);
    let filed_alike = Product { categories: shoe().categories, ..named("Gym Lamp") };
    check(&filed_alike, &["red", "10"], 1.0);
    // No word in common: nothing helps.
    check(&Product { name: "Lamp".into(), ..shoe() }, &["red", "10"], 0.0);
}

#[test]
fn less_than_a_tenth_of_the_title_is_a_tenth() {
    let long = Product { name: "a1 b2 c3 d4 e5 f6 g7 h8 i9 j10 k11".into(), ..shoe() };
    let bought = Product { name: "a1 lamp".into(), ..shoe() };
    let total = score(&bought, &["red", "10"], &goal(), &long).total();
    assert!((total - 0.1).abs() < 1e-12, "{total}");
}

#[test]
fn a_title_without_words_is_alike_by_its_search_only() {
    let nameless = Product { name: "12".into(), ..shoe() };
    assert!((score(&shoe(), &[], &goal(), &nameless).kind - 1.0).abs() < 1e-12);
    let other = Product { query: String::new(), categories: Vec::new(), ..shoe() };
    assert!((score(&other, &[], &goal(), &nameless).kind - 0.5).abs() < 1e-12);
}

fn check_option(chosen: &str, name: Option<&str>, value: &str, expected: bool) {
    let wanted = WantedOption { name: name.map(str::to_owned), value: value.into() };
    assert_eq!(fits(chosen, &wanted), expected, "{chosen:?} {wanted:?}");
}

#[test]
fn options_are_compared_as_the_reference_compares_them() {
    // The colour of what was chosen is a word of what is wanted.
    check_option("dark red", Some("color"), "dark blue", true);
    check_option("blue", Some("color"), "light blue", true);
    check_option("dark red", Some("color"), "red", false);
    check_option("dark red", None, "red dark", true);
    // "x-large" beside "size 3x-large" is 83 of 100.
    check_option("x-large", Some("size"), "3x-large", false);
    check_option("3x-large", Some("size"), "3x-large", true);
    check_option("pack of 12", None, "12 (pack)", true);
    // "xl" has no word of "xxl", and two of five characters.
    check_option("xl", None, "xxl", false);
}

#[test]
fn a_wanted_value_counts_even_where_it_hides_a_colour() {
    // "tan" is in "standard", which the reference then does not find.
    check_option("standard", Some("size"), "standard", true);
    check_option("standard", Some("size"), "standard plus", false);
}

#[test]
fn the_best_choice_is_found_among_all() {
    let total = |bought: &Product| best_score(bought, &goal(), &shoe()).total();
    assert!((total(&shoe()) - 1.0).abs() < 1e-12);
    let mut smaller = shoe();
    smaller.options[1].values.pop();
    assert!((total(&smaller) - 5.0 / 6.0).abs() < 1e-12);
    let none = Product { options: Vec::new(), ..shoe() };
    assert!((total(&none) - 4.0 / 6.0).abs() < 1e-12);
}
