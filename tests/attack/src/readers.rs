//! What is attacked, by reader.

mod logs;
mod models;
mod adapters;
mod training;
mod configs;
mod data;
mod lines;
mod programs;

use std::io;

use crate::ground::Ground;
use crate::target::Target;

/// The targets of every reader.
pub fn targets(ground: &Ground) -> io::Result<Vec<Target>> {
    let groups = [
        logs::targets(ground)?,
        models::targets(ground)?,
        adapters::targets(ground)?,
        training::targets(ground)?,
        configs::targets(ground)?,
        data::targets()?,
        lines::targets(),
        programs::targets(),
    ];
    Ok(groups.into_iter().flatten().collect())
}
