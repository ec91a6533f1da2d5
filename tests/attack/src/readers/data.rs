//! Task data and archives.

use std::fs;
use std::io::{self, Cursor, Read, Write};
use std::path::Path;
use std::sync::Arc;

use zip::write::SimpleFileOptions;

use crate::draws::Draws;
use crate::literals;
use crate::program::Line;
use crate::tar;
use crate::target::{Damage, Seal, Target, bare};

/// Games of ALFWorld, packed.
const GAMES: &str = "runtime/environments/tests/fixtures/alfworld/valid_seen.tar.zst";
const PRODUCTS: &str = "runtime/environments/tests/fixtures/shop.jsonl";
const GSM8K: &str = "{\"question\":\"Two and two?\",\"answer\":\"2+2=<<2+2=4>>4\\n#### 4\"}\n";
const MATH: &str = "{\"problem\":\"$1+1$?\",\"solution\":\"It is $\\\\boxed{2}$.\",\
    \"subject\":\"Algebra\",\"level\":1}\n";
const HOTPOTQA: &str = "{\"id\":\"*\",\"question\":\"Who?\",\"answer\":\"Ann\",\"type\":\"bridge\",\
    \"level\":\"hard\",\"supporting_facts\":[{\"title\":\"Ann*\",\"sent_id\":0}],\
    \"context\":[{\"title\":\"Ann*\",\"sentences\":[\"She is Ann.\",\" Or not.\"]},\
    {\"title\":\"Bob*\",\"sentences\":[\"He is not.\"]}]}\n";
/// Rows of each made data set.
const ROWS: usize = 16;

pub(super) fn targets() -> io::Result<Vec<Target>> {
    let rows = |text: &str| {
        let row = |number: usize| text.replace('*', &number.to_string());
        (0..ROWS).map(row).collect::<String>().into_bytes()
    };
    let mut targets = vec![
        task_data("gsm8k", "data/gsm8k/gsm8k-test.jsonl", rows(GSM8K), "test"),
        task_data("math", "data/math/math-500.jsonl", rows(MATH), "test"),
        task_data(
            "hotpotqa",
            "data/hotpotqa/hotpotqa-distractor-100.jsonl",
            rows(HOTPOTQA),
            "test",
        ),
        task_data("webshop", "data/webshop/products-1000.jsonl", fs::read(root(PRODUCTS))?, "test"),
    ];
    let other = |path: &str, text: &str| Arc::new(vec![(path.to_owned(), rows(text))]);
    targets[0].around = other("data/gsm8k/gsm8k-train.jsonl", GSM8K);
    targets[1].around = other("data/math/math-train.jsonl", MATH);
    targets.push(games()?);
    targets.push(archive()?);
    Ok(targets)
}

fn root(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn task_data(world: &str, file: &'static str, content: Vec<u8>, split: &str) -> Target {
    let run = format!(
        "run --quiet -e {world} --data data -a scripted --split {split} -n 2 --trials 1 --steps 2 \
         --out out"
    );
    Target {
        reader: "task data",
        file,
        content,
        seal: bare(),
        deep: literals::text,
        lines: vec![Line { made: Some("out/results.json"), ..Line::new("rebound", &run) }],
        // Of packed games the one is named.
        names: vec![file.rsplit('/').next().unwrap_or(file), "game \""],
        ..Target::default()
    }
}

/// Packed games, whose packing is made anew around damaged ones.
fn games() -> io::Result<Target> {
    let mut content = Vec::new();
    zstd::Decoder::new(fs::File::open(root(GAMES))?)?.read_to_end(&mut content)?;
    let games = task_data("alfworld", "data/alfworld/valid_seen.tar.zst", content, "valid_seen");
    let seal: Seal =
        Arc::new(|tar| zstd::encode_all(tar, 1).expect("memory takes what is written"));
    Ok(Target { seal, deep: tar::parts, ..games })
}

/// An archive of some games, which is refused since it has not all of them.
fn archive() -> io::Result<Target> {
    let entries: Vec<(String, Vec<u8>)> = (0..3)
        .map(|game| {
            (format!("json_2.1.1/valid_seen/game-{game}/trial/game.tw-pddl"), b"{}".to_vec())
        })
        .collect();
    let deep: Damage = |_, draws| packed(&hostile_entries(draws)).unwrap_or_default();
    Ok(Target {
        reader: "archives",
        file: "games.zip",
        content: packed(&entries)?,
        seal: bare(),
        deep,
        sound_code: 1,
        lines: vec![Line::new(
            "rebound",
            "data pull alfworld --from games.zip --data data --quiet",
        )],
        names: vec!["games.zip", "games"],
        ..Target::default()
    })
}

fn packed(entries: &[(String, Vec<u8>)]) -> io::Result<Vec<u8>> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        archive.start_file(name.as_str(), SimpleFileOptions::default())?;
        archive.write_all(bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// Entries that lead elsewhere, that are long, or that are many.
fn hostile_entries(draws: &mut Draws) -> Vec<(String, Vec<u8>)> {
    let game = "json_2.1.1/valid_seen/g/trial/game.tw-pddl";
    let names = [
        "../../escaped/game.tw-pddl".to_owned(),
        "/tmp/escaped/game.tw-pddl".to_owned(),
        format!("json_2.1.1/valid_seen/{}/trial/game.tw-pddl", "a".repeat(60_000)),
        format!("json_2.1.1/valid_seen/{}game.tw-pddl", "a/".repeat(20_000)),
        "json_2.1.1/valid_seen/../valid_seen/g/trial/game.tw-pddl".to_owned(),
        "json_2.1.1/valid_seen/\u{202e}\u{1b}[2J/trial/game.tw-pddl".to_owned(),
        "json_2.1.1\\valid_seen\\g\\trial\\game.tw-pddl".to_owned(),
        game.to_owned(),
    ];
    let entry = |draws: &mut Draws| {
        let bytes = vec![b' '; *draws.of(&[0, 1, 1 << 10, 1 << 26])];
        (draws.of(&names).clone(), bytes)
    };
    let mut entries: Vec<_> = (0..=draws.below(3)).map(|_| entry(draws)).collect();
    if draws.one_in(8) {
        entries.extend((0..20_000).map(|number| (format!("json_2.1.1/{number}"), Vec::new())));
    }
    entries
}
