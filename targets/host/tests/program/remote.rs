//! Runs on models behind an endpoint: right results through an endpoint that
//! misbehaves, limits of costs, and a key that nobody sees.

#[allow(dead_code, reason = "the engine's own tests use all of it")]
#[path = "../../../../runtime/engine/tests/remote/server.rs"]
pub(crate) mod server;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use server::{Manner, Server};

use crate::support::{Outcome, rebound_in, results, shell, timeless};

const KEY: &str = "sk-very-secret-kq7ZxW2mTf9";
/// The built-in prices of gpt-4o-mini for a token: fresh, cached and generated.
const USD: [f64; 3] = [0.15e-6, 0.075e-6, 0.6e-6];

/// Misbehaves up to three times with a request, in ways that the request decides.
fn misbehaving(body: &str, attempt: u32) -> Manner {
    const MANNERS: [Manner; 10] = [
        Manner::TooMany,
        Manner::Cut,
        Manner::Internal,
        Manner::BrokenJson,
        Manner::Slow,
        Manner::WrongType,
        Manner::EndlessLine,
        Manner::ErrorInStream,
        Manner::Silent,
        Manner::EndlessAnswer,
    ];
    let hash = body.bytes().fold(7_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193).rotate_left(5)
    });
    if attempt < hash % 4 {
        MANNERS[((hash >> 8) + attempt) as usize % MANNERS.len()]
    } else {
        Manner::Good
    }
}

/// A folder to work in, and the runs in it.
struct Place {
    folder: tempfile::TempDir,
    base_url: String,
}

impl Place {
    fn new(base_url: &str) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), base_url: base_url.into() }
    }

    /// Runs a line of arguments, with the endpoint and a key in the environment.
    fn rebound(&self, arguments: &str) -> Outcome {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let environment = [("OPENAI_BASE_URL", self.base_url.as_str()), ("OPENAI_API_KEY", KEY)];
        rebound_in(self.folder.path(), &environment, &arguments)
    }

    fn play(&self, name: &str, more: &str) -> Outcome {
        self.rebound(&format!("run --quiet --name {name} {FIXED}{more}"))
    }

    fn write_env(&self, text: &str) {
        fs::write(self.folder.path().join(".env"), text).unwrap();
    }

    fn run(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join("runs").join(name)
    }
}

const FIXED: &str = "--engine remote --actor gpt-4o-mini --strategy reflexion -n 20 --trials 2 \
    --steps 6 --retry-seconds 0.001";

/// The arms without who reflected, which names the endpoint's port.
fn arms(out: &Path) -> Value {
    let mut arms = timeless(out)["arms"].clone();
    arms[0].as_object_mut().unwrap().remove("retrospective");
    arms
}

fn usd(tokens: &Value) -> f64 {
    let [prompt, cached, completion] =
        ["prompt", "cached", "completion"].map(|key| tokens[key].as_f64().unwrap());
    (prompt - cached) * USD[0] + cached * USD[1] + completion * USD[2]
}

#[test]
fn twenty_tasks_through_a_misbehaving_endpoint_have_the_right_results_and_counts() {
    let (good, bad) = (Server::always(Manner::Good), Server::start(misbehaving));
    let (expected, found) = (Place::new(&good.base_url), Place::new(&bad.base_url));

    assert_eq!(expected.play("a", "").code, 0);
    let played = found.play("a", " --parallel 4");

    assert_eq!(played.code, 0, "{}", played.stderr);
    let out = found.run("a");
    assert_eq!(arms(&out), arms(&expected.run("a")));
    let (results, seen) = (results(&out), bad.seen());
    let (spending, arm) = (&results["spending"], &results["arms"][0]);
    assert_eq!(arm["tasks"].as_array().unwrap().len(), 20);
    assert_eq!(spending["requests"], seen.answered);
    assert_eq!(spending["tokens"]["prompt"], seen.prompt_tokens);
    assert_eq!(spending["tokens"]["completion"], seen.completion_tokens);
    assert!(spending["lost_requests"].as_u64().unwrap() > 50, "{spending}");
    assert!(seen.asked.len() as u64 > seen.answered + 100);
    let parts = [&arm["acting"], &arm["reflecting"]].map(|part| part["tokens"]["prompt"].as_u64());
    assert_eq!(parts[0].unwrap() + parts[1].unwrap(), seen.prompt_tokens);
    let expected_usd = usd(&spending["tokens"]) + usd(&spending["lost_tokens"]);
    assert!((spending["usd"].as_f64().unwrap() - expected_usd).abs() < 1e-12);
}

