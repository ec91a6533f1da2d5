//! The built-in manifests, and manifests that are refused.

use super::*;

#[test]
fn every_model_on_offer_is_pinned() {
    for toml in BUILT_IN {
        let Manifest { name, bytes, sha256, sources, .. } = Manifest::parse(toml).unwrap();

        assert!(bytes > 0 && is_sha256(&sha256), "{name}");
        let is_pinned = |source: &DownloadSource| match source {
            DownloadSource::HuggingFace { revision, .. } => is_commit(revision),
            DownloadSource::PyPi { parts } => parts.iter().all(|part| is_pinned(&part.package)),
            DownloadSource::Local { .. } => false,
        };
        assert!(!sources.is_empty() && sources.iter().all(is_pinned), "{name}: {sources:?}");
    }
}

#[test]
fn no_two_models_are_the_same_bytes() {
    let mut sums: Vec<String> = catalog().into_iter().map(|model| model.sha256).collect();
    sums.sort_unstable();
    let count = sums.len();
    sums.dedup();

    assert_eq!(sums.len(), count);
}

#[test]
fn no_two_models_share_a_name_or_a_file() {
    let catalog = catalog();
    let mut names: Vec<&str> = catalog.iter().flat_map(Manifest::names).collect();
    let mut files: Vec<&str> = catalog.iter().map(|manifest| manifest.file.as_str()).collect();
    let counts = (names.len(), files.len());
    names.sort_unstable();
    names.dedup();
    files.sort_unstable();
    files.dedup();

    assert_eq!((names.len(), files.len()), counts);
}

#[test]
fn names_are_found_in_any_case() {
    assert_eq!(find("SmolLM2-135M").unwrap().name, "smollm2-135m-instruct");
    assert!(find("gpt-5").is_none());
}

const SMALL: &str = "name = 'a'\nlicense = 'b'\nparameters = '1M'\narchitecture = 'llama'\n\
    context_tokens = 1\nfile = 'a.gguf'\nbytes = 1\nsha256 = \
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'\n\
    shape = { layers = 1, width = 1, inner = 1, kv_heads = 1, key_width = 1, \
    value_width = 1, vocabulary = 1 }\nsources = [{ kind = 'pypi', parts = [\
    { package = 'a==1', member = 'm' }] }]\n";

/// Refuses [`SMALL`] with `to` in the place of `from`.
fn check_refused(from: &str, to: &str, message: &str) {
    assert!(SMALL.contains(from), "{from}");
    let error = Manifest::parse(&SMALL.replace(from, to)).unwrap_err();
    let told = format!("{error}: {:?}", std::error::Error::source(&error));
    assert!(told.contains(message), "{told}");
}

#[test]
fn unknown_keys_are_refused() {
    check_refused("name = 'a'", "name = 'a'\ncolor = 'red'", "color");
    check_refused("kind = 'pypi'", "kind = 'ftp'", "ftp");
}

#[test]
fn a_file_name_stays_in_its_folder() {
    check_refused("'a.gguf'", "'../a.gguf'", "a file name without folders");
}

#[test]
fn a_package_is_pinned_and_nothing_but_a_package() {
    for package in ["a", "--index-url==x", "a==1 --pre", "https://x==1"] {
        check_refused("'a==1'", &format!("'{package}'"), "name==version");
    }
}

#[test]
fn what_may_be_another_file_tomorrow_is_refused() {
    let branch = "kind = 'huggingface', repo = 'a/b', file = 'a.gguf', revision = 'main' }]\n#";
    check_refused("kind = 'pypi'", branch, "a commit, 40 hex digits");
    check_refused("'ba7816bf", "'", "64 lower-case hex digits");
    check_refused("sha256 =", "# sha256 =", "missing field `sha256`");
    check_refused("bytes = 1", "", "missing field `bytes`");
}
