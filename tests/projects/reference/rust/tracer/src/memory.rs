//! What `/proc` tells of a process that stands still.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const PATH_MAX: usize = 4096;

/// The path at an address: the bytes up to a NUL. None where that memory cannot be read, or holds no path.
pub fn path(pid: u32, address: u64) -> Option<PathBuf> {
    let memory = File::open(format!("/proc/{pid}/mem")).ok()?;
    let (mut bytes, mut page) = (Vec::new(), [0; PATH_MAX]);
    while bytes.len() < PATH_MAX {
        let at = address + bytes.len() as u64;
        // never across the end of a page: the next one may not exist
        let room = PATH_MAX - at as usize % PATH_MAX;
        let count = memory
            .read_at(&mut page[..room], at)
            .ok()
            .filter(|&count| count > 0)?;
        if let Some(end) = page[..count].iter().position(|&byte| byte == 0) {
            bytes.extend(&page[..end]);
            return Some(OsString::from_vec(bytes).into());
        }
        bytes.extend(&page[..count]);
    }
    None
}

/// The file behind a descriptor; None for what has no path (pipes, sockets).
pub fn file(pid: u32, descriptor: u64) -> Option<PathBuf> {
    let link = fs::read_link(format!("/proc/{pid}/fd/{descriptor}")).ok()?;
    link.is_absolute().then_some(link)
}

/// The absolute path of an entry of a folder: links in the folder's path are followed, the entry itself is not.
pub fn entry(pid: u32, folder: Option<u64>, path: &Path) -> Option<PathBuf> {
    let base = match folder {
        Some(descriptor) => format!("/proc/{pid}/fd/{descriptor}"),
        None => format!("/proc/{pid}/cwd"),
    };
    let whole = Path::new(&base).join(path);
    Some(
        fs::canonicalize(whole.parent()?)
            .ok()?
            .join(whole.file_name()?),
    )
}

/// The files behind all descriptors of a process; None where it is not there any more.
pub fn files(pid: u32) -> Option<HashMap<i32, PathBuf>> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
    let named = entries.flatten().filter_map(|entry| {
        let descriptor = entry.file_name().to_str()?.parse().ok()?;
        Some((descriptor, file(pid, descriptor as u64)?))
    });
    Some(named.collect())
}

/// The words of the command line, each ended by a NUL.
pub fn command(pid: u32) -> Vec<u8> {
    fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default()
}

/// The process that a task (a thread) belongs to, and that process's parent.
pub fn family(task: u32) -> Option<(u32, u32)> {
    let status = fs::read_to_string(format!("/proc/{task}/status")).ok()?;
    let number = |name| {
        status
            .lines()
            .find_map(|line| line.strip_prefix(name))?
            .trim()
            .parse()
            .ok()
    };
    Some((number("Tgid:")?, number("PPid:")?))
}

/// When a process started, in clock ticks since the machine did; 0 where it is not there.
pub fn start_time(pid: u32) -> u64 {
    let stat = fs::read(format!("/proc/{pid}/stat")).unwrap_or_default();
    linux::start_time(&stat).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_up_to_its_nul() {
        let text = c"/etc/hosts";
        let found = path(std::process::id(), text.as_ptr() as u64);
        assert_eq!(found, Some("/etc/hosts".into()));
    }

    #[test]
    fn memory_that_is_not_there_holds_no_path() {
        assert_eq!(path(std::process::id(), 8), None);
    }

    #[test]
    fn an_entry_is_absolute_and_its_folder_without_detours() {
        let here = std::env::current_dir().unwrap();
        let pid = std::process::id();
        assert_eq!(
            entry(pid, None, Path::new("./none")),
            Some(here.join("none"))
        );
        assert_eq!(
            entry(pid, None, Path::new("/proc/self/../none")),
            Some("/proc/none".into())
        );
        assert_eq!(entry(pid, None, Path::new("no-such-folder/none")), None);
    }

    #[test]
    fn a_process_has_a_parent() {
        let (process, parent) = family(std::process::id()).unwrap();
        assert_eq!(
            (process, parent),
            (std::process::id(), std::os::unix::process::parent_id())
        );
    }
}
