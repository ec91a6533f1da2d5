//! Files from strangers: each ends in an error that names it, soon, and in little memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use models::gguf::{GgmlType, Gguf, NewTensor, Value, encode};
use models::tiny;

use crate::support::{Outcome, program, rebound_in};

fn path_text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[track_caller]
fn check(outcome: &Outcome, expected: &[&str]) {
    assert!((1..=2).contains(&outcome.code), "{outcome:?}");
    assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
    for part in expected {
        assert!(outcome.stderr.contains(part), "expected {part:?} in {}", outcome.stderr);
    }
}

/// A tiny model with changed keys and tensors.
fn model(
    folder: &Path,
    keys: impl Fn(&mut Vec<(String, Value)>),
    change: impl Fn(&mut NewTensor<'_>),
) -> PathBuf {
    let tiny = Gguf::from_bytes("tiny", tiny::llama(0)).unwrap();
    let mut metadata = tiny.metadata().to_vec();
    keys(&mut metadata);
    let path = folder.join("model.gguf");
    fs::write(&path, tiny::changed(&tiny, &metadata, change).unwrap()).unwrap();
    path
}

fn with_key(folder: &Path, key: &str, value: &Value) -> PathBuf {
    let set = |metadata: &mut Vec<(String, Value)>| {
        metadata.retain(|(known, _)| known != key);
        metadata.push((key.to_owned(), value.clone()));
    };
    model(folder, set, |_| {})
}

/// Scores a text with a model, by an engine; what was tried is forgotten with the folder.
fn score(folder: &Path, model: &Path, more: &[&str]) -> Outcome {
    fs::write(folder.join("text"), "open the door").unwrap();
    let tried = folder.join("tried");
    let line = ["score", "--model", path_text(model), "--text-file", "text", "--context", "256"];
    rebound_in(folder, &[("REBOUND_TRIED", path_text(&tried))], &[&line[..], more].concat())
}

#[cfg(feature = "llama")]
const LLAMA: [&str; 2] = ["--engine", "llama"];
const NATIVE: [&str; 2] = ["--engine", "native"];

#[cfg(feature = "llama")]
#[test]
fn what_llama_cpp_aborts_on_is_refused_with_key_and_value() {
    for (key, value, expected) in [
        ("llama.block_count", Value::U32(0), "1 to 512, found 0"),
        ("llama.expert_count", Value::U32(2000), "0 to 1024, found 2000"),
        ("llama.nextn_predict_layers", Value::U32(2), "fewer than the 2 layers, found 2"),
        ("llama.attention.layer_norm_rms_epsilon", Value::F32(f32::NAN), "above 0, found NaN"),
        ("llama.rope.scaling.type", "wild".into(), "found \"wild\""),
        ("general.alignment", Value::U32(1), "32 to 2097152, found 1"),
        ("llama.context_length", Value::U32(u32::MAX), "found 4294967295"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let model = with_key(folder.path(), key, &value);

        check(&score(folder.path(), &model, &LLAMA), &["model.gguf", key, expected]);
    }
}

#[cfg(feature = "llama")]
#[test]
fn a_model_that_llama_cpp_dies_of_is_an_error_that_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let rename = |metadata: &mut Vec<(String, Value)>| {
        let name = "wavtokenizer-dec";
        for (key, value) in metadata.iter_mut() {
            *key = key.replace("llama.", &format!("{name}."));
            if key == "general.architecture" {
                *value = name.into();
            }
        }
        for (key, number) in [
            ("features_length", 64),
            ("posnet.embedding_length", 64),
            ("posnet.block_count", 100),
            ("convnext.embedding_length", 64),
            ("convnext.block_count", 100),
        ] {
            metadata.push((format!("{name}.{key}"), Value::U32(number)));
        }
    };
    let model = model(folder.path(), rename, |_| {});

    let outcome = score(folder.path(), &model, &LLAMA);

    check(&outcome, &["model.gguf", "a child that tried it ended", "--engine native"]);
    assert!(
        !folder.path().join("tried").exists() || {
            !fs::read_to_string(folder.path().join("tried")).unwrap().contains("model ")
        }
    );
}

#[cfg(feature = "llama")]
#[test]
fn a_model_is_tried_once() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(folder.path(), |_| {}, |_| {});
    let tried = || fs::read_to_string(folder.path().join("tried")).unwrap();

    let first = score(folder.path(), &model, &LLAMA);
    let noted = tried();
    let second = score(folder.path(), &model, &LLAMA);

    assert_eq!((first.code, second.code), (0, 0), "{} {}", first.stderr, second.stderr);
    assert_eq!(first.stdout, second.stdout);
    assert_eq!(noted.lines().filter(|line| line.starts_with("model ")).count(), 1, "{noted}");
    assert_eq!(noted, tried());
}

