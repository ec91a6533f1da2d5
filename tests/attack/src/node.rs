//! A node whose answers are bent on their way: bytes of the line, or what its frames contain.

use std::io::{self, Write};
use std::net::TcpStream;

use runtime_environments::worlds::node::simulated;
use runtime_node::decoder::FrameDecoder;
use runtime_node::frame::{ANSWER_FRAME_BYTES_MAX, DELIMITER};
use runtime_node::thermostat::Thermostat;

/// Is a thermostat for whoever is at the other end; its answers have the bits of `mask` flipped,
/// byte by byte from the first one.
pub(crate) fn answer(stream: TcpStream, mask: &[u8], is_payload: bool) -> io::Result<()> {
    let out = stream.try_clone()?;
    let line = Line { out, mask: mask.to_vec(), said: 0 };
    let out: Box<dyn Write + Send> = if is_payload {
        Box::new(Payloads { line, decoder: FrameDecoder::new() })
    } else {
        Box::new(line)
    };
    simulated::serve(Thermostat::new(), stream, out)
}

/// A line that bends what is said over it.
struct Line {
    out: TcpStream,
    mask: Vec<u8>,
    said: usize,
}

impl Line {
    fn bend(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mask = self.mask.iter().skip(self.said).chain(std::iter::repeat(&0));
        let bent = bytes.iter().zip(mask).map(|(byte, bits)| byte ^ bits).collect();
        self.said += bytes.len();
        bent
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let bent = self.bend(bytes);
        self.out.write_all(&bent)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A line that bends what frames contain; their checksums are right.
struct Payloads {
    line: Line,
    decoder: FrameDecoder<ANSWER_FRAME_BYTES_MAX>,
}

impl Write for Payloads {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for &byte in bytes {
            if let Some(Ok(payload)) = self.decoder.push(byte) {
                let mut bent = self.line.bend(payload);
                bent.extend(crc32fast::hash(&bent).to_le_bytes());
                let mut frame = vec![DELIMITER; cobs::max_encoding_length(bent.len()) + 1];
                let length = cobs::encode(&bent, &mut frame);
                self.line.out.write_all(&frame[..=length])?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.line.out.flush()
    }
}