#[test]
fn a_cost_limit_stops_within_one_request_and_a_higher_one_goes_on() {
    let server = Server::always(Manner::Good);
    let place = Place::new(&server.base_url);
    assert_eq!(place.play("whole", "").code, 0);
    let whole_usd = results(&place.run("whole"))["spending"]["usd"].as_f64().unwrap();
    let asked = |server: &Server| server.seen().asked.len();
    let before = asked(&server);

    let limit = whole_usd / 3.0;
    let stopped = place.play("a", &format!(" --cost-limit {limit} --parallel 4"));

    assert_eq!(stopped.code, 3, "{}", stopped.stderr);
    assert!(stopped.stderr.contains("--resume runs/a with a higher --cost-limit"));
    let spending = results(&place.run("a"))["spending"].clone();
    let spent = spending["usd"].as_f64().unwrap();
    // No request has more than 6,000 tokens in and 64 out.
    assert!(spent >= limit && spent < limit + 6000.0 * USD[0] + 64.0 * USD[2], "{spent}");
    assert_eq!(spending["requests"], asked(&server) - before);

    let at_once = place.rebound("run --quiet --resume runs/a");
    assert_eq!(at_once.code, 3);
    assert_eq!(spending["requests"], asked(&server) - before, "nothing was left to spend");

    let resumed = place.rebound("run --quiet --resume runs/a --cost-limit 1");
    assert_eq!(resumed.code, 0, "{}", resumed.stderr);
    assert_eq!(arms(&place.run("a")), arms(&place.run("whole")));
    assert_eq!(results(&place.run("a"))["spending"]["requests"], asked(&server) - before);
}

#[test]
fn a_task_that_cost_enough_is_left_and_the_others_are_played() {
    let server = Server::always(Manner::Good);
    let place = Place::new(&server.base_url);

    let played = place.play("a", " --cost-limit-per-task 0.0005");

    assert_eq!(played.code, 0, "{}", played.stderr);
    let results = results(&place.run("a"));
    let finished = results["arms"][0]["tasks_finished"].as_u64().unwrap();
    assert!(finished < 20, "{finished}");
    let tasks = results["spending"]["tasks"].as_array().unwrap();
    assert_eq!(tasks.len(), 20);
    for task in tasks {
        let usd = task["usd"].as_f64().unwrap();
        assert!(usd < 0.0005 + 6000.0 * USD[0] + 64.0 * USD[2], "{task}");
    }

    let resumed = place.rebound("run --quiet --resume runs/a --cost-limit-per-task 1");
    assert_eq!(resumed.code, 0, "{}", resumed.stderr);
    assert_eq!(timeless(&place.run("a"))["arms"][0]["tasks_finished"], 20);
}

/// Every file in a folder and in those in it.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Whether there is a part of the key: logs of bytes would break it over lines.
fn holds_key(bytes: &[u8]) -> bool {
    const PART_BYTES: usize = 8;
    let text = String::from_utf8_lossy(bytes);
    (0..=KEY.len() - PART_BYTES).any(|start| text.contains(&KEY[start..start + PART_BYTES]))
}

#[test]
fn the_key_is_in_nothing_that_is_written_or_said() {
    let asked = AtomicU32::new(0);
    let server = Server::start(move |body, attempt| {
        match (asked.fetch_add(1, Ordering::Relaxed), misbehaving(body, attempt)) {
            (10, _) => Manner::WrongKey,
            // Every read would be logged.
            (_, Manner::EndlessLine | Manner::EndlessAnswer) => Manner::Internal,
            (_, manner) => manner,
        }
    });
    let place = Place::new("");
    let environment = [("RUST_LOG", "trace")];
    place.write_env(&format!("OPENAI_BASE_URL={}\nOPENAI_API_KEY={KEY}\n", server.base_url));
    let mut said = String::new();

    for line in [
        format!("run --name a {FIXED}"),
        "run --resume runs/a".into(),
        format!("compare --json --name b {FIXED} --parallel 3")
            .replace("--strategy reflexion ", ""),
        "records export runs/a".into(),
        "devices".into(),
    ] {
        let arguments: Vec<&str> = line.split(' ').collect();
        let outcome = rebound_in(place.folder.path(), &environment, &arguments);
        said += &outcome.stdout;
        said += &outcome.stderr;
    }

    assert_eq!(server.seen().asked[0].authorization, format!("Bearer {KEY}"));
    assert!(said.contains("status 401") && said.contains("with a key"), "{said}");
    assert!(!holds_key(said.as_bytes()));
    fs::remove_file(place.folder.path().join(".env")).unwrap();
    let written = files(place.folder.path());
    assert!(written.len() > 4, "{written:?}");
    for path in written {
        assert!(!holds_key(&fs::read(&path).unwrap()), "{}", path.display());
    }
}

