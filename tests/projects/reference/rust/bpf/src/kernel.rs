//! bpf(2): maps, programs, and what the verifier says of them.

use crate::object::{Code, MapShape, Object, INSTRUCTION};
use linux::arch::{Call, HERE};
use linux::numbers::*;
use std::ffi::{c_int, c_long};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

extern "C" {
    fn syscall(number: c_long, ...) -> c_long;
    fn setrlimit(resource: c_int, limit: *const [u64; 2]) -> c_int;
}

/// `union bpf_attr`: fields at the places that the kernel's header gives them.
#[derive(Default)]
struct Attributes([u64; 16]);

impl Attributes {
    fn word(mut self, at: usize, value: u32) -> Self {
        let shift = at % 8 * 8; // both CPUs are little-endian
        self.0[at / 8] |= u64::from(value) << shift;
        self
    }

    fn address<T>(mut self, at: usize, value: *const T) -> Self {
        self.0[at / 8] = value as u64;
        self
    }

    /// # Safety
    /// Every address in here is what `command` asks for, and outlives the call.
    unsafe fn ask(&self, command: c_int) -> io::Result<c_int> {
        let number = HERE
            .number(Call::Bpf)
            .ok_or_else(|| io::Error::from_raw_os_error(ENOSYS))?;
        let size = std::mem::size_of_val(&self.0);
        match syscall(number.into(), command, self.0.as_ptr(), size) {
            -1 => Err(io::Error::last_os_error()),
            found => Ok(found as c_int),
        }
    }

    /// # Safety
    /// As `ask`; the command answers with a descriptor.
    unsafe fn descriptor(&self, command: c_int) -> io::Result<OwnedFd> {
        self.ask(command).map(|found| OwnedFd::from_raw_fd(found))
    }
}

/// A map of the kernel.
pub struct Map {
    pub name: String,
    pub shape: MapShape,
    descriptor: OwnedFd,
}

impl Map {
    fn create(name: &str, shape: &MapShape) -> io::Result<Self> {
        let attributes = Attributes::default()
            .word(0, shape.kind)
            .word(4, shape.key)
            .word(8, shape.value)
            .word(12, shape.entries);
        // SAFETY: there is no address.
        let descriptor = unsafe { attributes.descriptor(BPF_MAP_CREATE) }?;
        Ok(Map {
            name: name.into(),
            shape: shape.clone(),
            descriptor,
        })
    }

    /// Sets the value of a key.
    pub fn set(&self, key: u32, value: u32) -> io::Result<()> {
        self.require(4, 4)?;
        let attributes = self.element(&key).address(16, &value);
        // SAFETY: key and value have the sizes of this map.
        unsafe { attributes.ask(BPF_MAP_UPDATE_ELEM) }.map(drop)
    }

    pub fn remove(&self, key: u32) -> io::Result<()> {
        self.require(4, self.shape.value)?;
        // SAFETY: the key has the size of this map's.
        unsafe { self.element(&key).ask(BPF_MAP_DELETE_ELEM) }.map(drop)
    }

    /// The number at a key.
    pub fn count(&self, key: u32) -> io::Result<u64> {
        self.require(4, 8)?;
        let mut value = 0_u64;
        let attributes = self.element(&key).address(16, &mut value as *mut u64);
        // SAFETY: key and value have the sizes of this map, and nobody else looks at the value.
        unsafe { attributes.ask(BPF_MAP_LOOKUP_ELEM) }?;
        // SAFETY: the kernel wrote it behind the compiler's back.
        Ok(unsafe { std::ptr::read_volatile(&value) })
    }

    pub fn descriptor(&self) -> RawFd {
        self.descriptor.as_raw_fd()
    }

    fn element(&self, key: &u32) -> Attributes {
        Attributes::default()
            .word(0, self.descriptor() as u32)
            .address(8, key)
    }

    fn require(&self, key: u32, value: u32) -> io::Result<()> {
        let fits = (self.shape.key, self.shape.value) == (key, value);
        fits.then_some(())
            .ok_or_else(|| io::Error::other("the map has other sizes"))
    }
}

/// A program that the verifier has accepted.
pub struct Program {
    pub section: String,
    descriptor: OwnedFd,
}

impl Program {
    pub fn descriptor(&self) -> RawFd {
        self.descriptor.as_raw_fd()
    }

    fn load(code: &Code, kind: u32, maps: &[Map], license: &[u8]) -> io::Result<Self> {
        let bytes = linked(code, maps)?;
        let attributes = || {
            Attributes::default()
                .word(0, kind)
                .word(4, (bytes.len() / INSTRUCTION) as u32)
                .address(8, bytes.as_ptr())
                .address(16, license.as_ptr())
        };
        // SAFETY: the code has that many instructions, the licence ends in a NUL, and both outlive the call.
        let loaded = unsafe { attributes().descriptor(BPF_PROG_LOAD) };
        let descriptor = loaded.map_err(|why| {
            let mut said = vec![0_u8; 1 << 20];
            let with_log = attributes()
                .word(24, 1)
                .word(28, said.len() as u32)
                .address(32, said.as_mut_ptr());
            // SAFETY: as above, and the log has room for as many bytes as is said.
            let _ = unsafe { with_log.descriptor(BPF_PROG_LOAD) };
            explained(&code.section, &why, &said)
        })?;
        let section = code.section.clone();
        Ok(Program {
            section,
            descriptor,
        })
    }

