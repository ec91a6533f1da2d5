//! What the expert does next, told as an agent sees it.

use runtime_core::claims::CheckedClaim;

use super::*;

const ROOM: &str = "You are in the middle of a room. Looking quickly around you, you see a bed 1, \
                    a desk 2, a desk 1, a drawer 1, a fridge 1, and a sidetable 1.";

/// `seen` are the observations, `can` the admissible actions; `expected` is one
/// of these.
fn check(instruction: &str, seen: &[&str], can: &[&str], expected: Option<&str>) {
    let admissible: Vec<String> = can.iter().map(ToString::to_string).collect();
    let sight = Sight {
        advice: Vec::new(),
        instruction,
        opening: ROOM,
        observations: seen.to_vec(),
        admissible: &admissible,
    };
    assert_eq!(choose(&sight), expected, "{instruction}, {seen:?}");
}

#[test]
fn it_looks_first_where_a_thing_usually_is() {
    let everywhere = ["go to bed 1", "go to desk 1", "go to desk 2", "go to drawer 1"];
    check("put a pillow in desk", &[], &everywhere, Some("go to bed 1"));
    check("put a cd in bed", &[], &everywhere, Some("go to desk 2"));
}

#[test]
fn it_opens_what_is_closed_before_it_goes_on() {
    let seen = ["You arrive at drawer 1. The drawer 1 is closed."];
    check("put a pillow in desk", &seen, &["go to bed 1", "open drawer 1"], Some("go to bed 1"));
    let nothing = "You arrive at bed 1. On the bed 1, you see nothing.";
    let desks = "On the desk 2, you see nothing. On the desk 1, you see nothing. \
                 On the sidetable 1, you see nothing. The fridge 1 is open. In it, you see nothing.";
    let seen = [nothing, desks, "You arrive at drawer 1. The drawer 1 is closed."];
    check("put a pillow in bed", &seen, &["go to bed 1", "open drawer 1"], Some("open drawer 1"));
}

#[test]
fn it_takes_what_it_came_for_and_puts_it_where_it_belongs() {
    let found = "You arrive at bed 1. On the bed 1, you see a book 1, and a pillow 2.";
    let can =
        ["go to desk 1", "go to desk 2", "take book 1 from bed 1", "take pillow 2 from bed 1"];
    check("put a pillow in desk", &[found], &can, Some("take pillow 2 from bed 1"));

    let taken = "You pick up the pillow 2 from the bed 1.";
    let can = ["go to desk 1", "go to desk 2", "move pillow 2 to bed 1"];
    check("put a pillow in desk", &[found, taken], &can, Some("go to desk 2"));

    let arrived = "You arrive at desk 1. On the desk 1, you see nothing.";
    let can = ["go to desk 2", "move pillow 2 to desk 1"];
    check("put a pillow in desk", &[found, taken, arrived], &can, Some("move pillow 2 to desk 1"));
}

#[test]
fn it_changes_a_thing_before_it_brings_it() {
    let taken = ["On the desk 1, you see a mug 1.", "You pick up the mug 1 from the desk 1."];
    let cooled = "You cool the mug 1 using the fridge 1.";
    let spoiled = "You heat the mug 1 using the microwave 1.";
    let can = ["cool mug 1 with fridge 1", "go to bed 1", "go to fridge 1"];
    let task = "cool some mug and put it in bed";
    check(task, &taken, &can, Some("go to fridge 1"));
    check(task, &[&taken[..], &[cooled]].concat(), &can, Some("go to bed 1"));
    check(task, &[&taken[..], &[cooled, spoiled]].concat(), &can, Some("go to fridge 1"));
    let there = "You arrive at fridge 1. The fridge 1 is closed.";
    check(task, &[&taken[..], &[there]].concat(), &can, Some("cool mug 1 with fridge 1"));
}

