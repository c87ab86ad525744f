//! Landlock: a thread gives up for ever to write anywhere but beneath some paths, without being root.
//!
//! A seccomp filter sees the numbers of calls and never the paths behind their pointers; this sees the files themselves,
//! whatever call, link or name leads there.

use linux::arch::{Call, HERE};
use linux::numbers::*;
use std::ffi::{c_int, c_long, CStr, OsStr};
use std::fs::{File, OpenOptions};
use std::io;
use std::mem::size_of;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;

/// The first version that can keep files from being truncated (Linux 6.2): what older ones hold is not what is promised.
pub const VERSION: c_int = 3;

/// Everything that changes a file that exists, or what a folder holds.
const TO_FILES: u64 = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE;
const WRITING: u64 = TO_FILES
    | LANDLOCK_ACCESS_FS_REMOVE_DIR
    | LANDLOCK_ACCESS_FS_REMOVE_FILE
    | LANDLOCK_ACCESS_FS_MAKE_CHAR
    | LANDLOCK_ACCESS_FS_MAKE_DIR
    | LANDLOCK_ACCESS_FS_MAKE_REG
    | LANDLOCK_ACCESS_FS_MAKE_SOCK
    | LANDLOCK_ACCESS_FS_MAKE_FIFO
    | LANDLOCK_ACCESS_FS_MAKE_BLOCK
    | LANDLOCK_ACCESS_FS_MAKE_SYM
    | LANDLOCK_ACCESS_FS_REFER;

extern "C" {
    fn syscall(number: c_long, ...) -> c_long;
}

/// `struct landlock_path_beneath_attr`.
#[repr(C, packed)]
struct Beneath {
    allowed: u64,
    folder: c_int,
}

/// Which version the kernel has. An error where it has none, or where it was not chosen when the machine started.
pub fn version() -> io::Result<c_int> {
    let version = LANDLOCK_CREATE_RULESET_VERSION as usize;
    // SAFETY: with this flag the kernel takes neither address nor size.
    unsafe { call(Call::LandlockCreateRuleset, [0, 0, version, 0]) }.map(|found| found as c_int)
}

/// Lets this thread and its children write only beneath these paths. Privileges must have been given up.
pub fn confine<'a>(paths: impl Iterator<Item = &'a CStr>) -> io::Result<()> {
    let rules = Ruleset::new()?;
    for path in paths {
        rules.allow(path)?;
    }
    // SAFETY: takes a descriptor and no flags.
    unsafe { call(Call::LandlockRestrictSelf, [rules.descriptor(), 0, 0, 0]) }.map(drop)
}

struct Ruleset(OwnedFd);

impl Ruleset {
    fn new() -> io::Result<Self> {
        let handled = WRITING; // `struct landlock_ruleset_attr`, as far as version 3 has it
        let place = &handled as *const u64 as usize;
        // SAFETY: the kernel reads as many bytes as it is told, and the descriptor is nobody else's.
        unsafe {
            let made = call(Call::LandlockCreateRuleset, [place, size_of::<u64>(), 0, 0])?;
            Ok(Ruleset(OwnedFd::from_raw_fd(made as c_int)))
        }
    }

    fn allow(&self, path: &CStr) -> io::Result<()> {
        let place = open(path)?;
        let beneath = Beneath {
            allowed: if place.metadata()?.is_dir() {
                WRITING
            } else {
                TO_FILES
            },
            folder: place.as_raw_fd(),
        };
        let (kind, rule) = (
            LANDLOCK_RULE_PATH_BENEATH as usize,
            &beneath as *const Beneath as usize,
        );
        // SAFETY: the rule and the descriptor in it outlive the call.
        unsafe { call(Call::LandlockAddRule, [self.descriptor(), kind, rule, 0]) }.map(drop)
    }

    fn descriptor(&self) -> usize {
        self.0.as_raw_fd() as usize
    }
}

fn open(path: &CStr) -> io::Result<File> {
    let path = OsStr::from_bytes(path.to_bytes());
    OpenOptions::new()
        .read(true)
        .custom_flags(O_PATH)
        .open(path)
}

/// # Safety
/// The arguments are what the call asks for.
unsafe fn call(which: Call, [a, b, c, d]: [usize; 4]) -> io::Result<c_long> {
    let number = HERE
        .number(which)
        .ok_or_else(|| io::Error::from_raw_os_error(ENOSYS))?;
    match syscall(number.into(), a, b, c, d) {
        -1 => Err(io::Error::last_os_error()),
        found => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard_forbid_privileges;
    use std::{env, fs, process, thread};

    #[test]
    fn a_confined_thread_writes_beneath_its_paths_alone_and_other_threads_write_on() {
        if version().map_or(true, |version| version < VERSION) {
            return; // a kernel that cannot is told of by `guard_confine_writes`
        }
        let folder = env::temp_dir().join(format!("confine-{}", process::id()));
        fs::create_dir_all(folder.join("inside")).unwrap();
        fs::write(folder.join("old"), "old").unwrap();
        let below = folder.clone();
        thread::spawn(move || {
            let inside = format!("{}\0", below.join("inside").display());
            assert_eq!(guard_forbid_privileges(), 0);
            confine([CStr::from_bytes_with_nul(inside.as_bytes()).unwrap()].into_iter()).unwrap();
            fs::write(below.join("inside/new"), "new").unwrap();
            assert_eq!(fs::read(below.join("old")).unwrap(), b"old");
            let refused = [
                fs::write(below.join("new"), "new"),
                fs::remove_file(below.join("old")),
                fs::rename(below.join("inside/new"), below.join("moved")),
                OpenOptions::new()
                    .write(true)
                    .open(below.join("old"))
                    .map(drop),
            ];
            for answer in refused {
                assert!(answer.is_err());
            }
        })
        .join()
        .unwrap();
        fs::write(folder.join("new"), "new").unwrap();
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_path_that_is_not_there_is_an_error() {
        assert!(open(c"/no/such/folder").is_err());
    }
}