#[test]
fn a_key_of_the_environment_never_goes_to_the_address_of_a_file() {
    let server = Server::always(Manner::Good);
    let place = Place::new("");
    place.write_env(&format!("OPENAI_BASE_URL={}\n", server.base_url));
    let below = place.folder.path().join("below");
    fs::create_dir(&below).unwrap();
    let run = ["run", "--actor", "remote:m", "-n", "1", "--trials", "1", "--steps", "1"];

    let mixed = rebound_in(place.folder.path(), &[("OPENAI_API_KEY", KEY)], &run);
    let set = rebound_in(&below, &[("OPENAI_API_KEY", KEY)], &["devices"]);
    let unset = rebound_in(&below, &[], &run);
    let keyless = rebound_in(place.folder.path(), &[], &run);

    assert_eq!(mixed.code, 1);
    let file = place.folder.path().canonicalize().unwrap().join(".env").display().to_string();
    for expected in ["OPENAI_API_KEY stands in the environment", "OPENAI_BASE_URL in", &file] {
        assert!(mixed.stderr.contains(expected), "{}", mixed.stderr);
    }
    assert!(!holds_key(mixed.stderr.as_bytes()));
    assert!(set.stdout.contains("https://api.openai.com/v1, with a key"), "{}", set.stdout);
    assert_eq!(unset.code, 1);
    assert!(unset.stderr.contains(&format!("{file} is not read")), "{}", unset.stderr);
    assert_eq!(keyless.code, 0, "{}", keyless.stderr);
    assert!(server.seen().asked.iter().all(|asked| asked.authorization.is_empty()));
}

#[test]
fn a_key_of_a_file_never_goes_to_the_address_of_the_environment() {
    let server = Server::always(Manner::Good);
    let place = Place::new("");
    place.write_env(&format!("OPENAI_API_KEY={KEY}\n"));
    let run = ["run", "--actor", "remote:m", "-n", "1", "--trials", "1", "--steps", "1"];
    let address = ("OPENAI_BASE_URL", server.base_url.as_str());

    let mixed = rebound_in(place.folder.path(), &[address], &run);
    let keyless = rebound_in(place.folder.path(), &[address, ("OPENAI_API_KEY", "")], &run);

    assert_eq!(mixed.code, 1);
    assert!(mixed.stderr.contains("OPENAI_BASE_URL in the environment"), "{}", mixed.stderr);
    assert!(mixed.stderr.contains("/.env") && !holds_key(mixed.stderr.as_bytes()));
    assert_eq!(keyless.code, 0, "{}", keyless.stderr);
    assert!(server.seen().asked.iter().all(|asked| asked.authorization.is_empty()));
}

#[test]
fn what_cannot_be_kept_is_refused_before_anything_is_written() {
    let server = Server::always(Manner::Good);
    let place = Place::new(&server.base_url);
    let check = |place: &Place, arguments: &str, expected: &str| {
        let refused = place.rebound(&format!("run --out a {arguments}"));
        assert_eq!(refused.code, 1, "{}", refused.stderr);
        assert!(refused.stderr.contains(expected), "{}", refused.stderr);
        assert!(!place.folder.path().join("a").exists());
    };

    check(&place, "--actor remote:nameless --cost-limit 1", "there is no price for nameless");
    check(&place, "--actor scripted --cost-limit 1", "this run has none");
    check(&place, "--actor remote:m --actor-adapter x.gguf", "takes no adapter");
    let (public, private) = (Place::new("http://192.0.2.1/v1"), Place::new("http://10.1.2.3/v1"));
    check(&public, "--actor remote:m --allow-http", "in clear text to http://192.0.2.1");
    check(&private, "--actor remote:m", "That is a private address: --allow-http");
    let allowed = "--actor remote:m --allow-http --prices nowhere.toml";
    check(&private, allowed, "cannot read the prices nowhere.toml");
    place.write_env(&format!("OPENAI_API_KEY \"{KEY}"));
    let broken = rebound_in(place.folder.path(), &[], &["run", "--actor", "remote:m"]);
    assert!(broken.code == 1 && !broken.stderr.contains(KEY), "{}", broken.stderr);
    assert!(server.seen().asked.is_empty());
}

#[test]
fn a_run_through_an_endpoint_is_shown_with_the_endpoint_s_own_likelihoods() {
    let server = Server::always(Manner::Good);
    let place = Place::new(&server.base_url);
    assert_eq!(place.play("a", "").code, 0);

    let shown = place.rebound("show runs/a 1");

    assert_eq!(shown.code, 0, "{}", shown.stderr);
    let words: Vec<&str> = shown.stdout.split_whitespace().collect();
    let page = words.join(" ");
    assert!(page.contains("by the endpoint, before any choice of ours"), "{page}");
    assert!(page.contains("is behind an endpoint, which names no tokens"), "{page}");
    assert!(page.contains("admissible go to") || page.contains("admissible close"), "{page}");
}

