//! The calls that tests make of a program, and the values that a program gives for calls.

use runtime_sandbox::Heard;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{PythonJudge, Servers, allowed};
use crate::programs::limits::{JudgeError, ProgramLimits};
use crate::programs::problem::Problem;

/// How often a program that ended is begun anew for the calls behind the one that ended it.
const RESTARTS_MAX: usize = 16;

/// A call of a program's function, with plain values as `values.py` tells them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProgramCall {
    /// The function.
    pub function: String,
    /// The arguments by place, and those by name.
    pub arguments: (Vec<Value>, Value),
}

impl ProgramCall {
    /// Whether no argument is given by its name.
    pub fn is_by_place(&self) -> bool {
        self.arguments.1["d"].as_array().is_some_and(Vec::is_empty)
    }
}

/// What a candidate's process answers to a call.
#[derive(Deserialize)]
struct Answer {
    value: Value,
}

impl PythonJudge {
    /// The calls that tests make of a program, in order, each once.
    pub fn calls(
        &mut self,
        problem: &Problem,
        program: &str,
        tests: &str,
    ) -> Result<Vec<ProgramCall>, JudgeError> {
        self.with_servers(|servers, limits| {
            let mut calls: Vec<ProgramCall> = Vec::new();
            servers.judge(limits, problem, (program, tests), &mut |text| {
                let call = serde_json::from_slice(text).ok();
                calls.extend(call.filter(|call| !calls.contains(call)));
            })?;
            Ok(calls)
        })
    }

    /// The value that a program gives for each call; `None` where it raises something, ends, or gives
    /// what is not plain.
    pub fn values(
        &mut self,
        problem: &Problem,
        program: &str,
        calls: &[ProgramCall],
    ) -> Result<Vec<Option<Value>>, JudgeError> {
        self.with_servers(|servers, limits| {
            let mut values = Vec::with_capacity(calls.len());
            for _ in 0..RESTARTS_MAX {
                let rest = &calls[values.len()..];
                if rest.is_empty() {
                    break;
                }
                servers.values(limits, (problem, program), rest, &mut values)?;
            }
            values.resize(calls.len(), None);
            Ok(values)
        })
    }
}

impl Servers {
    /// Adds the values of these calls, up to the one that ends the program.
    fn values(
        &mut self,
        limits: ProgramLimits,
        (problem, program): (&Problem, &str),
        calls: &[ProgramCall],
        values: &mut Vec<Option<Value>>,
    ) -> Result<(), JudgeError> {
        if let Some((_, over)) = self.define(problem, program, allowed(limits))? {
            values.resize(values.len() + calls.len(), None);
            return match over {
                Some(_) => Ok(()),
                None => Ok(self.candidate.end().map(|_| ())?),
            };
        }
        for call in calls {
            let text = serde_json::to_vec(call).map_err(|error| {
                JudgeError::Broken(format!("a call of {} is not told: {error}", problem.id))
            })?;
            self.candidate.say(&text)?;
            let Heard::Message(answer) = self.candidate.hear()? else {
                values.push(None);
                return Ok(());
            };
            let answer: Option<Answer> = serde_json::from_slice(&answer).ok();
            values.push(answer.map(|answer| answer.value).filter(is_plain));
        }
        self.candidate.end()?;
        Ok(())
    }
}

/// Whether a value is more than the name of what is not plain.
fn is_plain(value: &Value) -> bool {
    value.get("o").is_none()
}
