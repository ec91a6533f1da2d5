//! `rebound demo`: what comes with the program, played from any folder.

use crate::support::{rebound_in, results};

#[test]
fn the_demo_lays_out_all_that_it_plays_but_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let environment = [
        ("XDG_CACHE_HOME", cache.to_str().unwrap()),
        ("REBOUND_MODELS", folder.path().to_str().unwrap()),
        // Nobody listens there.
        ("HF_ENDPOINT", "http://127.0.0.1:9"),
        ("PIP_INDEX_URL", "http://127.0.0.1:9"),
        ("PIP_RETRIES", "0"),
    ];

    let demo = rebound_in(folder.path(), &environment, &["demo", "--quiet"]);

    assert_eq!(demo.code, 1);
    assert!(demo.stderr.contains("no source of smollm2-135m-instruct"), "{}", demo.stderr);
    assert!(!folder.path().join("runs").exists());
    // A model that has no weights takes the place of the one that could not be fetched.
    let file = cache.join("rebound/demo/targets/host/demo.toml");
    let options = ["compare", "--config", file.to_str().unwrap(), "--actor", "scripted", "--quiet"];
    let played = rebound_in(folder.path(), &environment, &options);
    assert_eq!(played.code, 0, "{}", played.stderr);
    let arms = results(&folder.path().join("runs/demo"))["arms"].clone();
    assert_eq!(arms.as_array().unwrap().len(), 3);
    let adapters = cache.join("rebound/demo/models/adapters");
    let adapter = |name: &str| models::adapter::Adapter::open(&adapters.join(name)).unwrap();
    adapter("smollm2-135m-household.gguf");
    adapter("smollm2-135m-household-retrospective.gguf");
}
