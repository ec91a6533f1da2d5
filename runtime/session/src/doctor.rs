//! Checks this machine: memory, devices, which models fit which boards, and what is missing.

mod features;
mod kernels;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use runtime_core::task::Limits;
use runtime_environments::entry::{EnvironmentOptions, WorldEntry};
use runtime_environments::selection::TaskSelection;
use runtime_environments::worlds::WORLDS;
use runtime_evaluation::results::circumstances::Machine;
use runtime_sandbox::Layer;
use serde::Serialize;
use sysinfo::{Disks, System};

use self::kernels::Kernels;
use crate::board::Board;
use crate::{circumstances, engines, files};

/// The findings.
#[derive(Serialize)]
pub struct Findings {
    #[serde(flatten)]
    machine: Machine,
    /// The default number of threads of an engine now.
    threads: u32,
    /// Number of cores that other programs use.
    cores_busy: f32,
    features: Vec<&'static str>,
    memory_free_bytes: u64,
    models_folder: String,
    disk_free_bytes: Option<u64>,
    devices: Vec<Found>,
    kernels: Vec<Kernels>,
    boards: Vec<&'static str>,
    models: Vec<Fit>,
    worlds: Vec<WorldStatus>,
    /// The layers of the sandbox that this machine lacks.
    sandbox_lacks: Vec<String>,
    missing: Vec<String>,
}

/// A world and whether its data set is installed.
#[derive(Serialize)]
struct WorldStatus {
    name: &'static str,
    about: &'static str,
    /// Its data set, if it needs one.
    data: Option<&'static str>,
    /// Whether the data set is installed; true if it needs none.
    data_here: bool,
}

/// A device of an engine.
#[derive(Serialize)]
struct Found {
    engine: &'static str,
    device: String,
}

/// An installed model and its memory on each board.
#[derive(Serialize)]
struct Fit {
    name: String,
    /// Bytes on each board, in the boards' order; `None` if it does not fit.
    bytes: Vec<Option<u64>>,
}

impl Findings {
    /// The findings for this machine, with data sets in this folder.
    pub fn look(data: Option<PathBuf>) -> anyhow::Result<Self> {
        let system = System::new_all();
        let folder = files::models_folder()?;
        let boards = Board::all()?;
        let mut models = Vec::new();
        for manifest in models::manifest::catalog() {
            let path = folder.join(&manifest.file);
            if path.exists() {
                let bytes = boards.iter().map(|(_, board)| fit(&path, board));
                models.push(Fit { name: manifest.name, bytes: bytes.collect() });
            }
        }
        let options = EnvironmentOptions { data, ..EnvironmentOptions::default() };
        let worlds: Vec<WorldStatus> = WORLDS.iter().map(|world| played(world, &options)).collect();
        let load = models::threads::Processor::watch();
        let devices = engines::devices().into_iter().flat_map(|(engine, devices)| {
            devices.into_iter().map(move |device| Found { engine, device })
        });
        Ok(Self {
            machine: circumstances::machine(),
            threads: load.threads_free().get(),
            cores_busy: load.cores_busy,
            kernels: kernels::found(&features::found()),
            features: features::found(),
            memory_free_bytes: system.available_memory(),
            disk_free_bytes: disk_free(&folder),
            devices: devices.collect(),
            missing: missing(&models, &folder, &worlds),
            models,
            worlds,
            sandbox_lacks: lacking(),
            boards: boards.iter().map(|(name, _)| *name).collect(),
            models_folder: folder.display().to_string(),
        })
    }

