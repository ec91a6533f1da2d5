//! Parses server-sent events, within limits.
//!
//! Only the events' data is used; names, ids and retry times are skipped.

use std::io::{BufRead, Read};

/// Greatest length of a line; events of chat completions have a few hundred bytes.
const LINE_BYTES_MAX: usize = 256 << 10;

/// The data of server-sent events, in order.
pub(super) struct ServerSentEvents<R> {
    body: R,
    bytes_left: usize,
}

impl<R: BufRead> ServerSentEvents<R> {
    /// The events of a body of at most `bytes_max` bytes.
    pub(super) fn new(body: R, bytes_max: usize) -> Self {
        Self { body, bytes_left: bytes_max }
    }

    /// The next event's data; `None` at the body's end.
    pub(super) fn next_data(&mut self) -> Result<Option<String>, String> {
        let mut data: Option<String> = None;
        loop {
            let Some(line) = self.next_line()? else { return Ok(data) };
            if line.is_empty() {
                if data.is_some() {
                    return Ok(data);
                }
                continue;
            }
            let Some(value) = line.strip_prefix("data:") else { continue };
            let value = value.strip_prefix(' ').unwrap_or(value);
            match &mut data {
                None => data = Some(value.to_owned()),
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
            }
        }
    }

    fn next_line(&mut self) -> Result<Option<String>, String> {
        let limit = LINE_BYTES_MAX.min(self.bytes_left);
        let mut line = Vec::new();
        let read = self.body.by_ref().take(limit as u64).read_until(b'\n', &mut line);
        let read = read.map_err(|error| format!("its answer broke off: {error}"))?;
        if read == 0 && limit > 0 {
            return Ok(None);
        }
        self.bytes_left -= read;
        if line.last() != Some(&b'\n') && read == limit {
            return Err("its answer does not end".into());
        }
        while matches!(line.last(), Some(b'\n' | b'\r')) {
            line.pop();
        }
        Ok(Some(String::from_utf8_lossy(&line).into_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(body: &str, bytes_max: usize) -> Result<Vec<String>, String> {
        let mut events = ServerSentEvents::new(body.as_bytes(), bytes_max);
        let mut found = Vec::new();
        while let Some(data) = events.next_data()? {
            found.push(data);
        }
        Ok(found)
    }

    #[test]
    fn data_is_read_whatever_ends_its_lines() {
        let body = ": hello\r\n\r\nevent: x\r\ndata: a\r\n\r\ndata:b\ndata: c\n\n\ndata: d";

        assert_eq!(all(body, 1000).unwrap(), ["a", "b\nc", "d"]);
    }

    #[test]
    fn an_endless_line_is_cut_off() {
        let line = format!("data: {}", "x".repeat(LINE_BYTES_MAX));

        assert_eq!(all(&line, usize::MAX).unwrap_err(), "its answer does not end");
    }

    #[test]
    fn an_endless_body_is_cut_off() {
        let body = "data: x\n\n".repeat(100);

        assert_eq!(all(&body, 899).unwrap_err(), "its answer does not end");
        assert_eq!(all(&body, 901).unwrap().len(), 100);
    }
}
