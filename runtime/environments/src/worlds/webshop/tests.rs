//! The shop as a world: goals, splits, the reference's scores; a small catalogue for the other tests.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use runtime_core::task::Limits;

use super::*;
use crate::split::Purpose::{Test, Train, Validation};
use crate::world::tests::check_purposes;
use crate::worlds::external::serve;

/// A product of a few words.
pub(super) fn product(asin: &str, name: &str) -> Product {
    Product {
        asin: asin.into(),
        name: name.into(),
        category: String::new(),
        query: String::new(),
        categories: Vec::new(),
        description: String::new(),
        features: Vec::new(),
        price: 10.0,
        price_shown: "$10.0".into(),
        rating: "N.A.".into(),
        options: Vec::new(),
        attributes: Vec::new(),
        wish: None,
        human_wishes: Vec::new(),
    }
}

/// The small shop of the tests: twelve lamps and a shoe.
pub(super) fn shop() -> Webshop {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/shop.jsonl");
    Webshop::open(&path).unwrap()
}

/// The data set, where it is.
fn data_set() -> Option<Webshop> {
    let data = tests_needs::data("webshop")?;
    Some(Webshop::open(&FILE.find(&data).unwrap()).unwrap())
}

fn tasks(world: &Webshop, split: &str, count: Option<usize>, seed: u64) -> Vec<Task> {
    let selection = TaskSelection { split: split.into(), count, seed, limits: Limits::default() };
    world.tasks(&selection).unwrap()
}

#[test]
fn every_split_has_its_purpose() {
    let expected = [("train", Train), ("validation", Validation), ("test", Test), ("human", Test)];
    check_purposes(&shop(), &expected);
}

#[test]
fn ids_that_name_no_goal_are_unknown() {
    let shop = shop();
    let lamp = shop.catalogue.place("L0").map(|place| split_of(&shop.catalogue.products[place]));
    let split = SPLITS[lamp.unwrap()].0;
    assert!(shop.goal(&Task::named(&format!("{split}/L0/0"))).is_some());
    for id in [
        "",
        "test",
        "test/L0",
        "test/L0/x",
        "test/NONE/0",
        "mars/L0/0",
        "test/L0/0/0",
        "human/L0/0",
    ] {
        assert!(shop.goal(&Task::named(id)).is_none(), "{id}");
    }
    for number in ["99", "-1", "18446744073709551615"] {
        assert!(shop.goal(&Task::named(&format!("{split}/L0/{number}"))).is_none());
    }
}

#[test]
fn another_catalogue_is_an_option() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/shop.jsonl");
    let own = [(CATALOGUE.name, path.to_str().unwrap().to_owned())].into();
    assert!(open(&EnvironmentOptions { data: None, own }).is_ok());

    let own = [(CATALOGUE.name, "/nowhere/shop.jsonl".to_owned())].into();
    let problem = open(&EnvironmentOptions { data: None, own }).map(|_| ()).unwrap_err();
    assert!(problem.to_string().contains("/nowhere/shop.jsonl"), "{problem}");
    let none = open(&EnvironmentOptions::default()).map(|_| ()).unwrap_err();
    assert!(matches!(none, WorldError::NoData("webshop")));
}

#[test]
fn an_empty_catalogue_is_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let problem = Webshop::open(file.path()).unwrap_err();
    assert!(matches!(problem, WebshopError::Empty { .. }));
}

#[test]
fn the_data_set_has_its_goals_and_no_product_is_in_two_splits() {
    let Some(world) = data_set() else { return };
    let mut of_products: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let mut counts = BTreeMap::new();
    for (split, _, author) in SPLITS {
        let tasks = tasks(&world, split, None, 1);
        counts.insert(split, tasks.len());
        for task in tasks {
            let asin = Address::parse(&task.id).unwrap().asin;
            // Goals that people wrote test, as the generated ones of their products do.
            let split = if author == Author::Human { "test" } else { split };
            of_products.entry(asin).or_default().insert(split);
        }
    }

    assert_eq!(world.catalogue.products.len(), 1000);
    assert_eq!(counts["human"], 13);
    assert_eq!(counts["test"] + counts["train"] + counts["validation"], 6910, "{counts:?}");
    assert!(of_products.values().all(|splits| splits.len() == 1));
}

