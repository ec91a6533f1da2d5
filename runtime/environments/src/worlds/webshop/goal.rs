//! What a buyer wants: goals made of a product's wish and its options, and those that people wrote.

use runtime_core::seed::mix;

use super::catalogue::{Product, Wish, seed_of};

/// Greatest number of goals that are generated of one product; further choices of options are left out.
pub const GOALS_OF_PRODUCT_MAX: u64 = 10_000;

/// Price ceilings are multiples of this, below a hundred of them, in dollars.
const CEILING_STEP: f64 = 10.0;
/// Number of ceilings above the price of which two are drawn; the greater one counts.
const CEILINGS: usize = 4;

/// Who wrote a goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    /// It was generated: a wish, and a value for each of the product's options.
    Template,
    /// A person wrote it.
    Human,
}

/// What is to be bought.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    /// The place in the catalogue of the product that it was made of.
    pub product: usize,
    /// The sentence that the buyer reads.
    pub instruction: String,
    /// The wanted attributes, at least one.
    pub attributes: Vec<String>,
    /// The wanted options.
    pub options: Vec<WantedOption>,
    /// What the product may cost at most, in dollars; `None` is anything.
    pub price_ceiling: Option<f64>,
}

/// A wanted option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedOption {
    /// The option's name; people did not give it.
    pub name: Option<String>,
    /// Its value.
    pub value: String,
}

/// The number of a product's goals by one author.
pub fn count(product: &Product, author: Author) -> u64 {
    match (author, &product.wish) {
        (Author::Human, _) => product.human_wishes.len() as u64,
        (Author::Template, None) => 0,
        (Author::Template, Some(_)) => {
            let values = product.options.iter().map(|option| option.values.len() as u64);
            values.fold(1, u64::saturating_mul).min(GOALS_OF_PRODUCT_MAX)
        }
    }
}

/// One of a product's goals; `None` if `number`, from 0, is none of them.
pub fn goal(product: &Product, place: usize, author: Author, number: u64) -> Option<Goal> {
    if number >= count(product, author) {
        return None;
    }
    let (wish, options, seed) = match author {
        Author::Template => (product.wish.as_ref()?, chosen(product, number), 0),
        Author::Human => {
            let wish = product.human_wishes.get(usize::try_from(number).ok()?)?;
            (wish, of_person(wish), 1 + number)
        }
    };
    let price_ceiling = ceiling(product.price, mix(seed_of(&product.asin) ^ mix(seed)));
    let instruction = instruction(wish, &options, price_ceiling);
    let attributes = wish.attributes.clone();
    Some(Goal { product: place, instruction, attributes, options, price_ceiling })
}

/// The values of a choice of options: those of the last name vary fastest.
fn chosen(product: &Product, number: u64) -> Vec<WantedOption> {
    let mut options: Vec<_> = product.options.iter().collect();
    options.sort_by(|one, other| one.name.cmp(&other.name));
    let mut rest = number;
    let mut wanted: Vec<WantedOption> = options
        .into_iter()
        .rev()
        .map(|option| {
            let values = option.values.len() as u64;
            let value = usize::try_from(rest % values).unwrap_or(0);
            rest /= values;
            WantedOption { name: Some(option.name.clone()), value: option.values[value].clone() }
        })
        .collect();
    wanted.reverse();
    wanted
}

fn of_person(wish: &Wish) -> Vec<WantedOption> {
    let wanted = |value: &String| WantedOption { name: None, value: value.clone() };
    wish.values.iter().map(wanted).collect()
}

/// The greater of two ceilings drawn from the first ones above the price; `None` if there are not two.
fn ceiling(price: f64, seed: u64) -> Option<f64> {
    let all = (1..100_u32).map(|count| f64::from(count) * CEILING_STEP);
    let above: Vec<f64> = all.filter(|ceiling| *ceiling > price).take(CEILINGS).collect();
    let pairs = (1..above.len()).flat_map(|upper| std::iter::repeat_n(above[upper], upper));
    let greater: Vec<f64> = pairs.collect();
    let draw = seed % greater.len().max(1) as u64;
    greater.get(usize::try_from(draw).unwrap_or(0)).copied()
}

/// The sentence in the form of the reference's instructions.
fn instruction(wish: &Wish, options: &[WantedOption], price_ceiling: Option<f64>) -> String {
    let named =
        |option: &WantedOption| Some(format!("{}: {}", option.name.as_ref()?, option.value));
    let named: Vec<String> = options.iter().filter_map(named).collect();
    let options =
        if named.is_empty() { String::new() } else { format!(" with {}", named.join(", and ")) };
    let price = price_ceiling
        .map_or_else(String::new, |ceiling| format!(", and price lower than {ceiling:.2} dollars"));
    format!("{}{options}{price}", wish.text.trim_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::ProductOption;
    use super::super::tests::product;
    use super::*;

    fn shirt() -> Product {
        let option = |name: &str, values: [&str; 2]| ProductOption {
            name: name.into(),
            values: values.map(str::to_owned).into(),
        };
        let wish = |text: &str, values: &[&str]| Wish {
            text: text.into(),
            attributes: vec!["long sleeve".into()],
            values: values.iter().map(ToString::to_string).collect(),
        };
        Product {
            price: 15.0,
            options: vec![option("size", ["s", "m"]), option("color", ["red", "blue"])],
            wish: Some(wish("Find me shirts", &[])),
            human_wishes: vec![wish("i want a red shirt.", &["red"])],
            ..product("B1", "shirt")
        }
    }

    #[test]
    fn options_are_multiplied_out_in_the_order_of_their_names() {
        let shirt = shirt();
        let text = |number| {
            let goal = goal(&shirt, 4, Author::Template, number).unwrap();
            goal.instruction.split(", and price").next().unwrap().to_owned()
        };

        assert_eq!(count(&shirt, Author::Template), 4);
        assert_eq!(text(0), "Find me shirts with color: red, and size: s");
        assert_eq!(text(1), "Find me shirts with color: red, and size: m");
        assert_eq!(text(3), "Find me shirts with color: blue, and size: m");
        assert_eq!(goal(&shirt, 4, Author::Template, 4), None);
    }

    #[test]
    fn people_name_values_and_end_without_a_full_stop() {
        let goal = goal(&shirt(), 4, Author::Human, 0).unwrap();
        assert!(goal.instruction.starts_with("i want a red shirt, and price lower than "));
        assert_eq!(goal.options, [WantedOption { name: None, value: "red".into() }]);
    }

    #[test]
    fn ceilings_are_the_second_to_fourth_above_the_price() {
        for seed in 0..100 {
            let ceiling = ceiling(15.0, mix(seed)).unwrap();
            assert!([30.0, 40.0, 50.0].contains(&ceiling), "{ceiling}");
        }
        assert_eq!(ceiling(975.0, 3), Some(990.0));
        assert_eq!(ceiling(985.0, 3), None);
        assert_eq!(ceiling(f64::INFINITY, 3), None);
    }

    #[test]
    fn goals_of_one_product_are_bounded() {
        let values = ProductOption { name: "x".into(), values: vec!["a".into(); 1000] };
        let many = Product { options: vec![values; 16], ..shirt() };
        assert_eq!(count(&many, Author::Template), GOALS_OF_PRODUCT_MAX);
        assert!(goal(&many, 0, Author::Template, GOALS_OF_PRODUCT_MAX - 1).is_some());
    }
}
