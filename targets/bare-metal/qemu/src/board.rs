//! The boards: how each is built, and how QEMU is told to be it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::debugger::{Instructions, RISCV, THUMB};

/// A board that the firmware runs on, and its machine in QEMU.
#[derive(Debug)]
pub struct EmulatedBoard {
    /// The firmware's feature, and cargo's alias that builds it.
    pub name: &'static str,
    /// What its image is compiled for.
    pub target: &'static str,
    /// QEMU's program.
    pub program: &'static str,
    /// QEMU's arguments for the machine, without image, UART and monitor.
    pub machine: &'static [&'static str],
    /// Length of the file that stands for its flash; 0 if memory has none.
    pub flash_bytes: u64,
    /// What a debugger needs to know of its processor.
    pub instructions: Instructions,
}

// The boards sleep in WFE, which QEMU takes for no sleep at all: with a virtual
// processor of its own speed, `-icount` keeps the board's clock near the host's.

/// Cortex-M3.
pub const LM3S6965EVB: EmulatedBoard = EmulatedBoard {
    name: "lm3s6965evb",
    target: "thumbv7m-none-eabi",
    program: "qemu-system-arm",
    machine: &["-M", "lm3s6965evb", "-icount", "shift=auto"],
    flash_bytes: 0,
    instructions: THUMB,
};

/// Cortex-M4F.
pub const MPS2_AN386: EmulatedBoard = EmulatedBoard {
    name: "mps2-an386",
    target: "thumbv7em-none-eabihf",
    program: "qemu-system-arm",
    machine: &["-M", "mps2-an386", "-icount", "shift=auto"],
    flash_bytes: 0,
    instructions: THUMB,
};

/// RISC-V, whose memory outlives the power.
pub const RISCV_VIRT: EmulatedBoard = EmulatedBoard {
    name: "riscv-virt",
    target: "riscv32imac-unknown-none-elf",
    program: "qemu-system-riscv32",
    machine: &["-M", "virt", "-bios", "none"],
    flash_bytes: 32 * 1024 * 1024,
    instructions: RISCV,
};

/// All of them.
pub const BOARDS: [&EmulatedBoard; 3] = [&LM3S6965EVB, &MPS2_AN386, &RISCV_VIRT];

impl EmulatedBoard {
    /// The image, where a release build leaves it.
    pub fn image(&self) -> PathBuf {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("target"),
            PathBuf::from,
        );
        target.join(self.target).join("release/firmware")
    }

    /// QEMU with this board, its UART on standard input and output. `flash` is a file
    /// of [`flash_bytes`](Self::flash_bytes); without it memory ends with QEMU.
    pub fn command(&self, flash: Option<&Path>) -> Command {
        let mut command = Command::new(self.program);
        command.args(self.machine).args(["-display", "none", "-monitor", "none"]);
        command.args(["-serial", "stdio"]);
        let image = self.image();
        match flash {
            None => command.arg("-kernel").arg(image),
            // Given a kernel beside it, QEMU takes the bank for firmware that starts it.
            Some(file) => command
                .args(["-device", &format!("loader,file={}", image.display())])
                .args(["-drive", &format!("if=pflash,unit=1,format=raw,file={}", file.display())]),
        };
        command
    }
}
