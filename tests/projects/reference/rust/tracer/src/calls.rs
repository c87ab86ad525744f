//! What a system call means: noted at its entry, while its paths still stand in memory, told at its exit, when it is
//! known to have succeeded.

use crate::memory;
use crate::ptrace::Registers;
use linux::arch::{Call, HERE};
use linux::numbers::AT_FDCWD;
use report::Event;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

type Told = Event<Vec<u8>>;

/// A call that has begun.
#[derive(Debug, PartialEq)]
pub enum Begun {
    Open,
    Read(u64),
    Write(u64),
    /// From one descriptor to another, inside the kernel.
    Copy(u64, u64),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
    /// One that is of interest, and whose paths could not be read.
    Unread,
}

/// Understands a call at its entry; None for one that does not touch files.
pub fn begin(task: u32, registers: &Registers) -> Option<Begun> {
    let [a, b, c, d, _, _] = registers.arguments();
    Some(match HERE.call(registers.number())? {
        Call::Open | Call::Creat | Call::Openat | Call::Openat2 => Begun::Open,
        Call::Read | Call::Pread64 | Call::Readv | Call::Preadv | Call::Preadv2 => Begun::Read(a),
        Call::Write | Call::Pwrite64 | Call::Writev | Call::Pwritev | Call::Pwritev2 => {
            Begun::Write(a)
        }
        Call::Sendfile => Begun::Copy(b, a),
        Call::CopyFileRange => Begun::Copy(a, c),
        Call::Rename => rename(entry(task, None, a), entry(task, None, b)),
        Call::Renameat | Call::Renameat2 => {
            rename(entry(task, Some(a), b), entry(task, Some(c), d))
        }
        Call::Unlink | Call::Rmdir => remove(entry(task, None, a)),
        Call::Unlinkat => remove(entry(task, Some(a), b)),
        _ => return None,
    })
}

/// Tells what a call did that returned `result`.
pub fn finish(task: u32, begun: Begun, result: u64) -> Vec<Told> {
    let file = |descriptor| memory::file(task, descriptor).map(bytes);
    let told = match begun {
        Begun::Open => [file(result).map(Event::Opened), None],
        Begun::Read(from) => [file(from).map(|path| Event::Read(path, result)), None],
        Begun::Write(to) => [file(to).map(|path| Event::Written(path, result)), None],
        Begun::Copy(from, to) => [
            file(from).map(|path| Event::Read(path, result)),
            file(to).map(|path| Event::Written(path, result)),
        ],
        Begun::Rename(from, to) => [Some(Event::Renamed(bytes(from), bytes(to))), None],
        Begun::Remove(path) => [Some(Event::Removed(bytes(path))), None],
        Begun::Unread => [Some(Event::Lost), None],
    };
    told.into_iter().flatten().collect()
}

fn rename(from: Option<PathBuf>, to: Option<PathBuf>) -> Begun {
    from.zip(to)
        .map_or(Begun::Unread, |(from, to)| Begun::Rename(from, to))
}

fn remove(path: Option<PathBuf>) -> Begun {
    path.map_or(Begun::Unread, Begun::Remove)
}

fn entry(task: u32, folder: Option<u64>, address: u64) -> Option<PathBuf> {
    // a descriptor is an int: the upper half of its register means nothing
    let folder = folder.filter(|&descriptor| descriptor as i32 != AT_FDCWD);
    memory::entry(task, folder, &memory::path(task, address)?)
}

fn bytes(path: PathBuf) -> Vec<u8> {
    OsString::into_vec(path.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_could_not_be_read_is_not_passed_over() {
        assert_eq!(remove(None), Begun::Unread);
        assert_eq!(rename(Some("/a".into()), None), Begun::Unread);
        assert_eq!(finish(1, Begun::Unread, 0), [Event::Lost]);
    }

    #[test]
    fn a_closed_descriptor_tells_nothing() {
        assert_eq!(finish(std::process::id(), Begun::Copy(9999, 9998), 1), []);
    }
}
