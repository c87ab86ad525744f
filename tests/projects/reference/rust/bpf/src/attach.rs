//! Tracepoints: found by name in tracefs, where each has a number that differs from kernel to kernel, or is not there.

use crate::kernel::Program;
use linux::arch::{Call, HERE};
use linux::numbers::*;
use std::ffi::{c_char, c_int, c_long, c_ulong, CStr};
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::thread;

extern "C" {
    fn syscall(number: c_long, ...) -> c_long;
    fn ioctl(file: c_int, request: c_ulong, argument: c_ulong) -> c_int;
    fn unshare(flags: c_int) -> c_int;
    fn mount(
        what: *const c_char,
        place: *const c_char,
        kind: *const c_char,
        flags: c_ulong,
        data: *const c_char,
    ) -> c_int;
}

/// A program at its tracepoint, until this is gone.
pub struct Attached(#[allow(dead_code)] OwnedFd);

/// The tracepoints of this kernel, below a mounted tracefs.
pub struct Tracepoints(PathBuf);

const FOLDERS: [&str; 2] = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];

impl Tracepoints {
    /// Does something with the tracepoints. Where tracefs is not mounted, a thread mounts it for itself alone.
    pub fn with<Found: Send>(
        act: impl FnOnce(&Self) -> io::Result<Found> + Send,
    ) -> io::Result<Found> {
        let mounted = FOLDERS
            .iter()
            .find(|folder| Path::new(folder).join("events").is_dir());
        if let Some(folder) = mounted {
            return act(&Tracepoints(folder.into()));
        }
        let alone = || {
            mount_for_this_thread()?;
            act(&Tracepoints(FOLDERS[0].into()))
        };
        let ended = thread::scope(|scope| scope.spawn(alone).join());
        ended.unwrap_or_else(|_| Err(io::Error::other("the thread with tracefs panicked")))
    }

    /// Attaches a program. An error says that this kernel has no such tracepoint, or why it refuses the program there.
    pub fn attach(&self, group: &str, name: &str, program: &Program) -> io::Result<Attached> {
        let id = self.read(group, name, "id")?;
        let event = open(id.trim().parse().map_err(io::Error::other)?)?;
        let (file, program) = (event.as_raw_fd(), program.descriptor() as c_ulong);
        for (request, argument) in [
            (PERF_EVENT_IOC_SET_BPF, program),
            (PERF_EVENT_IOC_ENABLE, 0),
        ] {
            // SAFETY: both take a number.
            if unsafe { ioctl(file, request as c_ulong, argument) } == -1 {
                let why = io::Error::last_os_error();
                return Err(io::Error::new(why.kind(), format!("{group}/{name}: {why}")));
            }
        }
        Ok(Attached(event))
    }

    /// The offset of a field in what a program gets of a tracepoint.
    pub fn offset(&self, group: &str, name: &str, field: &str) -> io::Result<u16> {
        let format = self.read(group, name, "format")?;
        offset_in(&format, field)
            .ok_or_else(|| io::Error::other(format!("{group}/{name} has no {field}")))
    }

    fn read(&self, group: &str, name: &str, what: &str) -> io::Result<String> {
        let file = self.0.join("events").join(group).join(name).join(what);
        fs::read_to_string(file).map_err(|why| {
            io::Error::other(format!(
                "no tracepoint {group}/{name} in this kernel: {why}"
            ))
        })
    }
}

fn mount_for_this_thread() -> io::Result<()> {
    let checked = |answer| {
        if answer == -1 {
            Err(io::Error::last_os_error())
        } else {
            Ok(())
        }
    };
    let mounting = |what: &CStr, place: &CStr, flags: c_int| {
        let (data, flags) = (std::ptr::null(), flags as c_ulong);
        // SAFETY: all texts end in a NUL, and the kernel copies them.
        checked(unsafe { mount(what.as_ptr(), place.as_ptr(), what.as_ptr(), flags, data) })
    };
    // SAFETY: takes a number; the mounts of other threads stay as they are.
    checked(unsafe { unshare(CLONE_NEWNS) })
        .and_then(|()| mounting(c"none", c"/", MS_REC | MS_PRIVATE))
        .and_then(|()| mounting(c"tracefs", c"/sys/kernel/tracing", 0))
        .map_err(|why| {
            io::Error::new(
                why.kind(),
                format!("tracefs is not mounted, and cannot be: {why}"),
            )
        })
}

/// Opens the event of a tracepoint; a program at it runs on every CPU, whichever the event names.
fn open(id: u64) -> io::Result<OwnedFd> {
    let mut attributes = [0_u64; 16]; // `struct perf_event_attr`, 128 bytes
    attributes[0] = PERF_TYPE_TRACEPOINT as u64 | 128 << 32;
    attributes[1] = id;
    attributes[2] = 1; // sample_period
    let number = HERE
        .number(Call::PerfEventOpen)
        .ok_or_else(|| io::Error::from_raw_os_error(ENOSYS))?;
    let (everybody, none) = (-1_i64, -1_i64);
    // SAFETY: the attributes say their size and outlive the call.
    let found = unsafe {
        syscall(
            number.into(),
            attributes.as_ptr(),
            everybody,
            0_i64,
            none,
            PERF_FLAG_FD_CLOEXEC as i64,
        )
    };
    match found {
        -1 => Err(io::Error::last_os_error()),
        // SAFETY: it is new, and nobody else's.
        _ => Ok(unsafe { OwnedFd::from_raw_fd(found as c_int) }),
    }
}

fn offset_in(format: &str, field: &str) -> Option<u16> {
    let line = format.lines().find(|line| {
        let declared = line.split(';').next().unwrap_or_default();
        declared.split_whitespace().last() == Some(field)
    })?;
    let (_, rest) = line.split_once("offset:")?;
    rest.split(';').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_of_a_field_is_that_of_this_kernel() {
        let format = "\tfield:pid_t parent_pid;\toffset:12;\tsize:4;\n\tfield:pid_t child_pid;\toffset:20;\tsize:4;\n";
        assert_eq!(offset_in(format, "child_pid"), Some(20));
        assert_eq!(offset_in(format, "pid"), None);
    }
}
