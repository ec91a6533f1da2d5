//! What the bench prints.

use anyhow::Result;

use crate::{Options, Row, Share};

/// The rows as a table, or as JSON.
#[expect(clippy::print_stdout, reason = "a bench reports")]
pub(crate) fn print(options: &Options, rows: &[Row]) -> Result<()> {
    if options.json {
        println!("{}", serde_json::to_string_pretty(rows)?);
        return Ok(());
    }
    let Options { tasks, steps, context, threads, .. } = options;
    println!(
        "{tasks} tasks, at most {steps} steps, {context} tokens of context, {threads} threads"
    );
    println!(
        "                              a trial                        from the cache, % of prompt tokens"
    );
    println!(
        "engine      parallel trials/s steps prefilled generated   first step  later steps  trimming steps"
    );
    for row in rows {
        println!(
            "{:<11} {:>8} {:>8.3} {:>5.1} {:>9.0} {:>9.0} {:>12} {:>12} {:>15}",
            row.engine,
            row.parallel,
            row.trials_per_second,
            row.steps_per_trial,
            row.prefilled_per_trial,
            row.generated_per_trial,
            percent(&row.first),
            percent(&row.later),
            percent(&row.trimmed),
        );
    }
    Ok(())
}

fn percent(share: &Share) -> String {
    if share.prompt_tokens == 0 {
        return "none".into();
    }
    let rate = share.cached_tokens as f64 / share.prompt_tokens as f64 * 100.0;
    format!("{rate:.1} ({})", share.steps)
}
