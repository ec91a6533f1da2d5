//! A debugger in gdb's remote protocol: breaks the firmware's code, and mends it.
//!
//! ```text
//! packet  $ body # sum        sum: the body's bytes, modulo 256, in hexadecimal
//! answer  + $ body # sum      acknowledged with +
//! ```

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// How long QEMU may take for a command.
const ANSWER: Duration = Duration::from_secs(20);
/// How long a board may take until it sleeps.
const SLEEP_TRIES: u32 = 200;
const SLEEP_POLL: Duration = Duration::from_millis(7);

/// What a report begins with that a machine was halted.
const STOPPED: char = 'T';

/// What two processors' instructions look like, two bytes each.
#[derive(Clone, Copy, Debug)]
pub struct Instructions {
    /// The program counter's number among gdb's registers.
    pub counter: usize,
    /// The end of the instruction that waits for an interrupt.
    pub sleep: [u8; 2],
    /// A jump to itself.
    pub hang: [u8; 2],
    /// No instruction at all.
    pub illegal: [u8; 2],
}

/// Thumb: WFE, `b .`, `udf #0`.
pub const THUMB: Instructions =
    Instructions { counter: 15, sleep: [0x20, 0xbf], hang: [0xfe, 0xe7], illegal: [0x00, 0xde] };
/// RISC-V with compressed instructions: WFI, `c.j .`, `c.unimp`.
pub const RISCV: Instructions =
    Instructions { counter: 32, sleep: [0x50, 0x10], hang: [0x01, 0xa0], illegal: [0x00, 0x00] };

/// A piece of code that was overwritten.
#[derive(Clone, Copy, Debug)]
pub struct Patch {
    address: u32,
    original: [u8; 2],
}

/// A connection to one machine, which stands still meanwhile.
pub struct Debugger {
    stream: BufReader<UnixStream>,
}

impl Debugger {
    /// Connects to the socket that QEMU was told to open, and halts the machine.
    pub fn connect(socket: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(ANSWER))?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Overwrites the instruction that comes after the one the board sleeps in;
    /// `None` if it does not sleep just now.
    pub fn patch_sleep(
        &mut self,
        instructions: &Instructions,
        with: [u8; 2],
    ) -> io::Result<Option<Patch>> {
        let registers = bytes_of(&self.command("g")?)?;
        let (registers, _) = registers.as_chunks();
        let counter = registers.get(instructions.counter);
        let counter = counter.ok_or_else(|| io::Error::other("too few registers"))?;
        let counter = u32::from_le_bytes(*counter);
        // QEMU halts before or after it.
        for address in [counter, counter.wrapping_add(2)] {
            if self.read(address.wrapping_sub(2))? == instructions.sleep {
                let patch = Patch { address, original: self.read(address)? };
                self.write(address, with)?;
                return Ok(Some(patch));
            }
        }
        Ok(None)
    }

    /// Undoes a patch.
    pub fn mend(&mut self, patch: Patch) -> io::Result<()> {
        self.write(patch.address, patch.original)
    }

    fn read(&mut self, address: u32) -> io::Result<[u8; 2]> {
        let answer = bytes_of(&self.command(&format!("m{address:x},2"))?)?;
        answer.try_into().map_err(|_| io::Error::other("not two bytes"))
    }

    fn write(&mut self, address: u32, [low, high]: [u8; 2]) -> io::Result<()> {
        match self.command(&format!("M{address:x},2:{low:02x}{high:02x}"))?.as_str() {
            "OK" => Ok(()),
            other => Err(io::Error::other(format!("memory was not written: {other}"))),
        }
    }

    fn command(&mut self, body: &str) -> io::Result<String> {
        let sum = body.bytes().fold(0_u8, u8::wrapping_add);
        write!(self.stream.get_mut(), "${body}#{sum:02x}")?;
        loop {
            let answer = self.answer()?;
            // QEMU tells unasked, too, that the machine stands still.
            if !answer.starts_with(STOPPED) {
                return Ok(answer);
            }
        }
    }

    fn answer(&mut self) -> io::Result<String> {
        let mut skipped = Vec::new();
        self.stream.read_until(b'$', &mut skipped)?;
        let mut answer = Vec::new();
        self.stream.read_until(b'#', &mut answer)?;
        self.stream.read_exact(&mut [0; 2])?;
        self.stream.get_mut().write_all(b"+")?;
        answer.pop();
        String::from_utf8(answer).map_err(io::Error::other)
    }
}

impl Drop for Debugger {
    fn drop(&mut self) {
        // The machine goes on; where QEMU is gone, there is nothing to go on.
        let _ = self.command("D");
    }
}

/// Waits until the board sleeps, and overwrites what it wakes up to.
pub fn patch_when_asleep(
    mut connect: impl FnMut() -> io::Result<Debugger>,
    instructions: &Instructions,
    with: [u8; 2],
) -> io::Result<Patch> {
    for _ in 0..SLEEP_TRIES {
        if let Some(patch) = connect()?.patch_sleep(instructions, with)? {
            return Ok(patch);
        }
        thread::sleep(SLEEP_POLL);
    }
    Err(io::Error::other("the board never sleeps"))
}

fn bytes_of(hexadecimal: &str) -> io::Result<Vec<u8>> {
    let digits = hexadecimal.as_bytes().chunks(2);
    let byte = |pair| str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let bytes = digits.map(byte).collect::<Option<Vec<u8>>>();
    bytes.ok_or_else(|| io::Error::other(format!("not hexadecimal: {hexadecimal}")))
}
