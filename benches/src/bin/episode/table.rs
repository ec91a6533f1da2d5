//! What the bench prints.

use anyhow::Result;

use crate::idle::Idle;
use crate::limit::Limit;
use crate::phases::Shares;
use crate::{Options, Row, Share};

/// The rows as a table, or as JSON.
#[expect(clippy::print_stdout, reason = "a bench reports")]
pub(crate) fn print(
    options: &Options,
    (limit, idle): (&Limit, &[Idle]),
    rows: &[Row],
) -> Result<()> {
    if options.json {
        let all = serde_json::json!({ "limit": limit, "idle": idle, "rows": rows });
        println!("{}", serde_json::to_string_pretty(&all)?);
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
        "engine       parallel trials/s steps prefilled generated   first step  later steps  trimming steps"
    );
    for row in rows {
        println!(
            "{:<12} {:>8} {:>8.3} {:>5.1} {:>9.0} {:>9.0} {:>12} {:>12} {:>15}",
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
    println!("\n{}", limit.text());
    for engine in idle {
        println!("{}", engine.text());
    }
    println!("\n                     batches   tokens computed  of the time, %");
    println!(
        "engine       parallel  a step  a batch tokens/s  products attention  rest draws waiting"
    );
    for row in rows {
        if let Some(shares) = &row.shares {
            println!("{}", phases(row, shares));
        }
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

/// Batches, and where the time goes.
fn phases(row: &Row, shares: &Shares) -> String {
    let steps = row.steps_per_trial * row.trials as f64;
    let (batches, tokens) = (shares.batches as f64, shares.tokens as f64);
    let part = |part: Option<f64>| part.map_or("-".to_owned(), |part| format!("{part:.1}"));
    format!(
        "{:<12} {:>8} {:>7.2} {:>8.1} {:>8.0} {:>9} {:>9} {:>5.1} {:>5.1} {:>7.1}",
        row.engine,
        row.parallel,
        batches / steps,
        tokens / batches,
        tokens / row.seconds,
        part(shares.products),
        part(shares.attention),
        shares.rest,
        shares.draws,
        shares.waiting,
    )
}
