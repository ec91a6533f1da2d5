//! The paths of a run's files.
//!
//! ```text
//! <folder>/run.toml                     the run's configuration
//! <folder>/arms/<strategy>/trials.log   the records of each arm
//! <folder>/sessions.jsonl               when, where and how the run was started and resumed
//! <folder>/spending.jsonl               the token use of paid models, if any
//! <folder>/results.json                 the results
//! <folder>/report.html                  the results as a page
//! ```

use std::io;
use std::path::{Path, PathBuf};

use models::replace::folder_of;
use runtime_core::strategy::Strategy;

use crate::disk::{Disk, OsDisk};

/// The folder of a run with the paths of its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFolder {
    /// The folder itself.
    pub path: PathBuf,
}

impl RunFolder {
    /// The run in a folder, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The run's configuration.
    pub fn config(&self) -> PathBuf {
        self.path.join("run.toml")
    }

    /// The results.
    pub fn results(&self) -> PathBuf {
        self.path.join("results.json")
    }

    /// The results as a page.
    pub fn report(&self) -> PathBuf {
        self.path.join("report.html")
    }

    /// The run's name: the folder's name, else its path.
    pub fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// The log of sessions.
    pub fn sessions(&self) -> PathBuf {
        self.path.join("sessions.jsonl")
    }

    /// The log of spending on paid models.
    pub fn spending(&self) -> PathBuf {
        self.path.join("spending.jsonl")
    }

    /// The trial log of one arm.
    pub fn trial_log(&self, strategy: Strategy) -> PathBuf {
        self.arm(strategy).join("trials.log")
    }

    /// Makes the folders that an arm's log lies in, to last; what stands there
    /// stays.
    pub fn create_arm(&self, strategy: Strategy) -> io::Result<()> {
        let arm = self.arm(strategy);
        std::fs::create_dir_all(&arm)?;
        // The arm's name stands in the folder of arms, that one's in the run's,
        // and the run's in whatever it lies in.
        arm.ancestors().take(3).try_for_each(|folder| OsDisk.sync_folder(folder_of(folder)))
    }

    /// The arms that have a trial log, the control arm first.
    pub fn arms(&self) -> Vec<Strategy> {
        let has_log = |strategy: &Strategy| self.trial_log(*strategy).is_file();
        Strategy::ALL.into_iter().filter(has_log).collect()
    }

    fn arm(&self, strategy: Strategy) -> PathBuf {
        self.path.join("arms").join(strategy.name())
    }
}

impl AsRef<Path> for RunFolder {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arm_is_there_once_it_has_a_log() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::new(folder.path());

        run.create_arm(Strategy::Reflexion).unwrap();
        run.create_arm(Strategy::None).unwrap();
        std::fs::write(run.trial_log(Strategy::Reflexion), "").unwrap();

        assert_eq!(run.arms(), [Strategy::Reflexion]);
        assert!(run.trial_log(Strategy::None).ends_with("arms/none/trials.log"));
    }

    #[test]
    fn a_run_is_called_as_its_folder() {
        assert_eq!(RunFolder::new("runs/demo/").name(), "demo");
        assert_eq!(RunFolder::new("..").name(), "..");
    }
}