#[test]
fn weights_that_are_no_numbers_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(
        folder.path(),
        |_| {},
        |tensor| {
            if tensor.name == "blk.0.ffn_up.weight" {
                tensor.bytes.to_mut()[..4].copy_from_slice(&f32::NAN.to_le_bytes());
            }
        },
    );

    check(
        &score(folder.path(), &model, &NATIVE),
        &["model.gguf", "blk.0.ffn_up.weight", "finite numbers, found NaN"],
    );
}

#[test]
fn factors_of_other_types_and_without_values_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(folder.path(), |_| {}, |_| {});
    let write = |kind: GgmlType, factor: &[u8]| {
        let metadata: Vec<(String, Value)> = [
            ("general.type", Value::from("adapter")),
            ("general.architecture", "llama".into()),
            ("adapter.type", "lora".into()),
            ("adapter.lora.alpha", Value::F32(1.0)),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into();
        let tensor = |name: &str, ne: [u64; 2]| NewTensor {
            name: format!("blk.0.attn_q.weight.{name}"),
            ne: ne.to_vec(),
            kind,
            bytes: factor.repeat(64).into(),
        };
        let tensors = [tensor("lora_a", [64, 1]), tensor("lora_b", [1, 64])];
        let path = folder.path().join("adapter.gguf");
        fs::write(&path, encode(&metadata, &tensors).unwrap()).unwrap();
        path
    };
    for (kind, factor, expected) in [
        (GgmlType::I8, &[0][..], "found I8"),
        (GgmlType::I32, &[0; 4], "found I32"),
        (GgmlType::F64, &[0; 8], "found F64"),
        (GgmlType::F32, &f32::NAN.to_le_bytes(), "found NaN at 0"),
    ] {
        let adapter = write(kind, factor);

        let scored = score(folder.path(), &model, &["--adapter", path_text(&adapter)]);

        check(&scored, &["adapter.gguf", "blk.0.attn_q.weight.lora_a", expected]);
    }
}

#[test]
fn templates_that_do_not_end_are_errors() {
    let doubled = "{% set ns = namespace(s='x') %}{% for i in range(40) %}{% set ns.s = ns.s ~ ns.s %}\
                   {% endfor %}{{ ns.s }}";
    for hostile in [
        doubled,
        "{{ 'x' * 20000000000 }}",
        "{{ messages | tojson(indent=20000000000) }}",
        "{% for a in range(99999) %}{% for b in range(99999) %}{{ a }}{% endfor %}{% endfor %}",
        "{% for a in range(3000) %}{% for b in range(3000) %}{{ ('x' * 9999) | length }}{% endfor %}\
         {% endfor %}",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let model = with_key(folder.path(), "tokenizer.chat_template", &hostile.into());

        let outcome = run(folder.path(), &model, &[]);

        check(&outcome, &["chat template"]);
    }
}

#[test]
fn nesting_without_end_is_refused_before_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = format!("{{{{ {}1 }}}}", "1+".repeat(20_000));
    let model = with_key(folder.path(), "tokenizer.chat_template", &hostile.as_str().into());

    check(&run(folder.path(), &model, &[]), &["chat template", "words and signs", "1000 are read"]);
}

#[test]
fn prompt_templates_that_do_not_end_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let prompts = folder.path().join("prompts");
    fs::create_dir(&prompts).unwrap();
    let doubled = "{% set ns = namespace(s=opening) %}{% for i in range(40) %}\
                   {% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}";
    fs::write(prompts.join("opening.j2"), doubled).unwrap();

    let outcome = run(folder.path(), Path::new("scripted"), &["--prompts", "prompts"]);

    check(&outcome, &["opening", "2 s and 64 MB"]);
}

