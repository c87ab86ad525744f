//! An eBPF object as the compiler leaves it: programs, each in a section of its own, the maps they use, a licence.

use std::path::Path;
use std::{fs, io};

/// `struct map` of the C source, in its section `maps`: BPF_MAP_TYPE_…, sizes in bytes, the number of entries.
#[derive(Clone, Debug, PartialEq)]
pub struct MapShape {
    pub kind: u32,
    pub key: u32,
    pub value: u32,
    pub entries: u32,
}

/// The code of a program, and where in it the address of which map belongs.
#[derive(Clone, Debug)]
pub struct Code {
    pub section: String,
    pub bytes: Vec<u8>,
    pub uses: Vec<(usize, usize)>,
}

#[derive(Debug)]
pub struct Object {
    pub maps: Vec<(String, MapShape)>,
    pub programs: Vec<Code>,
    pub license: Vec<u8>,
}

const EM_BPF: u64 = 247;
const SHT_SYMTAB: u64 = 2;
const SHT_REL: u64 = 9;
const MAP_SIZE: usize = 16;
/// One instruction; the address of a map takes two.
pub const INSTRUCTION: usize = 8;

impl Object {
    /// Reads the object in a file. The error is `InvalidData`: one of the package, not of the machine.
    pub fn open(file: &Path) -> io::Result<Self> {
        let content = fs::read(file).map_err(|why| why.to_string());
        content
            .and_then(|bytes| Object::parse(&bytes))
            .map_err(|why| {
                let said = format!("{}: {why}", file.display());
                io::Error::new(io::ErrorKind::InvalidData, said)
            })
    }

    /// Reads an object. An error says what is wrong with the bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let file = Elf::read(bytes).ok_or("it is no whole eBPF object")?;
        let maps = file.maps().ok_or("its maps cannot be read")?;
        let programs = file.programs(&maps).ok_or("its programs cannot be read")?;
        let license = file.section("license").ok_or("it has no licence")?.bytes;
        if programs.is_empty() {
            return Err("it has no program".into());
        }
        Ok(Object {
            maps: maps.into_iter().map(|map| (map.name, map.shape)).collect(),
            programs,
            license: license.to_vec(),
        })
    }
}

impl Object {
    /// Replaces an offset by which programs read memory: one that only the running kernel knows.
    pub fn set_offset(&mut self, placeholder: u16, offset: u16) {
        let code = self
            .programs
            .iter_mut()
            .flat_map(|program| program.bytes.chunks_exact_mut(INSTRUCTION));
        for instruction in code {
            let loads = instruction[0] & 0b111 == LOAD_FROM_MEMORY;
            if loads && instruction[2..4] == placeholder.to_le_bytes() {
                instruction[2..4].copy_from_slice(&offset.to_le_bytes());
            }
        }
    }
}

/// BPF_LDX, the class of an instruction that loads from memory.
const LOAD_FROM_MEMORY: u8 = 1;

struct Section<'a> {
    name: String,
    kind: u64,
    info: u64,
    bytes: &'a [u8],
}

struct MapAt {
    name: String,
    symbol: usize,
    shape: MapShape,
}

struct Elf<'a> {
    sections: Vec<Section<'a>>,
}

impl<'a> Elf<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let is_bpf = bytes.starts_with(b"\x7fELF\x02\x01") && number(bytes, 18, 2)? == EM_BPF;
        let headers = is_bpf.then(|| number(bytes, 40, 8))?? as usize;
        let [count, names] = [
            number(bytes, 60, 2)? as usize,
            number(bytes, 62, 2)? as usize,
        ];
        let content = |at: usize| {
            let header = bytes.get(headers.checked_add(at.checked_mul(64)?)?..)?;
            let [from, size] = [
                number(header, 24, 8)? as usize,
                number(header, 32, 8)? as usize,
            ];
            bytes.get(from..from.checked_add(size)?)
        };
        let names = content(names)?;
        let section = |at: usize| {
            let header = bytes.get(headers + at * 64..)?;
            Some(Section {
                name: text(names, number(header, 0, 4)? as usize)?,
                kind: number(header, 4, 4)?,
                info: number(header, 44, 4)?,
                bytes: content(at).unwrap_or_default(),
            })
        };
        let sections = (0..count).map(section).collect::<Option<_>>()?;
        Some(Elf { sections })
    }

    fn section(&self, name: &str) -> Option<&Section<'a>> {
        self.sections.iter().find(|section| section.name == name)
    }

    fn maps(&self) -> Option<Vec<MapAt>> {
        let Some(place) = self.sections.iter().position(|one| one.name == "maps") else {
            return Some(Vec::new());
        };
        let symbols = self.sections.iter().find(|one| one.kind == SHT_SYMTAB)?;
        let names = self.section(".strtab")?.bytes;
        let mut maps = Vec::new();
        for (symbol, entry) in symbols.bytes.chunks_exact(24).enumerate() {
            let name = text(names, number(entry, 0, 4)? as usize)?;
            if number(entry, 6, 2)? as usize == place && !name.is_empty() {
                let from = number(entry, 8, 8)? as usize;
                let words = self.sections[place]
                    .bytes
                    .get(from..from.checked_add(MAP_SIZE)?)?;
                let field = |at| number(words, at, 4).map(|value| value as u32);
                let shape = MapShape {
                    kind: field(0)?,
                    key: field(4)?,
                    value: field(8)?,
                    entries: field(12)?,
                };
                maps.push(MapAt {
                    name,
                    symbol,
                    shape,
                });
            }
        }
        Some(maps)
    }

    /// Programs are the sections with a `/` in their name, as libbpf has it.
    fn programs(&self, maps: &[MapAt]) -> Option<Vec<Code>> {
        let is_program =
            |one: &&(usize, &Section)| one.1.name.contains('/') && one.1.kind != SHT_REL;
        let sections = self.sections.iter().enumerate();
        let programs = sections
            .filter(|one| is_program(&one))
            .map(|(place, section)| {
                Some(Code {
                    section: section.name.clone(),
                    bytes: section.bytes.to_vec(),
                    uses: self.uses(place, maps)?,
                })
            });
        programs.collect()
    }

    fn uses(&self, place: usize, maps: &[MapAt]) -> Option<Vec<(usize, usize)>> {
        let relocations = self
            .sections
            .iter()
            .filter(|one| one.kind == SHT_REL && one.info == place as u64)
            .flat_map(|one| one.bytes.chunks_exact(16));
        let used = relocations.map(|entry| {
            let symbol = number(entry, 12, 4)? as usize;
            let map = maps.iter().position(|map| map.symbol == symbol)?;
            Some((number(entry, 0, 8)? as usize, map))
        });
        used.collect()
    }
}

fn number(bytes: &[u8], at: usize, size: usize) -> Option<u64> {
    let mut wide = [0; 8];
    wide[..size].copy_from_slice(bytes.get(at..at.checked_add(size)?)?);
    Some(u64::from_le_bytes(wide))
}

fn text(bytes: &[u8], at: usize) -> Option<String> {
    let rest = bytes.get(at..)?;
    let end = rest.iter().position(|&byte| byte == 0)?;
    String::from_utf8(rest[..end].to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_object_is_refused() {
        let mut other = vec![0; 64];
        other[..6].copy_from_slice(b"\x7fELF\x02\x01");
        for bytes in [&b""[..], b"\x7fELF", &other] {
            assert!(Object::parse(bytes).is_err());
        }
        other[18] = 247;
        other[40] = 0xff; // section headers behind the end
        other[60] = 9;
        assert!(Object::parse(&other).is_err());
    }
}
