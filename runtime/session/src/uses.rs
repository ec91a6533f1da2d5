//! What a stored run uses that does not lie in its folder, for its user to see: hosts that
//! are spoken to, commands, and files.

use std::path::Path;

use runtime_environments::entry::Decides;
use runtime_environments::worlds::external::{self, is_address};
use runtime_environments::worlds::{self, WORLDS};

use crate::approval::Allowed;
use crate::endpoint;
use crate::options::EngineOptions;
use crate::options::RunOptions;
use crate::program::Surroundings;
use crate::words::printable;

/// Says it, a line each; nothing where there is nothing. `more` are files that its options do
/// not name.
pub(crate) fn show(
    (options, allowed): (&RunOptions, Allowed),
    folder: &Path,
    more: &[(&str, &Path)],
    surroundings: &Surroundings,
) {
    let mut rows: Vec<(&str, String)> = hosts(options, allowed);
    let files = files(options).into_iter().chain(more.iter().copied());
    let outside = files.filter(|(_, path)| is_outside(path, folder));
    rows.extend(outside.map(|(what, path)| (what, path.display().to_string())));
    if rows.is_empty() {
        return;
    }
    surroundings.note(&format!("{} uses beside its own files:", folder.display()));
    for (what, value) in rows {
        surroundings.note(&format!("  {what:<22} {}", printable(&value)));
    }
}

fn hosts(options: &RunOptions, allowed: Allowed) -> Vec<(&'static str, String)> {
    let engine = EngineOptions { engine: options.engine.clone(), ..EngineOptions::default() };
    let models = [options.actor.as_deref(), options.retrospective.as_deref()];
    let asks =
        models.iter().any(|name| endpoint::name(name.unwrap_or_default(), &engine).is_some());
    let endpoints = if asks { endpoint::known(allowed) } else { Vec::new() };
    let endpoints = endpoints.into_iter().map(|known| ("endpoint", known));
    let address = options.environment.clone().filter(|name| is_address(name));
    let address = address.map(|address| ("environment", address));
    let places = WORLDS.iter().chain([&external::ENTRY]).flat_map(|world| {
        let places = world.options.iter().filter(|option| option.decides == Decides::Place);
        places.filter_map(|option| Some((world.name, options.own.get(*option)?.to_owned())))
    });
    endpoints.chain(address).chain(places).collect()
}

fn files(options: &RunOptions) -> Vec<(&'static str, &Path)> {
    // A variable of the environment may name the folder whatever is played.
    let reads_data = worlds::find(options.environment.as_deref().unwrap_or(worlds::DEFAULT))
        .is_ok_and(|world| world.data.is_some());
    let files = [
        ("data", options.data.as_deref().filter(|_| reads_data)),
        ("actor", existing(options.actor.as_deref())),
        ("actor-adapter", options.actor_adapter.as_deref()),
        ("retrospective", existing(options.retrospective.as_deref())),
        ("retrospective-adapter", options.retrospective_adapter.as_deref()),
        ("reward-model", options.reward_model.as_deref()),
        ("borrow-reflections", options.borrow_reflections.as_deref()),
        ("first-trials", options.first_trials.as_deref()),
        ("prompts", options.prompts.as_deref()),
        ("board", existing(options.board.as_deref())),
        ("prices", options.prices.as_deref()),
    ];
    files.into_iter().filter_map(|(what, path)| Some((what, path?))).collect()
}

/// The file that is meant; names of known models and boards are none.
fn existing(name: Option<&str>) -> Option<&Path> {
    name.map(Path::new).filter(|path| path.exists())
}

/// What cannot be found is not known to be inside.
fn is_outside(path: &Path, folder: &Path) -> bool {
    match (path.canonicalize(), folder.canonicalize()) {
        (Ok(path), Ok(folder)) => !path.starts_with(folder),
        _ => true,
    }
}
