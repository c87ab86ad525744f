//! The eBPF backend: programs in the kernel tell of every call that the command's tasks make, without stopping them.
//!
//! What a descriptor or a relative path means is followed here, from what the kernel's programs say, so a file's real path
//! is the one that it had when the event was read, a moment after the call.

mod follow;
mod record;

use crate::{memory, Failure};
use bpf::{Attached, Loaded, Map, Object, Ring, Tracepoints};
use follow::Follower;
use linux::arch::{Call, HERE};
use linux::numbers::BPF_PROG_TYPE_TRACEPOINT;
use linux::Ending;
use record::Record;
use report::{Event, Report};
use std::ffi::{OsStr, OsString};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command};
use std::{io, process};

/// Where the paths of a call are: `calls.bpf.c` numbers the shapes the same.
#[derive(Clone, Copy)]
enum Shape {
    Values = 1,
    Path,
    PathAt,
    Paths,
    PathsAt,
    Words,
    WordsAt,
}

const SHAPES: &[(Shape, &[Call])] = &[
    (
        Shape::Values,
        &[
            Call::Close,
            Call::Dup,
            Call::Dup2,
            Call::Dup3,
            Call::Fchdir,
            Call::ExitGroup,
            Call::Read,
            Call::Pread64,
            Call::Readv,
            Call::Preadv,
            Call::Preadv2,
            Call::Write,
            Call::Pwrite64,
            Call::Writev,
            Call::Pwritev,
            Call::Pwritev2,
            Call::Fcntl,
            Call::Sendfile,
            Call::CopyFileRange,
        ],
    ),
    (
        Shape::Path,
        &[
            Call::Open,
            Call::Creat,
            Call::Unlink,
            Call::Rmdir,
            Call::Chdir,
        ],
    ),
    (
        Shape::PathAt,
        &[Call::Openat, Call::Openat2, Call::Unlinkat],
    ),
    (Shape::Paths, &[Call::Rename]),
    (Shape::PathsAt, &[Call::Renameat, Call::Renameat2]),
    (Shape::Words, &[Call::Execve]),
    (Shape::WordsAt, &[Call::Execveat]),
];
/// The tracepoints, and with a `/` between the names of the programs for them.
const PLACES: [(&str, &str); 5] = [
    ("sched", "sched_process_fork"),
    ("sched", "sched_process_exec"),
    ("sched", "sched_process_exit"),
    ("raw_syscalls", "sys_exit"),
    ("raw_syscalls", "sys_enter"), // last: an entry is only of use if the exit is seen
];
/// The offset that stands in the object for the one of `child_pid`, which differs between kernels.
const UNKNOWN_OFFSET: u16 = 0x700;
/// How long to wait for an event before looking whether the command has ended, in milliseconds.
const PATIENCE: i32 = 20;

/// Runs the command to the end of its last process.
pub fn run(
    command: &[OsString],
    object: &OsStr,
    report: Report,
) -> Result<(Report, Ending), Failure> {
    let watch = Watch::begin(object).map_err(unavailable)?;
    let child = watch.start(command)?;
    watch.follow(child, report).map_err(unavailable)
}

/// A damaged object, or one that the verifier refuses, is no lack of this machine.
fn unavailable(why: io::Error) -> Failure {
    match why.kind() {
        io::ErrorKind::InvalidData => Failure::Broken(why.to_string()),
        _ => Failure::Unavailable(why.to_string()),
    }
}

/// Programs at their tracepoints, until this is gone.
struct Watch {
    loaded: Loaded,
    ring: Ring,
    _attached: Vec<Attached>,
    /// Calls that this CPU does not have.
    unwatched: Vec<Call>,
}

impl Watch {
    fn begin(object: &OsStr) -> io::Result<Self> {
        let mut object = Object::open(Path::new(object))?;
        let (loaded, attached) = Tracepoints::with(|points| {
            let (group, name) = PLACES[0];
            object.set_offset(UNKNOWN_OFFSET, points.offset(group, name, "child_pid")?);
            let loaded = Loaded::new(&object, BPF_PROG_TYPE_TRACEPOINT)?;
            let attached = attach(points, &loaded)?;
            Ok((loaded, attached))
        })?;
        Ok(Watch {
            unwatched: tell_shapes(loaded.map("shapes")?)?,
            ring: Ring::new(loaded.map("events")?)?,
            loaded,
            _attached: attached,
        })
    }

    /// Starts the command. The kernel tracks the children of what it tracks, so for that moment it is this task.
    fn start(&self, command: &[OsString]) -> Result<Child, Failure> {
        let (tracked, own) = (
            self.loaded.map("tracked").map_err(unavailable)?,
            process::id(),
        );
        tracked.set(own, 1).map_err(unavailable)?;
        let child = Command::new(&command[0]).args(&command[1..]).spawn();
        tracked.remove(own).map_err(unavailable)?;
        child.map_err(|why| Failure::NotStarted(why.to_string()))
    }

    fn follow(self, mut child: Child, report: Report) -> io::Result<(Report, Ending)> {
        let mut follower = Follower::new(process::id(), report);
        let mut ending = None;
        while ending.is_none() || follower.is_anybody_there() {
            if ending.is_none() {
                ending = child.try_wait()?;
            }
            self.ring.wait(if ending.is_some() { 1 } else { PATIENCE });
            self.ring.read(|bytes| follower.take(Record::read(bytes)));
            follower.forget(|pid| memory::start_time(pid) != 0);
        }
        let mut report = follower.report;
        for _ in 0..self.loaded.map("lost")?.count(0)? {
            report.note(child.id(), &Event::<Vec<u8>>::Lost);
        }
        report.unwatched = self.unwatched.iter().map(|call| call.name()).collect();
        let ending = Ending::from_status(ending.unwrap_or_default().into_raw());
        report.end(child.id(), ending);
        Ok((report, ending))
    }
}

fn attach(points: &Tracepoints, loaded: &Loaded) -> io::Result<Vec<Attached>> {
    let attached = PLACES.map(|(group, name)| {
        points.attach(group, name, loaded.program(&format!("{group}/{name}"))?)
    });
    attached.into_iter().collect()
}

/// Tells the programs in the kernel the shapes of calls by this CPU's numbers; returns the calls that it does not have.
fn tell_shapes(shapes: &Map) -> io::Result<Vec<Call>> {
    let mut absent = Vec::new();
    for (shape, calls) in SHAPES {
        for &call in *calls {
            match HERE.number(call) {
                Some(number) => shapes.set(number, *shape as u32)?,
                None => absent.push(call),
            }
        }
    }
    Ok(absent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_has_one_shape() {
        let all: Vec<_> = SHAPES.iter().flat_map(|(_, calls)| *calls).collect();
        for (index, call) in all.iter().enumerate() {
            assert!(!all[..index].contains(call), "{call:?}");
        }
        for call in [
            Call::Open,
            Call::Openat2,
            Call::Preadv2,
            Call::CopyFileRange,
            Call::Renameat2,
        ] {
            assert!(all.contains(&&call), "{call:?}");
        }
    }
}
