//! Prints what each board's image takes, and fails where the Cortex-M3's is too large.
#![allow(clippy::print_stdout, reason = "a table is what it is for")]

use std::process::ExitCode;

use targets_bare_metal_qemu::board::{BOARDS, LM3S6965EVB};
use targets_bare_metal_qemu::image::{FLASH_BYTES_MAX, Image, RAM_BYTES_MAX};

fn main() -> std::io::Result<ExitCode> {
    println!("{:<14}{:>14}{:>18}", "board", "flash, bytes", "static RAM, bytes");
    for board in BOARDS {
        let image = Image::read(board)?;
        println!("{:<14}{:>14}{:>18}", board.name, image.flash_bytes, image.ram_bytes);
    }
    println!("{:<14}{FLASH_BYTES_MAX:>14}{RAM_BYTES_MAX:>18}", "budget");
    let image = Image::read(&LM3S6965EVB)?;
    if image.flash_bytes < FLASH_BYTES_MAX && image.ram_bytes < RAM_BYTES_MAX {
        return Ok(ExitCode::SUCCESS);
    }
    println!("The image of {} breaks its budget.", LM3S6965EVB.name);
    Ok(ExitCode::FAILURE)
}