#[test]
fn it_goes_back_for_the_second_thing_that_it_saw() {
    let seen = [
        "You arrive at sidetable 1. On the sidetable 1, you see a book 1, and a book 2.",
        "You pick up the book 1 from the sidetable 1.",
        "You arrive at desk 1. On the desk 1, you see nothing.",
        "You move the book 1 to the desk 1.",
    ];
    let can = ["go to bed 1", "go to sidetable 1", "take book 1 from desk 1"];
    check("put two book in desk", &seen, &can, Some("go to sidetable 1"));

    // The second goes to where the first lies, not to the other desk.
    let more = [&seen[..], &["You pick up the book 2 from the sidetable 1."]].concat();
    check("put two book in desk", &more, &["go to desk 1", "go to desk 2"], Some("go to desk 1"));
}

#[test]
fn it_looks_at_things_by_the_lamp_that_it_saw() {
    let seen = [
        "You arrive at desk 1. On the desk 1, you see a desklamp 1, and a pen 1.",
        "You arrive at bed 1. On the bed 1, you see a book 1.",
        "You pick up the book 1 from the bed 1.",
    ];
    check("examine the book with the desklamp", &seen, &["go to desk 1"], Some("go to desk 1"));
    let there =
        [&seen[..], &["You arrive at desk 1. On the desk 1, you see a desklamp 1."]].concat();
    let can = ["go to bed 1", "use desklamp 1"];
    check("look at book under the desklamp", &there, &can, Some("use desklamp 1"));
}

#[test]
fn it_puts_away_what_it_does_not_want() {
    let seen = [
        "You arrive at fridge 1. The fridge 1 is open. In it, you see a apple 1.",
        "You pick up the apple 1 from the fridge 1.",
    ];
    let can = ["close fridge 1", "go to bed 1", "move apple 1 to fridge 1"];
    check("put a pillow in desk", &seen, &can, Some("move apple 1 to fridge 1"));

    let closed = [&seen[..], &["You close the fridge 1."]].concat();
    let can = ["go to bed 1", "open fridge 1"];
    check("put a pillow in desk", &closed, &can, Some("open fridge 1"));
}

#[test]
fn it_says_when_it_has_no_idea() {
    check("sing a song", &[], &["look"], None);
    check("put a pillow in desk", &[], &["look"], None);
}

#[test]
fn the_opening_says_the_task_where_nothing_else_does() {
    let opening = format!("{ROOM}\n\nYour task is to: put a pillow in desk.");
    let admissible = vec!["go to bed 1".to_owned()];

    let sight = Sight {
        instruction: "",
        advice: Vec::new(),
        opening: &opening,
        observations: Vec::new(),
        admissible: &admissible,
    };

    assert_eq!(choose(&sight), Some("go to bed 1"));
}

/// What is told of a trial that was played so.
fn advised(instruction: &str, told: &[&str], seen: &[&str]) -> String {
    let (advice, observations) = (told.to_vec(), seen.to_vec());
    advise(&Sight { instruction, advice, opening: ROOM, observations, admissible: &[] }).unwrap()
}

#[test]
fn it_tells_where_a_thing_was_before_it_was_moved() {
    let seen = [
        "You arrive at desk 1. On the desk 1, you see a mug 1.",
        "You pick up the mug 1 from the desk 1.",
        "You arrive at sidetable 1. On the sidetable 1, you see nothing.",
        "You move the mug 1 to the sidetable 1.",
        "You arrive at desk 1. On the desk 1, you see nothing.",
    ];
    let task = "cool some mug and put it in bed";
    let advice = advised(task, &[], &seen);
    assert_eq!(advice, "The mug 1 is at desk 1. Take it, cool it with fridge 1, move it to bed 1.");
    // Told again, it is still so.
    assert_eq!(advised(task, &[&advice], &[]), advice);
}

#[test]
fn it_tells_where_to_look_and_where_not() {
    let seen = ["You arrive at bed 1. On the bed 1, you see nothing."];
    let advice = advised("put a pillow in desk", &[], &seen);
    assert!(advice.starts_with("There is no pillow at bed 1. Look at "), "{advice}");

    // Where it would look first is named first, and looked at first.
    let first = advice.split("Look at ").nth(1).unwrap().split(',').next().unwrap();
    let go = format!("go to {first}");
    let sight = Sight {
        instruction: "put a pillow in desk",
        advice: vec![&advice],
        opening: ROOM,
        observations: Vec::new(),
        admissible: &["go to bed 1".to_owned(), go.clone()],
    };
    assert_eq!(choose(&sight), Some(&*go));
}

