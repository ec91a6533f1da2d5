//! Downloads from the Hugging Face hub, from a mirror of it, or by any other address.
//!
//! One request for one file, by the address that the hub's own tools use. The
//! environment may name another hub (`HF_ENDPOINT`), a token for it (`HF_TOKEN`) and a
//! proxy, as it does for those tools.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use super::{PullProgress, SourceError, unusable};

const HUB: &str = "https://huggingface.co";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);
const BLOCK_BYTES: usize = 1 << 18;
/// No model that an edge device runs is longer.
const FILE_BYTES_MAX: u64 = 1 << 36;

/// Where the hub keeps a file.
pub(super) fn address(repo: &str, revision: &str, file: &str) -> String {
    format!("{}{repo}/resolve/{revision}/{file}", hub())
}

/// The hub's address, with a slash at its end.
fn hub() -> String {
    let hub = std::env::var("HF_ENDPOINT").unwrap_or_else(|_| HUB.to_owned());
    format!("{}/", hub.trim_end_matches('/'))
}

/// Downloads `url` to `part`, going on where an earlier attempt stopped.
pub(super) fn download(
    url: &str,
    part: &Path,
    bytes_expected: Option<u64>,
    progress: &mut dyn PullProgress,
) -> Result<(), SourceError> {
    let here = std::fs::metadata(part).map_or(0, |file| file.len());
    if here > 0 && Some(here) == bytes_expected {
        return Ok(());
    }
    let mut answer = request(url, here)?;
    if answer.status().as_u16() == 416 {
        // What is here is not the beginning of what is there.
        answer = request(url, 0)?;
    }
    let status = answer.status().as_u16();
    let start = match status {
        200 => 0,
        206 if content_start(&answer) == Some(here) => here,
        _ => return Err(refused(url, format!("the server answered with status {status}"))),
    };
    let rest = answer.body().content_length();
    let total = rest.map(|rest| rest.saturating_add(start)).or(bytes_expected);
    let limit = bytes_expected.unwrap_or(FILE_BYTES_MAX);
    if total.is_some_and(|total| total > limit) {
        let total = total.unwrap_or_default();
        return Err(refused(url, format!("it has {total} bytes, expected at most {limit}")));
    }
    let file = File::options()
        .create(true)
        .write(true)
        .append(start > 0)
        .truncate(start == 0)
        .open(part)
        .map_err(|error| unusable(part, error))?;
    let mut body = answer.into_body().into_reader();
    let mut save = Save { url, part, file, done: start, total, limit };
    save.all(&mut body, progress)
}

struct Save<'a> {
    url: &'a str,
    part: &'a Path,
    file: File,
    done: u64,
    total: Option<u64>,
    limit: u64,
}

impl Save<'_> {
    fn all(
        &mut self,
        body: &mut dyn Read,
        progress: &mut dyn PullProgress,
    ) -> Result<(), SourceError> {
        let mut block = vec![0; BLOCK_BYTES];
        loop {
            progress.received(self.done, self.total);
            let count =
                body.read(&mut block).map_err(|error| refused(self.url, error.to_string()))?;
            if count == 0 {
                break;
            }
            self.done += count as u64;
            if self.done > self.limit {
                let message = format!("it has more than {} bytes", self.limit);
                return Err(refused(self.url, message));
            }
            self.file.write_all(&block[..count]).map_err(|error| unusable(self.part, error))?;
        }
        match self.total {
            Some(total) if total != self.done => {
                let message = format!("it broke off after {} of {total} bytes", self.done);
                Err(refused(self.url, message))
            }
            _ => Ok(()),
        }
    }
}

fn request(url: &str, start: u64) -> Result<ureq::http::Response<ureq::Body>, SourceError> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .timeout_recv_response(Some(ANSWER_TIMEOUT))
        .build()
        .into();
    let mut request = agent.get(url);
    if start > 0 {
        request = request.header("range", format!("bytes={start}-"));
    }
    // The token is the hub's, and goes nowhere else.
    if url.starts_with(&hub())
        && let Ok(token) = std::env::var("HF_TOKEN")
    {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request.call().map_err(|error| refused(url, error.to_string()))
}

/// Where a partial answer begins: `bytes 5-9/10` begins at 5.
fn content_start(answer: &ureq::http::Response<ureq::Body>) -> Option<u64> {
    let range = answer.headers().get("content-range")?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}

fn refused(url: &str, message: String) -> SourceError {
    SourceError::Download { url: url.to_owned(), message }
}
