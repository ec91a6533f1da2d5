//! The ledger on made-up prices: a model where a token costs a dollar.

use std::sync::{Arc, Mutex};
use std::thread;

use super::*;
use crate::spending::results::SpendingResults;

const DOLLAR: &str = "date = \"2026-06-21\"\n[models.m]\nprompt = 1000000\ncompletion = 1000000\n";
const TASK: (&str, &str) = ("none", "task 1");

fn tokens(completion: u64) -> TokenUse {
    TokenUse { completion, ..TokenUse::default() }
}

fn ledger(limits: CostLimits, spent: &[Spending]) -> (Ledger, Arc<Mutex<Vec<Spending>>>) {
    let written = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&written);
    let log: SpendingLog = Box::new(move |spending| {
        log.lock().unwrap().push(spending.clone());
        Ok(())
    });
    (Ledger::new(Prices::parse(DOLLAR).unwrap(), limits, spent.to_vec(), log), written)
}

fn spend(ledger: &Ledger, task: (&str, &str), used: Used) -> Result<(), ModelError> {
    ledger.begin(task, "m", tokens(10))?;
    ledger.end(task, "m", tokens(10), used)
}

#[test]
fn a_limit_is_passed_by_one_request_at_most() {
    let limits = CostLimits { run_usd: Some(10.0), task_usd: None };
    let (ledger, _) = ledger(limits, &[]);

    let played = (0..100).take_while(|_| spend(&ledger, TASK, Used::Answered(tokens(4))).is_ok());

    assert_eq!(played.count(), 3);
    assert_eq!(SpendingResults::new(&ledger).total.usd, Some(12.0));
}

#[test]
fn many_requests_at_once_pass_it_by_one_request_too() {
    let limits = CostLimits { run_usd: Some(100.0), task_usd: None };
    let (ledger, _) = ledger(limits, &[]);

    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| while spend(&ledger, TASK, Used::Answered(tokens(7))).is_ok() {});
        }
    });

    let usd = SpendingResults::new(&ledger).total.usd.unwrap();
    assert!((100.0..110.0).contains(&usd), "{usd}");
}

#[test]
fn a_task_has_a_limit_of_its_own_in_each_arm() {
    let limits = CostLimits { run_usd: None, task_usd: Some(5.0) };
    let (ledger, _) = ledger(limits, &[]);
    spend(&ledger, TASK, Used::Lost(tokens(5))).unwrap();

    let refused = spend(&ledger, TASK, Used::Nothing).unwrap_err();

    assert!(matches!(refused, ModelError::CostLimit { scope: CostScope::Task, .. }), "{refused}");
    assert!(spend(&ledger, ("none", "task 2"), Used::Nothing).is_ok());
    assert!(spend(&ledger, ("reflexion", "task 1"), Used::Nothing).is_ok());
}

#[test]
fn what_was_spent_before_counts() {
    let limits = CostLimits { run_usd: Some(10.0), task_usd: None };
    let (before, written) = ledger(limits, &[]);
    spend(&before, TASK, Used::Answered(tokens(6))).unwrap();
    spend(&before, TASK, Used::Lost(tokens(4))).unwrap();
    spend(&before, TASK, Used::Nothing).unwrap_err();

    let (after, _) = ledger(limits, &written.lock().unwrap());

    assert!(spend(&after, TASK, Used::Nothing).is_err());
    let total = SpendingResults::new(&after).total;
    assert_eq!((total.requests, total.lost_requests, total.usd), (1, 1, Some(10.0)));
}

#[test]
fn without_a_price_there_is_no_sum_but_there_are_counts() {
    let (ledger, _) = ledger(CostLimits::default(), &[]);
    ledger.begin(TASK, "unknown", tokens(9)).unwrap();
    ledger.end(TASK, "unknown", tokens(9), Used::Answered(tokens(3))).unwrap();

    let total = SpendingResults::new(&ledger).total;

    assert_eq!((total.usd, total.tokens.completion), (None, 3));
}
