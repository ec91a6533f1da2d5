//! Visits of the shop: pages, buttons, purchases, and hostile actions.

use proptest::prelude::*;

use super::super::tests::shop;
use super::*;

/// The shoe that a person wants in red, and the lamps' shop around it.
const SHOE: &str = "human/S1/0";

fn begun(id: &str) -> (Shopping, String) {
    let mut shopping = Shopping::new(Arc::clone(&shop().catalogue));
    let seen = shopping.reset(&Task::named(id)).unwrap();
    (shopping, seen)
}

fn seen(shopping: &mut Shopping, action: &str) -> String {
    shopping.step(action).unwrap().observation
}

/// The last step of several.
fn played(actions: &[&str]) -> (Shopping, Step) {
    let (mut shopping, _) = begun(SHOE);
    let steps: Vec<Step> = actions.iter().map(|action| shopping.step(action).unwrap()).collect();
    (shopping, steps.into_iter().last().unwrap())
}

#[test]
fn an_episode_begins_at_the_search_which_takes_words_only() {
    let (mut shopping, opening) = begun(SHOE);

    let wish = "i want a red running shoe for the gym, and price lower than ";
    assert!(opening.starts_with(&format!("WebShop [SEP] Instruction: [SEP] {wish}")), "{opening}");
    assert!(opening.ends_with(" dollars [SEP] Search"), "{opening}");
    assert_eq!(shopping.admissible_actions(), None);
    assert_eq!(shopping.action_form(), ActionForm::Pattern(SEARCH.to_owned()));
    assert_eq!(seen(&mut shopping, "click[Buy Now]"), UNKNOWN);
    assert_eq!(shopping.grounded(), Some(false));
}

#[test]
fn results_come_in_pages_of_ten() {
    let (mut shopping, _) = begun(SHOE);

    let first = seen(&mut shopping, "search[lamp]");
    let buttons = shopping.admissible_actions().unwrap();
    assert!(first.starts_with(
        "Back to Search [SEP] Page 1 (Total results: 12) [SEP] Next > [SEP] L0 [SEP] Desk lamp 0 [SEP] $20.0 [SEP]"
    ));
    assert_eq!(buttons.len(), 12);
    assert_eq!(shopping.action_form(), ActionForm::Line);
    assert!(buttons.is_sorted() && !buttons.contains(&"click[< Prev]".to_owned()));

    let second = seen(&mut shopping, "click[next >]");
    assert!(second.contains("Page 2 (Total results: 12) [SEP] < Prev [SEP] L10"), "{second}");
    assert_eq!(
        shopping.admissible_actions().unwrap(),
        ["click[< Prev]", "click[Back to Search]", "click[L10]", "click[L11]"]
    );
    assert_eq!(seen(&mut shopping, "click[Next >]"), UNKNOWN);

    seen(&mut shopping, "click[L10]");
    assert_eq!(seen(&mut shopping, "click[< Prev]"), second);
    assert_eq!(seen(&mut shopping, "click[< Prev]"), first);
    assert!(seen(&mut shopping, "click[Back to Search]").starts_with("WebShop"));
}

#[test]
fn a_search_may_find_nothing() {
    let (mut shopping, _) = begun(SHOE);
    let none = seen(&mut shopping, "search[zeppelin]");
    assert_eq!(none, "Back to Search [SEP] Page 1 (Total results: 0)");
    assert_eq!(shopping.admissible_actions().unwrap(), ["click[Back to Search]"]);
}

#[test]
fn a_product_has_its_options_and_texts() {
    let (mut shopping, _) = begun(SHOE);
    seen(&mut shopping, "search[running shoe]");

    let item = seen(&mut shopping, "click[s1]");
    assert_eq!(
        item,
        "Back to Search [SEP] < Prev [SEP] size [SEP] 9 [SEP] 10 [SEP] color [SEP] red [SEP] dark blue [SEP] Acme \
         Running Shoe [SEP] Price: $25.0 [SEP] Rating: 4.5 [SEP] Description [SEP] Features [SEP] Buy Now"
    );
    let buttons = shopping.admissible_actions().unwrap();
    assert_eq!(buttons.len(), 9);

    assert_eq!(seen(&mut shopping, "click[Dark Blue]"), "You have clicked dark blue.");
    let left = shopping.admissible_actions().unwrap();
    assert_eq!(left.len(), 8);
    assert!(!left.contains(&"click[dark blue]".to_owned()));

    let description = seen(&mut shopping, "click[Description]");
    assert_eq!(description, "Back to Search [SEP] < Prev [SEP] A shoe for the gym.");
    assert_eq!(shopping.admissible_actions().unwrap(), ["click[< Prev]", "click[Back to Search]"]);
    assert_eq!(seen(&mut shopping, "click[< Prev]"), item);
    let features = seen(&mut shopping, "click[Features]");
    assert_eq!(features, "Back to Search [SEP] < Prev [SEP] Rubber sole [SEP] Non slip");
}

