//! An endpoint that answers as it is told, and misbehaves as it is told.
//!
//! It draws among the choices of a request by the request's seed alone, so that
//! the same requests have the same answers, however often they must be repeated.
//! A connection carries one request.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// What is done with one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Streams the answer.
    Good,
    /// Gives the answer whole, though a stream was asked for.
    Whole,
    /// Streams the answer with stops between.
    Slow,
    /// 429, with a wait of no seconds.
    TooMany,
    /// 429, with a wait of a minute.
    TooManyForAMinute,
    /// Takes the request, and gives no answer for a minute.
    Hangs,
    /// 429, with a wait that nobody has.
    TooManyForLong,
    /// 500, with a page of HTML.
    Internal,
    /// Ends the stream in the middle.
    Cut,
    /// Ends a chunk in the middle.
    BrokenJson,
    /// Tells of an error in the middle of the stream.
    ErrorInStream,
    /// 200, with HTML.
    WrongType,
    /// A line without an end.
    EndlessLine,
    /// An answer without an end.
    EndlessAnswer,
    /// A byte now and then, and never a whole line.
    Trickle,
    /// 400 for a request with a JSON schema, otherwise good.
    NoSchema,
    /// Answers in words, whatever the schema.
    IgnoresSchema,
    /// 401, repeating the key.
    WrongKey,
    /// 404, with a page of HTML.
    NotFound,
    /// A redirect to the same path at another port of this machine.
    Elsewhere {
        /// 301 to 308.
        status: u16,
        /// Who listens there.
        port: u16,
    },
    /// 400, since the prompt is too long.
    TooLong,
    /// Closes the connection without a word.
    Silent,
}

/// What was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The request.
    pub(crate) body: Value,
    /// Its header of that name, empty without one.
    pub(crate) authorization: String,
}

/// What the endpoint has seen and done.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Every attempt.
    pub(crate) asked: Vec<Asked>,
    /// How many answers were given whole.
    pub(crate) answered: u64,
    /// Tokens of their prompts.
    pub(crate) prompt_tokens: u64,
    /// Tokens of the answers.
    pub(crate) completion_tokens: u64,
    attempts: HashMap<String, u32>,
}

/// The manner of an attempt at a body, the first attempt being 0.
type Script = dyn Fn(&str, u32) -> Manner + Send + Sync;

/// The endpoint. Its thread lives as long as the test's program.
pub(crate) struct Server {
    /// For `OPENAI_BASE_URL`.
    pub(crate) base_url: String,
    seen: Arc<Mutex<Seen>>,
}

impl Server {
    pub(crate) fn start(script: impl Fn(&str, u32) -> Manner + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let (seen, script): (_, Arc<Script>) = (Arc::<Mutex<Seen>>::default(), Arc::new(script));
        let shared = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, script) = (Arc::clone(&shared), Arc::clone(&script));
                // A client that hangs up is none of its business.
                thread::spawn(move || answer(stream, &seen, &*script).ok());
            }
        });
        Self { base_url, seen }
    }

    /// An endpoint of one manner.
    pub(crate) fn always(manner: Manner) -> Self {
        Self::start(move |_, _| manner)
    }

    pub(crate) fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }
}

fn answer(stream: TcpStream, seen: &Mutex<Seen>, script: &Script) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut length, mut authorization) = (0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            if line.trim().is_empty() {
                break;
            }
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or(0),
            "authorization" => value.trim().clone_into(&mut authorization),
            _ => {}
        }
    }
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    let manner = {
        let mut seen = seen.lock().unwrap();
        seen.asked.push(Asked { body: body.clone(), authorization: authorization.clone() });
        let attempts = seen.attempts.entry(text.clone()).or_default();
        *attempts += 1;
        script(&text, *attempts - 1)
    };
    respond(stream, &Reply::to(&body, manner), manner, (seen, &authorization))
}

/// The answer to a request.
struct Reply {
    text: String,
    prompt_tokens: u64,
    refuses: bool,
}

impl Reply {
    fn to(body: &Value, manner: Manner) -> Self {
        let schema = &body["response_format"]["json_schema"]["schema"];
        let messages = body["messages"].as_array().cloned().unwrap_or_default();
        let said: usize =
            messages.iter().filter_map(|message| message["content"].as_str()).map(str::len).sum();
        let mut said_last = messages.iter().rev().filter_map(|message| message["content"].as_str());
        let listed = said_last.find_map(|text| text.split_once("and nothing else:\n"));
        let seed = body["seed"].as_u64().unwrap_or(0);
        let text = if let Some(choices) = schema["properties"]["choice"]["enum"].as_array() {
            json!({ "choice": choices[draw(seed, choices.len())] }).to_string()
        } else if let Some((_, lines)) = listed {
            let lines: Vec<&str> = lines.lines().collect();
            format!("- {}", lines[draw(seed, lines.len())])
        } else {
            format!("Note {seed:04x}.\n\nAnd more.")
        };
        let ignores = manner == Manner::IgnoresSchema && !schema.is_null();
        Self {
            text: if ignores { "I would rather go home.".into() } else { text },
            prompt_tokens: said as u64 / 4,
            refuses: !schema.is_null(),
        }
    }

    fn pieces(&self) -> Vec<String> {
        let characters: Vec<char> = self.text.chars().collect();
        characters.chunks(5).map(|piece| piece.iter().collect()).collect()
    }

    fn usage(&self) -> Value {
        json!({
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.pieces().len(),
            "total_tokens": self.prompt_tokens + self.pieces().len() as u64,
            "prompt_tokens_details": { "cached_tokens": self.prompt_tokens / 2 },
        })
    }
}