#[test]
fn a_perfect_purchase_scores_one_for_every_goal() {
    let Some(world) = data_set() else { return };
    let mut goals = 0;
    for (split, ..) in SPLITS {
        for task in tasks(&world, split, None, 1) {
            let goal = world.goal(&task).unwrap();
            let wanted = &world.catalogue.products[goal.product];
            let values: Vec<&str> = goal.options.iter().map(|option| &*option.value).collect();

            let score = score::score(wanted, &values, &goal, wanted);

            assert!((score.total() - 1.0).abs() < f64::EPSILON, "{}: {score:?}", task.id);
            let best = score::best_score(wanted, &goal, wanted);
            assert!((best.total() - 1.0).abs() < f64::EPSILON, "{}: {best:?}", task.id);
            goals += 1;
        }
    }
    assert_eq!(goals, 6923);
}

#[test]
fn small_samples_have_many_products_and_begin_large_ones() {
    let Some(world) = data_set() else { return };
    let few = tasks(&world, "test", Some(30), 7);
    let many = tasks(&world, "test", Some(60), 7);

    let asin = |task: &Task| Address::parse(&task.id).unwrap().asin;
    let products: BTreeSet<String> = few.iter().map(asin).collect();
    assert_eq!((few.len(), products.len()), (30, 30));
    assert_eq!(few, many[..30]);
    let kinds: BTreeSet<&str> = few.iter().map(|task| &*task.kind).collect();
    assert_eq!(kinds.len(), 5, "{kinds:?}");
    assert_ne!(few, tasks(&world, "test", Some(30), 8));
}

#[test]
fn harder_tasks_want_more() {
    let Some(world) = data_set() else { return };
    let tasks = tasks(&world, "validation", None, 1);
    let hard = tasks.iter().filter(|task| world.traits(task).difficulty == Some(Difficulty::Hard));
    let share = hard.count() as f64 / tasks.len() as f64;
    assert!((0.1..0.9).contains(&share), "{share}");
}

/// A purchase with what the reference counts: see `tests/fixtures/webshop_scores.py`.
#[derive(serde::Deserialize)]
struct Purchase {
    bought: String,
    chosen: Vec<String>,
    goal: String,
    number: u64,
    attributes: usize,
    options: usize,
}

#[test]
fn attributes_and_options_are_counted_as_the_reference_counts_them() {
    let Some(world) = data_set() else { return };
    let catalogue = &world.catalogue;
    let mut purchases = 0;
    for line in include_str!("../../../tests/fixtures/webshop-scores.jsonl").lines() {
        let purchase: Purchase = serde_json::from_str(line).unwrap();
        let [bought, wanted] =
            [&purchase.bought, &purchase.goal].map(|asin| catalogue.place(asin).unwrap());
        let [bought, product] = [bought, wanted].map(|place| &catalogue.products[place]);
        let goal = goal::goal(product, wanted, Author::Template, purchase.number).unwrap();
        let chosen: Vec<&str> = purchase.chosen.iter().map(String::as_str).collect();

        let score = score::score(bought, &chosen, &goal, product);

        assert_eq!(
            (score.attributes_matched, score.options_matched),
            (purchase.attributes, purchase.options),
            "{line}"
        );
        purchases += 1;
    }
    assert_eq!(purchases, 400);
}

#[test]
fn a_served_shop_tells_the_schema_of_a_search_and_lists_what_can_be_clicked() {
    let requests = [
        r#"{"id": 1, "method": "reset", "params": {"task": "human/S1/0"}}"#,
        r#"{"id": 2, "method": "step", "params": {"action": "search[shoe]"}}"#,
    ];
    let mut answers = Vec::new();
    let mut lines = requests.iter().map(|line| Ok((*line).to_owned()));
    serve(&shop(), &mut lines, &mut answers, NonZeroUsize::MIN).unwrap();

    let answers = String::from_utf8(answers).unwrap();
    let answers: Vec<serde_json::Value> =
        answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [search, results] = [&answers[0]["result"], &answers[1]["result"]];
    assert_eq!((&search["schema"]["type"], search.get("actions")), (&"string".into(), None));
    assert_eq!(results["actions"].as_array().unwrap().len(), 2);
    assert_eq!(results.get("schema"), None);
}