#[test]
fn the_purchase_ends_the_episode_and_earns_its_score() {
    let way = ["search[running shoe]", "click[S1]", "click[red]", "click[Buy Now]"];

    let (mut shopping, step) = played(&way);

    assert_eq!(step.observation, "Thank you for shopping with us!");
    assert!(step.done && (step.reward - 1.0).abs() < f32::EPSILON);
    assert!((step.progress - 1.0).abs() < f32::EPSILON);
    assert!(shopping.standing().won);
    assert_eq!(shopping.admissible_actions(), Some(Vec::new()));
    let more = shopping.step("search[lamp]").unwrap();
    assert!(more.done && more.reward.abs() < f32::EPSILON);
    assert_eq!(more.observation, UNKNOWN);
}

#[test]
fn a_wrong_purchase_earns_less_and_says_why() {
    let way = ["search[running shoe]", "click[S1]", "click[dark blue]", "click[Buy Now]"];

    let (shopping, step) = played(&way);

    // One attribute and the price of one attribute, one option and the price.
    assert!((step.reward - 2.0 / 3.0).abs() < 1e-6, "{}", step.reward);
    assert!((step.progress - (1.0 + 1.0 + 2.0 / 3.0) / 3.0).abs() < 1e-6);
    assert_eq!(
        shopping.feedback(),
        "You bought a product that scores 0.67 of 1.00. It is of the wanted kind, has 1 of 1 wanted attributes and 0 \
         of 1 wanted options, and has the wanted price."
    );
    assert_eq!(shopping.standing().score, 67);
}

#[test]
fn progress_is_what_pages_make_possible() {
    let progress = |actions: &[&str]| played(actions).1.progress;
    // A lamp has no word of the shoe's title.
    assert!(progress(&["search[lamp]"]).abs() < 1e-6);
    assert!((progress(&["search[shoe]"]) - 1.0 / 3.0).abs() < 1e-6);
    assert!((progress(&["search[shoe]", "click[S1]"]) - 2.0 / 3.0).abs() < 1e-6);
    assert!((progress(&["search[shoe]", "click[S1]", "search[lamp]"]) - 2.0 / 3.0).abs() < 1e-6);
}

#[test]
fn nothing_bought_is_told() {
    assert_eq!(begun(SHOE).0.feedback(), "You bought nothing.");
}

#[test]
fn a_step_before_a_reset_and_a_task_of_nowhere_are_errors() {
    let mut shopping = Shopping::new(Arc::clone(&shop().catalogue));
    assert!(matches!(shopping.step("search[a]"), Err(EnvironmentError::NotReset)));
    let unknown = shopping.reset(&Task::named("test/NONE/0"));
    assert!(matches!(unknown, Err(EnvironmentError::UnknownTask(_))));
}

/// Actions that are often known, and others.
fn actions() -> impl Strategy<Value = Vec<String>> {
    let known = prop::sample::select(vec![
        "search[lamp]",
        "search[running shoe",
        "click[Next >]",
        "click[< Prev]",
        "click[Back to Search]",
        "click[S1]",
        "click[L3]",
        "click[red]",
        "click[Description]",
        "click[Features]",
        "click[Buy Now]",
    ]);
    let action = prop_oneof![
        4 => known.prop_map(str::to_owned),
        1 => "(search|click)\\[.{0,30}\\]?",
        1 => ".{0,40}",
    ];
    prop::collection::vec(action, 0..20)
}

proptest! {
    #[test]
    fn the_same_actions_give_the_same_steps_and_none_panics(actions in actions()) {
        let [mut one, mut other] = [begun(SHOE).0, begun("human/S1/0").0];
        let mut earned = 0.0;
        let mut progress = 0.0;
        for action in &actions {
            let step = one.step(action).unwrap();
            prop_assert_eq!(&step, &other.step(action).unwrap());
            prop_assert_eq!(one.admissible_actions(), other.admissible_actions());
            prop_assert!(step.progress >= progress && step.progress <= 1.0);
            progress = step.progress;
            earned += step.reward;
        }
        prop_assert!((0.0..=1.0).contains(&earned));
    }

    #[test]
    fn every_listed_action_is_known(choices in prop::collection::vec(0_usize..1000, 1..30)) {
        let mut shopping = begun(SHOE).0;
        shopping.step("search[lamp shoe]").unwrap();
        for choice in choices {
            let action = match shopping.admissible_actions() {
                Some(actions) if actions.is_empty() => break,
                Some(actions) => actions[choice % actions.len()].clone(),
                None => "search[lamp shoe]".to_owned(),
            };
            shopping.step(&action).unwrap();
            prop_assert_eq!(shopping.grounded(), Some(true), "{}", action);
        }
    }
}
