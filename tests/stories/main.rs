//! What the system promises, told on scripted models: no weights, no network,
//! no sleep, no order.
#![allow(clippy::unwrap_used, reason = "what the tests are made of may unwrap as they do")]

mod imports;
mod circles;
mod documents;
mod resume;
mod damage;
mod parallel;
mod household_run;
mod shopping;