#[test]
fn it_goes_where_it_was_told_and_believes_its_eyes() {
    let told = ["The pillow 2 is at drawer 1. Take it, move it to desk 2."];
    let can = ["go to bed 1", "go to drawer 1", "open drawer 1"].map(str::to_owned);
    let then = |observations: Vec<&'static str>| Sight {
        instruction: "put a pillow in desk",
        advice: told.to_vec(),
        opening: ROOM,
        observations,
        admissible: &can,
    };
    assert_eq!(choose(&then(Vec::new())), Some("go to drawer 1"));
    let closed = "You arrive at drawer 1. The drawer 1 is closed.";
    assert_eq!(choose(&then(vec![closed])), Some("open drawer 1"));
    let empty = "You open the drawer 1. The drawer 1 is open. In it, you see nothing.";
    assert_eq!(choose(&then(vec![closed, empty])), Some("go to bed 1"));
    let advice = advise(&then(vec![closed, empty])).unwrap();
    assert!(advice.starts_with("There is no pillow at drawer 1."), "{advice}");
}

#[test]
fn it_tells_of_the_lamp_too() {
    let seen = [
        "You arrive at desk 1. On the desk 1, you see a desklamp 1.",
        "You arrive at bed 1. On the bed 1, you see a book 1.",
    ];
    assert_eq!(
        advised("examine the book with the desklamp", &[], &seen),
        "The book 1 is at bed 1. The desklamp 1 is at desk 1. Take it, use the desklamp."
    );
}

#[test]
fn it_does_not_deny_the_first_of_two_that_it_moved() {
    let seen = [
        "You arrive at sidetable 1. On the sidetable 1, you see a book 1.",
        "You pick up the book 1 from the sidetable 1.",
        "You arrive at desk 1. On the desk 1, you see nothing.",
        "You move the book 1 to the desk 1.",
    ];

    let advice = advised("put two book in desk", &[], &seen);

    assert!(advice.starts_with("The book 1 is at sidetable 1. Look at "), "{advice}");
}

#[test]
fn it_brings_a_thing_where_the_owner_wants_it() {
    let seen = [
        "You arrive at bed 1. On the bed 1, you see a mug 1.",
        "You pick up the mug 1 from the bed 1.",
        "You arrive at desk 2. On the desk 2, you see nothing.",
        "You move the mug 1 to the desk 2. The owner wants it at desk 1.",
    ];
    let task = "put a mug in desk";
    let can = ["go to desk 1", "take mug 1 from desk 2"];
    check(task, &seen, &can, Some("take mug 1 from desk 2"));
    let taken = [&seen[..], &["You pick up the mug 1 from the desk 2."]].concat();
    check(task, &taken, &["go to desk 1", "move mug 1 to desk 2"], Some("go to desk 1"));

    let advice = advised(task, &[], &seen);
    assert_eq!(advice, "The mug 1 is at bed 1. Take it, move it to desk 1.");
    assert_eq!(advised(task, &[&advice], &[]), advice);
}

#[test]
fn it_uses_what_a_note_says_and_what_it_is_told() {
    let room = "You see: you see a bed 1, a desk 1, a microwave 1, and a microwave 2.";
    let seen = [
        "You arrive at desk 1. On the desk 1, you see a egg 1.",
        "You pick up the egg 1 from the desk 1.",
        "You arrive at microwave 1. The microwave 1 is closed.",
        "The microwave 1 does not work. A note says: use microwave 2.",
    ];
    let can = ["heat egg 1 with microwave 1", "go to microwave 2", "go to microwave 1"];
    let can = can.map(str::to_owned);
    let play = |advice: Vec<&'static str>, observations: &[&'static str]| {
        let instruction = "put a hot egg in bed";
        let observations = observations.to_vec();
        let sight = Sight { instruction, advice, opening: room, observations, admissible: &can };
        (choose(&sight).unwrap().to_owned(), advise(&sight).unwrap())
    };

    let (action, advice) = play(Vec::new(), &seen);
    assert_eq!(action, "go to microwave 2");
    let told = "The egg 1 is at desk 1. Take it, heat it with microwave 2, move it to bed 1.";
    assert_eq!(advice, told);
    assert_eq!(play(vec![told], &seen[..2]).0, "go to microwave 2");
}

