//! Checkpoints of commit 6eaedb2 are gone on with: see `tests/fixtures/6eaedb2/write.sh`.

use std::fs;
use std::path::Path;
use std::process::Command;

use models::adapter::Adapter;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/6eaedb2");

/// The factors of an adapter, in the order of the file.
fn factors(path: &Path) -> Vec<f32> {
    let adapter = Adapter::open(path).unwrap();
    let tensors = adapter.gguf.tensors().iter();
    let bytes: Vec<u8> = tensors
        .flat_map(|tensor| adapter.gguf.tensor_bytes(&tensor.name).unwrap().to_vec())
        .collect();
    bytes.chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect()
}

#[test]
fn an_earlier_checkpoint_is_gone_on_with_to_the_adapter_that_it_was_to_become() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for name in ["run/arms/none", "training/checkpoints"] {
        fs::create_dir_all(path(name)).unwrap();
    }
    let files = [
        "tiny.gguf",
        "run/arms/none/trials.log",
        "training/train.toml",
        "training/metrics.jsonl",
        "training/checkpoints/step-00000010.gguf",
    ];
    for name in files {
        fs::copy(Path::new(FIXTURES).join(name), path(name)).unwrap();
    }

    let resumed = Command::new(env!("CARGO_BIN_EXE_rebound-train"))
        .args(["resume", "training", "--quiet", "--threads", "1"])
        .current_dir(folder.path())
        .output()
        .unwrap();

    assert!(resumed.status.success(), "{}", String::from_utf8_lossy(&resumed.stderr));
    // Another processor rounds otherwise; two more steps move a factor by 1e-4 and more.
    let then = factors(&Path::new(FIXTURES).join("adapter.gguf"));
    let now = factors(&path("training/adapter.gguf"));
    assert_eq!(now.len(), then.len());
    assert!(now.iter().zip(&then).all(|(now, then)| (now - then).abs() < 1e-5));
}
