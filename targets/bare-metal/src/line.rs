//! Bytes on their way from the UART's interrupt to the node.

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::pipe::Pipe;
use runtime_node::frame::REQUEST_FRAME_BYTES_MAX;

/// Room for the longest request and its repetition.
const WAITING_BYTES_MAX: usize = 2 * REQUEST_FRAME_BYTES_MAX;

static WAITING: Pipe<CriticalSectionRawMutex, WAITING_BYTES_MAX> = Pipe::new();

/// Takes a byte in, within the UART's interrupt.
///
/// Where there is no room the byte is lost, and with it a frame: the host asks again.
pub(crate) fn put(byte: u8) {
    let _ = WAITING.try_write(&[byte]);
}

/// Waits for bytes; returns how many were written to the start of `bytes`.
pub(crate) async fn receive(bytes: &mut [u8]) -> usize {
    WAITING.read(bytes).await
}
