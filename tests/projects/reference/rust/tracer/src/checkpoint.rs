//! A checkpoint: where every thread of a running process stands. All are held before the first is read, so that what is
//! told of them was true at one time, and all run on afterwards.

use crate::ptrace::{self, Registers};
use crate::{memory, Failure};
use linux::arch::HERE;
use report::json;
use std::ffi::OsStr;
use std::{fs, io};

/// The threads of a process and their registers, as JSON.
pub fn take(pid: &OsStr) -> Result<String, Failure> {
    let unknown = || Failure::NotStarted(format!("{} is no process", pid.to_string_lossy()));
    let pid: u32 = pid
        .to_str()
        .and_then(|word| word.parse().ok())
        .ok_or_else(unknown)?;
    let tasks = tasks(pid).map_err(|_| unknown())?;
    threads(&tasks)
        .map(|threads| {
            json::object(&[
                ("pid", pid.to_string()),
                ("started", memory::start_time(pid).to_string()),
                ("cpu", json::text(HERE.name.as_bytes())),
                ("threads", json::array(threads)),
            ])
        })
        .map_err(|why| Failure::Unavailable(why.to_string()))
}

fn tasks(pid: u32) -> io::Result<Vec<u32>> {
    let entries = fs::read_dir(format!("/proc/{pid}/task"))?;
    let names = entries.map(|entry| {
        Ok(entry?
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok()))
    });
    names.filter_map(Result::transpose).collect()
}

fn threads(tasks: &[u32]) -> io::Result<Vec<String>> {
    let held = tasks
        .iter()
        .map(|&task| Held::new(task))
        .collect::<io::Result<Vec<_>>>()?;
    held.iter().map(Held::json).collect()
}

/// A thread that stands still until this is gone.
struct Held {
    task: u32,
    /// The signal that was about to be delivered when it was stopped, which it gets when it runs on; 0 for none.
    signal: i32,
}

impl Held {
    fn new(task: u32) -> io::Result<Self> {
        ptrace::seize(task)?;
        let mut held = Held { task, signal: 0 };
        ptrace::interrupt(task)?;
        held.signal = match ptrace::wait(task as i32)?.1 {
            ptrace::Stop::Signal(signal) if ptrace::delivers(task) => signal,
            ptrace::Stop::Ended(_) => return Err(io::Error::other("it ended meanwhile")),
            _ => 0,
        };
        Ok(held)
    }

    fn json(&self) -> io::Result<String> {
        let registers = Registers::of(self.task)?
            .ok_or_else(|| io::Error::other("a program for another mode of the CPU"))?;
        Ok(json::object(&[
            ("task", self.task.to_string()),
            ("counter", registers.counter().to_string()),
            ("stack", registers.stack().to_string()),
            (
                "registers",
                json::array(registers.words().iter().map(u64::to_string)),
            ),
        ]))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = ptrace::detach(self.task, self.signal); // it may have been killed, and then it is free
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn a_process_that_waits_is_told_of_and_waits_on() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        // a refusal is this machine's to make
        if let Ok(told) = take(OsStr::new(&child.id().to_string())) {
            assert!(told.contains("\"threads\": [{\"task\""), "{told}");
        }
        assert!(child.try_wait().unwrap().is_none());
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
    }

    #[test]
    fn what_is_no_process_is_no_refusal_of_the_machine() {
        for word in ["x", "0", "4294967295"] {
            assert!(
                matches!(take(OsStr::new(word)), Err(Failure::NotStarted(_))),
                "{word}"
            );
        }
    }
}
