//! What an image takes of its board, read from the ELF file.

use std::fs;
use std::io;
use std::ops::Range;

use object::read::elf::ElfFile32;
use object::{Object, ObjectSection, ObjectSymbol, SectionFlags, SectionKind, elf};

use crate::board::EmulatedBoard;

/// What the Cortex-M3's image may take, in bytes.
pub const FLASH_BYTES_MAX: u64 = 16 * 1024;
/// Static RAM of the same.
pub const RAM_BYTES_MAX: u64 = 6 * 1024;
/// Its greatest stack.
pub const STACK_BYTES_MAX: u64 = 2 * 1024;

/// An image's needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Code, constants, and what variables begin as.
    pub flash_bytes: u64,
    /// Variables, without the stack.
    pub ram_bytes: u64,
    /// The addresses of the stack's memory.
    pub stack: Range<u64>,
    /// The addresses of variables.
    pub variables: Range<u64>,
}

impl Image {
    /// Reads the image of `board`.
    pub fn read(board: &EmulatedBoard) -> io::Result<Self> {
        let path = board.image();
        let bytes = fs::read(&path).map_err(|error| {
            let path = path.display();
            io::Error::new(error.kind(), format!("{path}: {error}; make firmware builds it"))
        })?;
        let file = ElfFile32::<object::Endianness>::parse(bytes.as_slice());
        Self::of(&file.map_err(io::Error::other)?)
    }

    fn of(file: &ElfFile32<'_>) -> io::Result<Self> {
        let sections = || file.sections().filter(is_of_the_board);
        let in_flash = sections().filter(|section| !is_empty_at_first(section));
        let in_ram = sections().filter(is_variable);
        Ok(Self {
            flash_bytes: in_flash.map(|section| section.size()).sum(),
            ram_bytes: in_ram.map(|section| section.size()).sum(),
            stack: address(file, "_stack_end")?..address(file, "_stack_start")?,
            variables: address(file, "__sdata")?..address(file, "__ebss")?,
        })
    }
}

fn flags<'d>(section: &impl ObjectSection<'d>) -> u64 {
    match section.flags() {
        SectionFlags::Elf { sh_flags } => sh_flags,
        _ => 0,
    }
}

/// Whether a section takes any memory, other than the stack's.
fn is_of_the_board<'d>(section: &impl ObjectSection<'d>) -> bool {
    flags(section) & u64::from(elf::SHF_ALLOC) != 0 && section.name() != Ok(".stack")
}

fn is_empty_at_first<'d>(section: &impl ObjectSection<'d>) -> bool {
    section.kind() == SectionKind::UninitializedData
}

fn is_variable<'d>(section: &impl ObjectSection<'d>) -> bool {
    flags(section) & u64::from(elf::SHF_WRITE) != 0
}

fn address(file: &ElfFile32<'_>, name: &str) -> io::Result<u64> {
    let symbol = file.symbols().find(|symbol| symbol.name() == Ok(name));
    let symbol = symbol.ok_or_else(|| io::Error::other(format!("the image has no {name}")))?;
    Ok(symbol.address())
}
