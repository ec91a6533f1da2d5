//! What comes over a line: worlds, endpoints, nodes.

use std::sync::Arc;

use crate::draws::Draws;
use crate::literals;
use crate::program::Line;
use crate::serve::{ID, PORT, Service};
use crate::target::{Target, bare};

/// A world's replies, by method.
const WORLD: [&str; 4] = [
    "{\"protocol\":1,\"name\":\"doors\",\"splits\":[{\"name\":\"train\",\"purpose\":\"train\"}],\
     \"default_split\":\"train\",\"steps_max\":4,\"repeats\":true}",
    "{\"tasks\":[{\"id\":\"train/0\",\"kind\":\"doors\",\"instruction\":\"Get out.\",\
     \"difficulty\":\"easy\",\"abilities\":{\"memory\":1,\"planning\":3}}]}",
    "{\"observation\":\"You see two doors.\",\"actions\":[\"open left\",\"open right\"]}",
    "{\"observation\":\"A wall.\",\"reward\":0.5,\"progress\":0.5,\"done\":true,\"feedback\":\"No.\"}",
];
/// An endpoint's answer, streamed.
const STREAM: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n\
    data: {\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\
    \"{\\\"choice\\\":\"},\"finish_reason\":null}]}\n\n\
    data: {\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\
    \"\\\"look\\\"}\"},\"finish_reason\":null}]}\n\n\
    data: {\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{},\
    \"finish_reason\":\"stop\"}]}\n\n\
    data: {\"choices\":[],\"usage\":{\"prompt_tokens\":50,\"completion_tokens\":2,\
    \"total_tokens\":52,\"prompt_tokens_details\":{\"cached_tokens\":25}}}\n\ndata: [DONE]\n\n";
/// The same, whole.
const WHOLE: &str = "{\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":\
    {\"role\":\"assistant\",\"content\":\"{\\\"choice\\\":\\\"look\\\"}\"}}],\
    \"usage\":{\"prompt_tokens\":50,\"completion_tokens\":2,\"total_tokens\":52}}";
/// Bytes of a node's answers that can be bent.
const MASK: usize = 600;

pub(super) fn targets() -> Vec<Target> {
    let [streamed, whole] = [("stream.txt", STREAM), ("whole.txt", WHOLE)].map(endpoint);
    let whole = Target { seal: Arc::new(with_head), ..whole };
    vec![world(), streamed, whole, node("line.bin", false), node("payload.bin", true)]
}

/// What each run here has in common.
const RUN: &str = "run --quiet -n 1 --trials 1 --steps 2 --out out";

fn run(options: &str) -> Line {
    made(&format!("{RUN} {options}"))
}

/// A run that writes into the folder `out`.
pub(super) fn made(line: &str) -> Line {
    Line { made: Some("out/results.json"), ..Line::new("rebound", line) }
}

fn world() -> Target {
    let reply = |result| format!("{{\"id\":{ID},\"result\":{result}}}\n");
    Target {
        reader: "worlds",
        file: "world.jsonl",
        content: WORLD.map(reply).concat().into_bytes(),
        seal: bare(),
        deep: literals::text,
        lines: vec![run("-e tcp:127.0.0.1:{port} -a scripted --patience 1 --split train")],
        names: vec!["world", "tcp:127.0.0.1"],
        service: Some(Service::World),
        ..Target::default()
    }
}

fn endpoint((file, text): (&'static str, &str)) -> Target {
    endpoint_of((file, text), RUN)
}

/// An endpoint that answers with the file, and a run that asks it.
pub(super) fn endpoint_of((file, text): (&'static str, &str), run: &str) -> Target {
    let variables = format!("OPENAI_BASE_URL=http://127.0.0.1:{PORT}/v1\nOPENAI_API_KEY=k\n");
    let limits = "--retries 1 --retry-seconds 0.001 --first-byte-seconds 2 --request-seconds 3";
    Target {
        reader: "endpoints",
        file,
        content: text.as_bytes().to_vec(),
        seal: bare(),
        deep: literals::text,
        around: Arc::new(vec![(".env".to_owned(), variables.into_bytes())]),
        lines: vec![made(&format!("{run} --engine remote -a gpt-4o-mini {limits}"))],
        names: vec!["127.0.0.1"],
        service: Some(Service::Endpoint),
        ..Target::default()
    }
}

/// An answer by HTTP: the body, and its head before it.
pub(super) fn with_head(body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// A node, whose sound mask bends nothing.
fn node(file: &'static str, is_payload: bool) -> Target {
    Target {
        reader: "frames",
        file,
        content: vec![0; MASK],
        seal: bare(),
        deep: bits,
        is_always_deep: true,
        lines: vec![run("-a scripted -e node --connect tcp:127.0.0.1:{port}")],
        names: vec!["node", "tcp:127.0.0.1"],
        service: Some(Service::Node { is_payload }),
        ..Target::default()
    }
}

/// Bends one to eight bytes, or all from one of them on.
fn bits(sound: &[u8], draws: &mut Draws) -> Vec<u8> {
    let mut bent = sound.to_vec();
    let is_rest = draws.one_in(8);
    for _ in 0..=draws.below(8) {
        let (place, bits) = (draws.below(bent.len()), draws.number().to_le_bytes()[0] | 1);
        let end = if is_rest { bent.len() } else { place + 1 };
        bent[place..end].fill(bits);
    }
    bent
}