    /// The findings as text.
    pub fn text(&self) -> String {
        let gb = |bytes: u64| bytes as f64 / 1e9;
        let mut text = String::new();
        let Machine { processor, cores, memory_bytes, system } = &self.machine;
        let _ =
            writeln!(text, "processor  {processor}, {cores} cores: {}", self.features.join(" "));
        let Findings { threads, cores_busy, .. } = self;
        let busy = format!("other programs keep {cores_busy:.1} cores busy");
        let _ = writeln!(text, "threads    {threads} where --threads says nothing; {busy}");
        let (all, free) = (gb(*memory_bytes), gb(self.memory_free_bytes));
        let _ = writeln!(text, "memory     {all:.1} GB, {free:.1} GB free");
        let _ = writeln!(text, "system     {system}");
        let disk =
            self.disk_free_bytes.map_or("unknown".into(), |free| format!("{:.0} GB", gb(free)));
        let _ = writeln!(text, "models     {}, {disk} free", self.models_folder);
        for Found { engine, device } in &self.devices {
            let _ = writeln!(text, "engine     {engine}: {device}");
        }
        for Kernels { build, .. } in &self.kernels {
            let _ = writeln!(text, "kernels    {build}");
        }
        for WorldStatus { name, about, .. } in &self.worlds {
            let _ = writeln!(text, "world      {name}: {about}");
        }
        let sandbox = match &*self.sandbox_lacks {
            [] => "complete; commands of exec: run confined".to_owned(),
            _ => "commands of exec: are refused, or run less confined by --sandbox weak".to_owned(),
        };
        let _ = writeln!(text, "sandbox    {sandbox}");
        let _ = writeln!(text, "\nMB that a model takes on a board, - where it does not fit:\n");
        let _ = write!(text, "{:<26}", "");
        for board in &self.boards {
            let _ = write!(text, " {board:>16}");
        }
        let _ = writeln!(text);
        for Fit { name, bytes } in &self.models {
            let _ = write!(text, "{name:<26}");
            for bytes in bytes {
                let shown = bytes.map_or("-".into(), |bytes| format!("{:.0}", bytes as f64 / 1e6));
                let _ = write!(text, " {shown:>16}");
            }
            let _ = writeln!(text);
        }
        for Kernels { engine, better, .. } in &self.kernels {
            if let Some(better) = better {
                let _ = writeln!(text, "\nslower than need be: {engine}: {better}");
            }
        }
        for missing in &self.missing {
            let _ = writeln!(text, "\nmissing: {missing}");
        }
        text
    }
}

/// Instructions of this processor that kernels could use.
pub(crate) fn features() -> Vec<&'static str> {
    features::found()
}

fn fit(path: &Path, board: &Board) -> Option<u64> {
    engines::on_board(path, board).ok().filter(|bytes| *bytes <= board.memory_bytes())
}

fn played(world: &WorldEntry, options: &EnvironmentOptions) -> WorldStatus {
    let first_task = || {
        let opened = (world.open)(options)?;
        let (split, limits) = (opened.default_split().to_owned(), Limits::default());
        opened.tasks(&TaskSelection { split, count: Some(1), seed: 1, limits })
    };
    let data_here = world.data.is_none() || first_task().is_ok();
    WorldStatus { name: world.name, about: world.about, data: world.data, data_here }
}

/// The free disk space in the folder of models.
fn disk_free(folder: &Path) -> Option<u64> {
    let there = folder.ancestors().find(|path| path.exists())?.canonicalize().ok()?;
    let disks = Disks::new_with_refreshed_list();
    let holding = disks.iter().filter(|disk| there.starts_with(disk.mount_point()));
    let nearest = holding.max_by_key(|disk| disk.mount_point().components().count())?;
    Some(nearest.available_space())
}

fn missing(models: &[Fit], folder: &Path, worlds: &[WorldStatus]) -> Vec<String> {
    let mut missing = Vec::new();
    if models.is_empty() {
        missing.push(format!(
            "no model lies in {}; `rebound models pull smollm2-135m-instruct` brings one",
            folder.display()
        ));
    }
    for WorldStatus { name, data, .. } in worlds.iter().filter(|world| !world.data_here) {
        let data = data.unwrap_or_default();
        missing.push(format!("what {name} is played from; `rebound data pull {data}` brings it"));
    }
    if !cfg!(feature = "llama") {
        missing.push("the engine llama; build with --features llama".to_owned());
    }
    if !cfg!(any(feature = "wgpu", feature = "cuda", feature = "metal", feature = "vulkan")) {
        missing.push(
            "devices beside the processor; build with --features wgpu, vulkan, metal or cuda"
                .to_owned(),
        );
    }
    let lacking = lacking();
    missing.extend(lacking.iter().map(|layer| format!("a layer of the sandbox: {layer}")));
    missing
}

/// The layers of the sandbox that this machine lacks.
fn lacking() -> Vec<String> {
    Layer::missing().iter().map(Layer::to_string).collect()
}