#[test]
fn claims_are_held_against_what_was_seen() {
    let opening = "You see: you see a bed 1, a desk 1, a desk 2, a drawer 1, and a sofa 1.";
    let observations = vec![
        "You arrive at bed 1. On the bed 1, you see a mug 1.",
        "You pick up the mug 1 from the bed 1.",
        "You arrive at desk 2. On the desk 2, you see nothing.",
        "You move the mug 1 to the desk 2. The owner wants it at desk 1.",
    ];
    let held = |instruction, observations: &[&'static str], advice| {
        let observations = observations.to_vec();
        // What the trial was told is no evidence.
        let told = vec!["The mug 1 is at sofa 1."];
        let sight = Sight { instruction, advice: told, opening, observations, admissible: &[] };
        let found = check_claims(&sight, advice).unwrap().counts;
        [found.claims, found.supported, found.facts, found.told]
    };
    let wish = |advice| held("put a mug in desk", &observations, advice);

    assert_eq!(wish("The mug 1 is at bed 1. Take it, move it to desk 1."), [2, 2, 2, 2]);
    // The wish is told wrong, the thing's place is of the memory's advice, a desk has no door.
    assert_eq!(wish("The mug 1 is at bed 1. Take it, move it to desk 2."), [2, 1, 2, 1]);
    assert_eq!(wish("The mug 1 is at sofa 1. Take it, move it to desk 1."), [2, 1, 2, 1]);
    assert_eq!(wish("Take it, move it to drawer 1."), [1, 0, 2, 0]);
    assert_eq!(wish("You should try harder. Be quick."), [0, 0, 2, 0]);

    let searched = |advice| held("put a mug in desk", &observations[2..3], advice);
    assert_eq!(searched("There is no mug at desk 2. Look at bed 1 first."), [2, 2, 2, 2]);
    // Any place tells that one is left; not one that was searched, nor one that is not there.
    assert_eq!(searched("Look at sofa 1, then drawer 1 first."), [2, 2, 2, 1]);
    assert_eq!(searched("Look at desk 2, then shelf 1 first."), [2, 0, 2, 0]);
    // It was never at the sofa, and what is said twice counts once.
    assert_eq!(searched("There is no mug at desk 2, sofa 1, desk 2."), [2, 1, 2, 1]);
    assert_eq!(searched("Take it, move it to desk 2."), [1, 1, 2, 0]);
    // A thing that was seen is not absent by a number, its own or another, and what the task is not about is no claim's to make.
    assert_eq!(wish("There is no mug 1 at bed 1, desk 2."), [2, 1, 2, 0]);
    assert_eq!(wish("There is no mug 2 at bed 1, desk 2."), [2, 1, 2, 0]);
    assert_eq!(searched("There is no pen at desk 2."), [1, 0, 2, 0]);
}

#[test]
fn each_claim_is_the_words_up_to_its_receptacle() {
    let opening = "You see: you see a bed 1, a desk 1, a desk 2, a drawer 1, and a sofa 1.";
    let observations = vec!["You arrive at desk 2. On the desk 2, you see nothing."];
    let sight = Sight {
        instruction: "put a mug in desk",
        advice: Vec::new(),
        opening,
        observations,
        admissible: &[],
    };
    let text = " There is no mug at desk 2, sofa 1, desk 2. Hm. Look at bed 1, then desk 2 first.";

    let each = check_claims(&sight, text).unwrap().each;

    let words = |claim: &CheckedClaim| &text[claim.start as usize..claim.end as usize];
    let found: Vec<_> = each.iter().map(|claim| (words(claim), claim.kind, claim.is_so)).collect();
    let expected = [
        ("There is no mug at desk 2", 1, true),
        (", sofa 1", 1, false),
        (", desk 2", 1, false),
        ("Look at bed 1", 3, true),
        (", then desk 2", 3, false),
    ];
    assert_eq!(found, expected);
}
