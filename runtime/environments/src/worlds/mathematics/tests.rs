//! Problems with a final answer as worlds: splits, turns, the calculator.

use super::*;
use crate::world::tests::check_purposes;
use crate::worlds::gsm8k::GSM8K;
use crate::worlds::math::MATH;
use runtime_core::environment::{ActionForm, EnvironmentError};
use runtime_core::task::{Difficulty, Limits};

const ONE: &str = r#"{"question": "2 + 2?", "answer": "2+2=<<2+2=4>>4\n#### 4"}"#;
const BOXED: &str = r#"{"problem": "Halve $1$.", "solution": "It is $\\boxed{\\frac12}$.", "subject": "Counting & Probability", "level": 5}"#;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, line) in [
        (GSM8K.train.path, ONE),
        (GSM8K.test.path, ONE),
        (MATH.train.path, BOXED),
        (MATH.test.path, BOXED),
    ] {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, format!("{line}\n").repeat(31)).unwrap();
    }
    folder
}

fn world(
    subject: &'static Subject,
    folder: &Path,
    options: &[(&'static str, &str)],
) -> Mathematics {
    let own = options.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Mathematics::open(subject, &EnvironmentOptions { data: Some(folder.to_owned()), own }).unwrap()
}

fn tasks(world: &Mathematics, split: &str) -> Vec<Task> {
    let (split, limits) = (split.to_owned(), Limits::default());
    world.tasks(&TaskSelection { split, count: None, seed: 1, limits }).unwrap()
}

fn answers(world: &Mathematics, actions: &[&str]) -> Vec<(String, f32, bool)> {
    let mut environment = world.environment();
    environment.reset(&tasks(world, "test")[0]).unwrap();
    let step = |action: &&str| {
        let step = environment.step(action).unwrap();
        (step.observation, step.reward, step.done)
    };
    actions.iter().map(step).collect()
}

#[test]
fn every_split_has_its_purpose_and_tasks_of_its_own() {
    let folder = folder();
    let expected =
        [("train", Purpose::Train), ("validation", Purpose::Validation), ("test", Purpose::Test)];
    for subject in [&GSM8K, &MATH] {
        let world = world(subject, folder.path(), &[]);

        check_purposes(&world, &expected);
        let validation: Vec<_> = tasks(&world, "validation").into_iter().map(|t| t.id).collect();
        assert_eq!(validation, ["validation/0", "validation/15", "validation/30"]);
        assert_eq!((tasks(&world, "train").len(), tasks(&world, "test").len()), (28, 31));
        for id in ["train/0", "validation/1", "test/31", "test", "train/-1", ""] {
            assert!(world.problem(id).unwrap().is_none(), "{id}");
        }
    }
}

#[test]
fn a_right_answer_earns_one_and_ends_the_episode() {
    let folder = folder();
    let gsm8k = world(&GSM8K, folder.path(), &[]);
    let math = world(&MATH, folder.path(), &[]);

    let right = answers(&gsm8k, &["It is 2 + 2 = 4.\n#### 4.00"]);
    let wrong = answers(&gsm8k, &["#### 5", "#### 4"]);

    assert_eq!(right, [("That is right.".to_owned(), 1.0, true)]);
    assert_eq!(wrong[0], ("That is not the right answer.".to_owned(), 0.0, true));
    assert_eq!(wrong[1], ("The episode is over.".to_owned(), 0.0, true));
    assert_eq!(answers(&math, &["so \\boxed{1/2}"])[0].1.to_bits(), 1.0_f32.to_bits());
    assert_eq!(gsm8k.default_steps_max("test"), 1);
}

#[test]
fn further_turns_are_told_that_the_answer_is_wrong_and_not_which_is_right() {
    let folder = folder();
    let world = world(&GSM8K, folder.path(), &[("turns", "3")]);

    let told = answers(&world, &["It is four.", "#### 5", "#### 4"]);

    assert!(told[0].0.starts_with("There is no final answer: a solution ends in a line `####"));
    assert!(told[1].0.contains("solve the problem again") && !told[1].0.contains('4'));
    assert_eq!(told.iter().map(|told| told.2).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!(told[2].1.to_bits(), 1.0_f32.to_bits());
    assert_eq!(world.default_steps_max("test"), 3);
}

#[test]
fn calculations_are_answered_where_they_are_allowed() {
    let folder = folder();
    let world = world(&GSM8K, folder.path(), &[("calculations", "2")]);
    let calculate = "Let me see.\nCalculate[2+2]";

    let told = answers(&world, &[calculate, "that is <<4/8=", calculate]);
    let mut environment = world.environment();
    let opening = environment.reset(&tasks(&world, "test")[0]).unwrap();

    assert_eq!((told[0].0.as_str(), told[1].0.as_str()), ("4", "0.5"));
    assert!(told[2].0.starts_with("No calculation is left.") && told[2].2);
    assert!(opening.contains("2 + 2?") && opening.contains("Calculate["), "{opening}");
    assert_eq!(environment.action_form(), ActionForm::Text { tokens_max: 320 });
}

#[test]
fn kinds_and_difficulty_come_from_the_data() {
    let folder = folder();
    let math = world(&MATH, folder.path(), &[]);
    let gsm8k = world(&GSM8K, folder.path(), &[]);
    let (hard, easy) = (&tasks(&math, "train")[0], &tasks(&gsm8k, "train")[0]);

    assert_eq!((hard.kind.as_str(), easy.kind.as_str()), ("counting_and_probability", "gsm8k"));
    assert_eq!(math.traits(hard).difficulty, Some(Difficulty::Hard));
    assert_eq!(gsm8k.traits(easy).difficulty, Some(Difficulty::Easy));
}

#[test]
fn what_cannot_be_used_is_told() {
    let folder = folder();
    let own = [("turns", "0".to_owned())].into();
    let options = EnvironmentOptions { data: Some(folder.path().to_owned()), own };
    let problem = Mathematics::open(&GSM8K, &options).unwrap_err().to_string();
    let missing = world(&MATH, Path::new("/nowhere"), &[]);
    std::fs::write(folder.path().join(GSM8K.test.path), r#"{"answer": "four"}"#).unwrap();
    let broken = world(&GSM8K, folder.path(), &[]);

    assert!(problem.contains("--turns is \"0\", expected a whole number from 1"), "{problem}");
    let problem = missing.problems("test").unwrap_err().to_string();
    assert!(problem.contains("rebound data pull math"), "{problem}");
    let problem = broken.problems("test").unwrap_err().to_string();
    assert!(problem.contains("gsm8k-test.jsonl\", line 1, field answer"), "{problem}");
    let mut environment = missing.environment();
    assert!(matches!(environment.step("#### 1"), Err(EnvironmentError::NotReset)));
}
