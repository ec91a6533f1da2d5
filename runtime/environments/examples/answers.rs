//! How many solutions of GSM8K and MATH are scored in a second: each gold solution against its own
//! problem, which is right, and against the next one, which mostly is not.
//!
//! ```text
//! cargo run --release -p runtime-environments --example answers -- FOLDER
//! ```

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use runtime_environments::worlds::gsm8k::GSM8K;
use runtime_environments::worlds::math::MATH;
use runtime_environments::worlds::mathematics::{EpisodeLimits, Mathematics};

const LIMITS: EpisodeLimits = EpisodeLimits { turns: 1, calculations: 0, solution_tokens: 512 };

#[expect(clippy::print_stdout, reason = "a program prints")]
#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("the folder with data sets is expected")?;
    for subject in [&GSM8K, &MATH] {
        let world = Mathematics::new(subject, Path::new(&folder), LIMITS);
        let mut problems = Vec::new();
        for split in ["train", "validation", "test"] {
            problems.extend(world.problems(split)?);
        }
        let others = || problems.iter().cycle().skip(1);
        let score = |shift: &dyn Fn() -> Vec<bool>| {
            let start = Instant::now();
            let right = shift();
            let rate = right.len() as f64 / start.elapsed().as_secs_f64();
            (right.iter().filter(|right| **right).count(), rate)
        };
        let (own, own_rate) = score(&|| {
            problems.iter().map(|problem| world.is_right(problem, &problem.solution)).collect()
        });
        let (other, other_rate) = score(&|| {
            let pairs = problems.iter().zip(others());
            pairs.map(|(problem, other)| world.is_right(problem, &other.solution)).collect()
        });
        let (name, count) = (subject.name, problems.len());
        println!("{name}: {own} of {count} right as themselves, {own_rate:.0} solutions/s");
        println!("{name}: {other} of {count} right as the next one's, {other_rate:.0} solutions/s");
    }
    Ok(())
}