#[test]
fn a_refusal_says_first_what_was_refused_and_what_to_do() {
    let first_line = |outcome: &Outcome| outcome.stderr.lines().next().unwrap_or("").to_owned();
    let run = ["run", "--actor", "remote:m", "-n", "1", "--quiet", "--out", "a"];
    let check = |manner, variables: &[(&str, &str)], path: &str, file: &str, expected: &str| {
        let server = Server::always(manner);
        let place = Place::new("");
        let base_url = server.base_url.replace("/v1", path);
        place.write_env(&file.replace("ADDRESS", &base_url));
        let mut environment = vec![("OPENAI_BASE_URL", base_url.as_str())];
        environment.retain(|_| file.is_empty());
        environment.extend(variables);
        let refused = rebound_in(place.folder.path(), &environment, &run);
        assert_eq!(refused.code, 1, "{}", refused.stderr);
        let (host, line) = (base_url.split('/').nth(2).unwrap(), first_line(&refused));
        assert!(line.starts_with(&format!("error: {host} refused the request")), "{line}");
        let folder = place.folder.path().canonicalize().unwrap();
        let expected =
            expected.replace("ADDRESS", &base_url).replace("FOLDER", folder.to_str().unwrap());
        assert!(line.contains(&expected), "expected {expected:?} in {line}");
        assert!(!holds_key(refused.stderr.as_bytes()));
    };
    let key = [("OPENAI_API_KEY", KEY)];

    check(Manner::WrongKey, &key, "/v1", "", "the key was OPENAI_API_KEY in the environment");
    let file = format!("OPENAI_BASE_URL=ADDRESS\nOPENAI_API_KEY={KEY}\n");
    check(Manner::WrongKey, &[], "/v1", &file, "the key was OPENAI_API_KEY in FOLDER/.env");
    check(Manner::WrongKey, &[], "/v1", "", "no key was sent: set OPENAI_API_KEY");
    check(Manner::NotFound, &[], "", "", "did you mean the address ADDRESS/v1?");
}

#[test]
fn a_wait_for_an_endpoint_is_shown_with_its_attempt_and_its_reason() {
    let server = Server::start(|_, attempt| match attempt {
        0 => Manner::TooMany,
        _ => Manner::Good,
    });
    let place = Place::new(&server.base_url);
    let short = "-n 1 --trials 1 --steps 1 --retry-seconds 2.2";

    let played =
        place.rebound(&format!("run --engine remote --actor gpt-4o-mini --name a {short}"));

    assert_eq!(played.code, 0, "{}", played.stderr);
    let told = played.stderr.lines().find(|line| line.contains("attempt 2 of 7"));
    let told = told.unwrap_or_else(|| panic!("{}", played.stderr));
    assert!(told.contains("gpt-4o-mini@127.0.0.1") && told.contains("429"), "{told}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_counts_the_seconds_of_a_wait_down() {
    let server = Server::start(|_, attempt| match attempt {
        0 => Manner::TooMany,
        _ => Manner::Good,
    });
    let folder = tempfile::tempdir().unwrap();
    let run = "run --actor remote:gpt-4o-mini -n 1 --trials 1 --steps 1 --retry-seconds 2.4";
    let line = format!("stty rows 40 cols 160; $REBOUND {run} --out {}/a", folder.path().display());

    let drawn = shell(&format!(
        "OPENAI_BASE_URL={} OPENAI_API_KEY={KEY} script -qec '{line}' /dev/null",
        server.base_url
    ));

    assert_eq!(drawn.code, 0, "{}", drawn.stdout);
    for part in ["2 s to attempt 2 of 7", "1 s to attempt 2 of 7"] {
        assert!(drawn.stdout.contains(part), "{part:?} was not drawn: {}", drawn.stdout);
    }
}

#[test]
fn prices_come_from_the_user_s_file_where_it_is_named() {
    let server = Server::always(Manner::Good);
    let place = Place::new(&server.base_url);
    let prices = "date = \"2026-11-01\"\n[models.mine]\nprompt = 0\ncompletion = 1000000\n";
    fs::write(place.folder.path().join("prices.toml"), prices).unwrap();

    let options = "--actor remote:mine --prices prices.toml -n 2 --trials 1 --steps 2";
    let played = place.rebound(&format!("run --out a {options}"));

    assert_eq!(played.code, 0, "{}", played.stderr);
    let completion = server.seen().completion_tokens;
    assert!(played.stdout.contains(&format!("{completion}.0000 USD by the prices of 2026-11-01")));
}