#[test]
fn prompt_templates_of_a_folder_play_as_the_same_built_in_ones_do() {
    let folder = tempfile::tempdir().unwrap();
    let exported = rebound_in(
        folder.path(),
        &[],
        &["prompts", "export", "prompts", "--environment", "household"],
    );
    assert_eq!(exported.code, 0, "{}", exported.stderr);

    let own = run(folder.path(), Path::new("scripted"), &["--prompts", "prompts", "--json"]);
    let built_in = run(folder.path(), Path::new("scripted"), &["--json", "--out", "other"]);

    assert_eq!((own.code, built_in.code), (0, 0), "{} {}", own.stderr, built_in.stderr);
    let sha256 = |outcome: &Outcome| {
        let at = outcome.stdout.find("prompts_sha256").unwrap();
        outcome.stdout[at..at + 90].to_owned()
    };
    assert_eq!(sha256(&own), sha256(&built_in));
}

/// Plays one task of the household with an actor.
fn run(folder: &Path, actor: &Path, more: &[&str]) -> Outcome {
    let tried = folder.join("tried");
    let line = ["run", "--environment", "household", "--actor", path_text(actor), "--tasks", "1"];
    let line = [&line[..], &["--trials", "1", "--engine", "native"], more].concat();
    rebound_in(folder, &[("REBOUND_TRIED", path_text(&tried))], &line)
}

#[test]
fn pipes_and_devices_in_place_of_files_are_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let model = model(folder.path(), |_| {}, |_| {});
    let refused = |line: &[&str]| rebound_in(folder.path(), &[], line);

    for line in [
        &["run", "--actor", "scripted", "--config", "pipe"][..],
        &["run", "--actor", "scripted", "--except", "pipe"],
        &["run", "--actor", "scripted", "--board", "pipe"],
        &["score", "--model", path_text(&model), "--text-file", "pipe", "--engine", "native"],
        &["adapter", "install", "pipe", "--model", path_text(&model)],
    ] {
        check(&refused(line), &["it is a pipe, not a plain file"]);
    }
    let device = ["run", "--actor", "scripted", "--config", "/dev/zero"];
    check(&refused(&device), &["it is a device, not a plain file"]);
}

#[test]
fn what_files_say_cannot_steer_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = "tiny\u{1b}]0;owned\u{7}\u{202e}gguf\u{200b}";
    let model = with_key(folder.path(), "general.architecture", &hostile.into());

    let refused = score(folder.path(), &model, &NATIVE);

    check(&refused, &["the architecture tiny\\u001b]0;owned\\u0007\\u202egguf\\u200b"]);
    assert!(!refused.stderr.contains(['\u{1b}', '\u{7}', '\u{202e}', '\u{200b}']));
}

#[test]
fn numbers_at_the_edge_are_refused_with_what_is_expected() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |more: &[&str]| run(folder.path(), Path::new("scripted"), more);

    check(&refused(&["--threads", "1000000"]), &["`threads` is 1000000; expected 1 to 1024"]);
    check(
        &refused(&["--seed", "18446744073709551615"]),
        &["--seed", "0 or more, at most 9223372036854775807"],
    );
}

/// Only another user than user 0 has limits of processes.
#[test]
fn a_limit_of_processes_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(folder.path(), |_| {}, |_| {});
    let line = format!(
        "chmod 755 {folder} && ulimit -u 3 && exec setpriv --reuid 65534 --clear-groups env HOME={folder} \
         REBOUND_TRIED={folder}/tried {program} score --model {model} --text-file {folder}/text \
         --engine native --threads 8",
        folder = folder.path().display(),
        model = model.display(),
        program = program()
    );
    fs::write(folder.path().join("text"), "open the door").unwrap();
    let output = Command::new("sh").args(["-c", &line]).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);

    // Where there is no `setpriv`, or another user may not run the program, there is nothing to see.
    if ["setpriv", "Permission denied", "not permitted"].iter().any(|part| said.contains(part)) {
        tests_needs::skipped("another user with a limit of processes");
        return;
    }
    assert!(output.status.code().is_some_and(|code| code != 101), "{said}");
    assert!(!said.contains("panicked"), "{said}");
}
