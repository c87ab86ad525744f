//! An XDP program at an interface, and what it has counted.

use bpf::{Loaded, Object};
use linux::numbers::{BPF_PROG_TYPE_XDP, XDP_FLAGS_DRV_MODE, XDP_FLAGS_SKB_MODE};
use linux::Ending;
use report::json;
use std::ffi::{c_char, c_int, c_uint, CString, OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

extern "C" {
    fn if_nametoindex(name: *const c_char) -> c_uint;
}

/// How a program is attached, the better first: drivers need not be able to, and say so by refusing.
const MODES: [(&str, c_int); 2] = [
    ("native", XDP_FLAGS_DRV_MODE),
    ("generic", XDP_FLAGS_SKB_MODE),
];

/// A program that counts until this is gone: its attachment is a descriptor, which the kernel closes in any case.
pub struct Counter {
    loaded: Loaded,
    mode: &'static str,
    _attached: OwnedFd,
}

impl Counter {
    pub fn attach(interface: &OsStr, object: &OsStr) -> io::Result<Self> {
        let index = index(interface)?;
        let object = Object::open(Path::new(object))?;
        let loaded = Loaded::new(&object, BPF_PROG_TYPE_XDP)?;
        let program = loaded.program("xdp/count")?;
        let (mode, _attached) = first(|flags| program.attach_xdp(index, flags as u32))?;
        Ok(Counter {
            loaded,
            mode,
            _attached,
        })
    }

    /// Runs a command to its end and tells what was counted.
    pub fn run(self, command: &[OsString]) -> io::Result<(String, Ending)> {
        let status = Command::new(&command[0]).args(&command[1..]).status()?;
        let packets = self.loaded.map("packets")?.count(0)?;
        let report = json::object(&[
            ("mode", json::text(self.mode.as_bytes())),
            ("packets", packets.to_string()),
        ]);
        Ok((report, Ending::from_status(status.into_raw())))
    }
}

/// The first mode that is taken; the error of the last one where none is.
fn first<Found>(
    mut attach: impl FnMut(c_int) -> io::Result<Found>,
) -> io::Result<(&'static str, Found)> {
    let mut last = io::Error::other("no mode");
    for (mode, flags) in MODES {
        match attach(flags) {
            Ok(found) => return Ok((mode, found)),
            Err(why) => last = why,
        }
    }
    Err(last)
}

fn index(interface: &OsStr) -> io::Result<u32> {
    let name = CString::new(interface.as_bytes())?;
    // SAFETY: the name ends in a NUL.
    match unsafe { if_nametoindex(name.as_ptr()) } {
        0 => Err(io::Error::other(format!(
            "no interface {}",
            interface.to_string_lossy()
        ))),
        index => Ok(index),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driver_that_refuses_gets_the_program_behind_it() {
        let generic_only = |flags| match flags {
            XDP_FLAGS_SKB_MODE => Ok(7),
            _ => Err(io::Error::other("not in this driver")),
        };
        assert_eq!(first(generic_only).unwrap(), ("generic", 7));
        assert_eq!(first(|_| Ok(7)).unwrap(), ("native", 7));
        let refused = first(|_| Err::<(), _>(io::Error::other("not at all")));
        assert_eq!(refused.unwrap_err().to_string(), "not at all");
    }

    #[test]
    fn an_interface_that_is_not_there_is_named() {
        let why = index(OsStr::new("none-such")).unwrap_err();
        assert_eq!(why.to_string(), "no interface none-such");
        assert!(index(OsStr::new("lo")).is_ok());
    }
}