    /// Attaches an XDP program to a network interface: until the descriptor is closed, whatever ends this process.
    pub fn attach_xdp(&self, interface: u32, mode: u32) -> io::Result<OwnedFd> {
        let attributes = Attributes::default()
            .word(0, self.descriptor() as u32)
            .word(4, interface)
            .word(8, BPF_XDP as u32)
            .word(12, mode);
        // SAFETY: there is no address.
        unsafe { attributes.descriptor(BPF_LINK_CREATE) }
    }
}

/// The code with the descriptors of its maps in the places of their addresses.
fn linked(code: &Code, maps: &[Map]) -> io::Result<Vec<u8>> {
    let mut bytes = code.bytes.clone();
    for &(at, map) in &code.uses {
        let instruction = bytes.get_mut(at..at + INSTRUCTION);
        let instruction =
            instruction.ok_or_else(|| io::Error::other("a relocation behind the end"))?;
        instruction[1] = instruction[1] & 0x0f | (BPF_PSEUDO_MAP_FD as u8) << 4;
        instruction[4..].copy_from_slice(&maps[map].descriptor().to_le_bytes());
    }
    Ok(bytes)
}

/// The refusal of a program: the kernel's error, and the last words of its verifier. It is `InvalidData`, an error of the
/// package and not of the machine, unless this user may load no program at all.
fn explained(section: &str, why: &io::Error, said: &[u8]) -> io::Error {
    let said = String::from_utf8_lossy(said);
    let lines: Vec<_> = said.trim_end_matches('\0').lines().rev().take(3).collect();
    let last = lines.into_iter().rev().collect::<Vec<_>>().join("; ");
    let kind = match why.raw_os_error() {
        Some(EPERM) => io::ErrorKind::PermissionDenied,
        _ => io::ErrorKind::InvalidData,
    };
    io::Error::new(kind, format!("program {section}: {why}: {last}"))
}

/// An object in the kernel.
pub struct Loaded {
    pub maps: Vec<Map>,
    pub programs: Vec<Program>,
}

impl Loaded {
    /// Makes the maps of an object and loads its programs, all of them of one kind (BPF_PROG_TYPE_…).
    pub fn new(object: &Object, kind: c_int) -> io::Result<Self> {
        // SAFETY: the limit outlives the call. Kernels before 5.11 count maps as locked memory; if it is refused, so be it.
        unsafe { setrlimit(RLIMIT_MEMLOCK, &[u64::MAX; 2]) };
        let maps = object
            .maps
            .iter()
            .map(|(name, shape)| Map::create(name, shape));
        let maps = maps.collect::<io::Result<Vec<_>>>()?;
        let load = |code| Program::load(code, kind as u32, &maps, &object.license);
        let programs = object
            .programs
            .iter()
            .map(load)
            .collect::<io::Result<Vec<_>>>()?;
        Ok(Loaded { maps, programs })
    }

    pub fn map(&self, name: &str) -> io::Result<&Map> {
        let found = self.maps.iter().find(|map| map.name == name);
        found.ok_or_else(|| io::Error::other(format!("the object has no map {name}")))
    }

    pub fn program(&self, section: &str) -> io::Result<&Program> {
        let found = self
            .programs
            .iter()
            .find(|program| program.section == section);
        found.ok_or_else(|| io::Error::other(format!("the object has no program {section}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(code: &[u8]) -> Object {
        let bytes = code.to_vec();
        Object {
            maps: Vec::new(),
            programs: vec![Code {
                section: "test/one".into(),
                bytes,
                uses: Vec::new(),
            }],
            license: b"GPL\0".to_vec(),
        }
    }

    const RETURN: [u8; 16] = [0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0];

    fn is_allowed() -> bool {
        Loaded::new(&object(&RETURN), BPF_PROG_TYPE_TRACEPOINT).is_ok()
    }

    #[test]
    fn what_the_verifier_says_of_a_program_is_passed_on() {
        if !is_allowed() {
            return; // not to this user
        }
        let said = Loaded::new(&object(&RETURN[8..]), BPF_PROG_TYPE_TRACEPOINT)
            .err()
            .unwrap();
        assert!(said.to_string().contains("program test/one: "), "{said}");
        assert!(said.to_string().contains("R0 !read_ok"), "{said}");
        assert_eq!(said.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn a_map_gives_back_what_was_put_into_it() {
        let shape = |value| MapShape {
            kind: 2,
            key: 4,
            value,
            entries: 1,
        };
        let (Ok(numbers), Ok(other)) = (Map::create("n", &shape(8)), Map::create("o", &shape(4)))
        else {
            return; // not to this user
        };
        assert_eq!(numbers.count(0).unwrap(), 0);
        assert!(numbers.set(0, 7).is_err());
        assert!(other.set(0, 7).is_ok());
    }
}
