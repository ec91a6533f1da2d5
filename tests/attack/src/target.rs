//! What is attacked: a sound file that a program reads, how it can be damaged, and what is called
//! on it.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::damage;
use crate::draws::Draws;
use crate::program::Line;
use crate::serve::Service;

/// One of so many cases goes past the first check of its reader.
const DEEP_ONE_IN: usize = 4;

/// Damages content so that its form stays.
pub type Damage = fn(&[u8], &mut Draws) -> Vec<u8>;
/// Makes the file's bytes of its content: checksums, compression, what is around it.
pub type Seal = Arc<dyn Fn(&[u8]) -> Vec<u8> + Send + Sync>;

/// A file that a program reads.
#[derive(Clone)]
pub struct Target {
    /// What reads it.
    pub reader: &'static str,
    /// Its path in the case's folder.
    pub file: &'static str,
    /// The sound content.
    pub content: Vec<u8>,
    /// From content to the file's bytes.
    pub seal: Seal,
    /// Damage past the first check.
    pub deep: Damage,
    /// Whether content is damaged in every case, since its file has readers of its own.
    pub is_always_deep: bool,
    /// Whether the reader has a checksum by which every damage to the file must be noticed.
    pub is_sealed: bool,
    /// The exit code where the file is sound.
    pub sound_code: i32,
    /// How many turns it has for one of the others.
    pub turns: usize,
    /// The other files in the case's folder.
    pub around: Around,
    /// What is called, one in each case.
    pub lines: Vec<Line>,
    /// Words of which a refusal must have one.
    pub names: Vec<&'static str>,
    /// Time until it is said to hang, where its own limits let it take longer than others.
    pub longest: Option<Duration>,
    /// What answers with the file instead, if nobody reads it from the folder.
    pub service: Option<Service>,
}

/// Files by their paths in a folder.
pub type Around = Arc<Vec<(String, Vec<u8>)>>;

/// Which damage a seed makes to which target.
pub struct Damaged {
    /// The line of the target that is called.
    pub line: usize,
    /// Whether the content was damaged, and sealed anew.
    pub is_deep: bool,
    /// The sound bytes: of the content if it is a deep damage, else of the file.
    pub sound: Vec<u8>,
    /// The damaged bytes.
    pub bytes: Vec<u8>,
}

impl Default for Target {
    fn default() -> Self {
        Self {
            reader: "",
            file: "",
            content: Vec::new(),
            seal: bare(),
            deep: damage::bytes,
            is_always_deep: false,
            is_sealed: false,
            sound_code: 0,
            turns: 1,
            around: Arc::default(),
            lines: Vec::new(),
            names: Vec::new(),
            longest: None,
            service: None,
        }
    }
}

impl Target {
    /// The damage of a seed.
    pub fn damaged(&self, seed: u64) -> Damaged {
        let mut draws = Draws::new(seed);
        let line = draws.below(self.lines.len());
        let is_deep = draws.one_in(DEEP_ONE_IN) || self.is_always_deep;
        let (sound, damage): (_, Damage) = if is_deep {
            (self.content.clone(), self.deep)
        } else {
            ((self.seal)(&self.content), damage::bytes)
        };
        let bytes = damage(&sound, &mut draws);
        Damaged { line, is_deep, sound, bytes }
    }

    /// The file's bytes of what a damage left.
    pub fn file_bytes(&self, bytes: &[u8], is_deep: bool) -> Vec<u8> {
        if is_deep { (self.seal)(bytes) } else { bytes.to_vec() }
    }

    /// Writes the case's folder with these bytes as the file.
    pub fn write(&self, folder: &Path, bytes: &[u8]) -> io::Result<()> {
        let around = self.around.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()));
        for (path, bytes) in around.chain([(self.file, bytes)]) {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap_or(folder))?;
            fs::write(path, bytes)?;
        }
        Ok(())
    }
}

/// A seal that changes nothing.
pub fn bare() -> Seal {
    Arc::new(<[u8]>::to_vec)
}