fn draw(seed: u64, count: usize) -> usize {
    usize::try_from(seed % count as u64).unwrap()
}

const STREAM: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

fn respond(
    mut out: TcpStream,
    reply: &Reply,
    manner: Manner,
    (seen, key): (&Mutex<Seen>, &str),
) -> std::io::Result<()> {
    let error = |message: &str, code: &str| {
        json!({ "error": { "message": message, "type": "error", "code": code } }).to_string()
    };
    match manner {
        Manner::TooMany => plain(&mut out, "429 No\r\nRetry-After: 0", &error("later", "rate")),
        Manner::TooManyForAMinute => {
            plain(&mut out, "429 No\r\nRetry-After: 60", &error("in a minute", "rate"))
        }
        Manner::Hangs => {
            thread::sleep(Duration::from_mins(1));
            Ok(())
        }
        Manner::TooManyForLong => {
            plain(&mut out, "429 No\r\nRetry-After: 86400", &error("tomorrow", "rate"))
        }
        Manner::Internal => plain(&mut out, "500 Oh", "<h1>Internal error</h1>"),
        Manner::WrongType => plain(&mut out, "200 OK\r\nContent-Type: text/html", "<p>Hi!</p>"),
        Manner::NotFound => plain(&mut out, "404 No", "<h1>Not found</h1>"),
        Manner::WrongKey => plain(&mut out, "401 No", &error(&format!("bad key: {key}"), "key")),
        Manner::Elsewhere { status, port } => {
            let location = format!("http://127.0.0.1:{port}/v1/chat/completions");
            plain(&mut out, &format!("{status} Go\r\nLocation: {location}"), "")
        }
        Manner::TooLong => plain(&mut out, "400 No", &error("too long", "context_length_exceeded")),
        Manner::NoSchema if reply.refuses => {
            plain(&mut out, "400 No", &error("response_format is not known here", "bad"))
        }
        Manner::Silent => Ok(()),
        Manner::Whole => {
            let choice = json!({
                "index": 0, "finish_reason": "stop",
                "message": { "role": "assistant", "content": reply.text },
            });
            let whole = json!({ "choices": [choice], "usage": reply.usage() }).to_string();
            count(seen, reply);
            plain(&mut out, "200 OK\r\nContent-Type: application/json", &whole)
        }
        Manner::EndlessLine => {
            out.write_all(STREAM.as_bytes())?;
            endless(&mut out, "data: ", &"x".repeat(1 << 14))
        }
        Manner::EndlessAnswer => {
            out.write_all(STREAM.as_bytes())?;
            endless(&mut out, "", &chunk(&json!({ "content": "more " }), None).repeat(64))
        }
        Manner::Trickle => {
            out.write_all(STREAM.as_bytes())?;
            (0..200).try_for_each(|_| {
                thread::sleep(Duration::from_millis(10));
                out.write_all(b"x")?;
                out.flush()
            })
        }
        _ => stream(&mut out, reply, manner, seen),
    }
}

fn stream(
    out: &mut TcpStream,
    reply: &Reply,
    manner: Manner,
    seen: &Mutex<Seen>,
) -> std::io::Result<()> {
    let pieces = reply.pieces();
    let half = pieces.len() / 2;
    out.write_all(STREAM.as_bytes())?;
    for (index, piece) in pieces.iter().enumerate() {
        match manner {
            Manner::Cut if index == half => return Ok(()),
            Manner::BrokenJson if index == half => {
                return out.write_all(b"data: {\"choices\":\n\n");
            }
            Manner::ErrorInStream if index == half => {
                return out.write_all(b"data: {\"error\": {\"message\": \"overloaded\"}}\n\n");
            }
            Manner::Slow => thread::sleep(Duration::from_millis(2)),
            _ => {}
        }
        out.write_all(chunk(&json!({ "content": piece }), None).as_bytes())?;
    }
    count(seen, reply);
    out.write_all(chunk(&json!({}), Some("stop")).as_bytes())?;
    let usage = json!({ "choices": [], "usage": reply.usage() });
    out.write_all(format!("data: {usage}\n\ndata: [DONE]\n\n").as_bytes())
}

fn chunk(delta: &Value, finish_reason: Option<&str>) -> String {
    let log_probs = json!({ "content": [{ "token": "?", "logprob": -0.25, "top_logprobs": [] }] });
    let log_probs = if finish_reason.is_some() { Value::Null } else { log_probs };
    let choice = json!({
        "index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": log_probs,
    });
    format!("data: {}\n\n", json!({ "object": "chat.completion.chunk", "choices": [choice] }))
}

/// Counted before the client can know of the answer's end.
fn count(seen: &Mutex<Seen>, reply: &Reply) {
    let mut seen = seen.lock().unwrap();
    seen.answered += 1;
    seen.prompt_tokens += reply.prompt_tokens;
    seen.completion_tokens += reply.pieces().len() as u64;
}

fn plain(out: &mut TcpStream, head: &str, body: &str) -> std::io::Result<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    out.write_all(head.as_bytes())?;
    out.write_all(body.as_bytes())
}

/// Writes until the client has enough, or far more than it may take.
fn endless(out: &mut TcpStream, first: &str, again: &str) -> std::io::Result<()> {
    const BYTES_MAX: usize = 64 << 20;
    out.write_all(first.as_bytes())?;
    (0..BYTES_MAX / again.len()).try_for_each(|_| out.write_all(again.as_bytes()))
}
