//! The ptrace backend: run a command, follow every process and thread it starts, note what each of them does.

use crate::calls::{self, Begun};
use crate::ptrace::{self, Registers, Stop};
use crate::{memory, Failure};
use linux::numbers::*;
use linux::Ending;
use report::{Event, Report};
use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::os::raw::c_int;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// A traced task: a process's only thread, or one of several.
struct Task {
    /// Between the entry and the exit of a system call.
    inside: bool,
    begun: Option<Begun>,
    is_process: bool,
}

struct Tracer {
    root: u32,
    ending: Option<Ending>,
    report: Report,
    tasks: HashMap<u32, Task>,
    /// Who started a task that has not been seen yet.
    parents: HashMap<u32, u32>,
}

/// Runs the command to the end of its last process.
pub fn run(command: &[OsString], report: Report) -> Result<(Report, Ending), Failure> {
    ptrace::try_out().map_err(|why| Failure::Unavailable(why.to_string()))?;
    let root = start(command).map_err(|why| Failure::NotStarted(why.to_string()))?;
    let tracer = Tracer {
        root,
        ending: None,
        report,
        tasks: HashMap::new(),
        parents: HashMap::new(),
    };
    tracer
        .watch()
        .map_err(|why| Failure::Unavailable(format!("while tracing: {why}")))
}

/// Starts the command; it stands still behind its execve.
fn start(command: &[OsString]) -> io::Result<u32> {
    let mut child = Command::new(&command[0]);
    child.args(&command[1..]);
    // SAFETY: one system call, which may be made between fork and exec.
    unsafe { child.pre_exec(ptrace::trace_me) };
    Ok(child.spawn()?.id())
}

impl Tracer {
    fn watch(mut self) -> io::Result<(Report, Ending)> {
        ptrace::wait(self.root as c_int)?;
        ptrace::follow(self.root)?;
        self.meet(self.root);
        self.report
            .note(self.root, &Event::Loaded(memory::command(self.root)));
        self.go_on(self.root, 0)?;
        while let Some((task, stop)) = next()? {
            self.handle(task, stop)?;
        }
        let ending = self
            .ending
            .ok_or_else(|| io::Error::other("the command was never seen to end"))?;
        self.report.end(self.root, ending);
        Ok((self.report, ending))
    }

    fn handle(&mut self, task: u32, stop: Stop) -> io::Result<()> {
        if let Stop::Ended(ending) = stop {
            self.bury(task, ending);
            return Ok(());
        }
        let new = !self.tasks.contains_key(&task);
        if new {
            self.meet(task);
        }
        let signal = match stop {
            Stop::Signal(SIGSTOP) if new => 0, // how a new task reports, and nobody's signal
            Stop::Signal(signal) if ptrace::delivers(task) => signal,
            Stop::Call => self.call(task),
            Stop::Event(event) => self.event(task, event),
            _ => 0,
        };
        self.go_on(task, signal)
    }

    /// Notes a task at its first stop; a process's first, its main thread, bears the process's number.
    fn meet(&mut self, task: u32) {
        let (process, parent) = memory::family(task).unwrap_or((task, 0));
        let parent = self.parents.remove(&task).unwrap_or(parent);
        let is_process = process == task;
        if is_process {
            let time = memory::start_time(task);
            self.report
                .note(task, &Event::<Vec<u8>>::Started { parent, time });
        }
        self.tasks.insert(
            task,
            Task {
                inside: false,
                begun: None,
                is_process,
            },
        );
    }

    /// Takes leave of a task; only a process's end is worth a word.
    fn bury(&mut self, task: u32, ending: Ending) {
        if self.tasks.remove(&task).is_some_and(|gone| gone.is_process) {
            self.report.note(task, &Event::<Vec<u8>>::Ended(ending));
        }
        if task == self.root {
            self.ending = Some(ending);
        }
    }

    /// Handles a system call stop: entries and exits take turns.
    fn call(&mut self, task: u32) -> c_int {
        let state = self
            .tasks
            .get_mut(&task)
            .expect("a task that stops was met");
        state.inside = !state.inside;
        let registers = Registers::of(task);
        let told = match (registers, state.inside) {
            (Ok(Some(registers)), true) => {
                state.begun = calls::begin(task, &registers);
                Vec::new()
            }
            (Ok(Some(registers)), false) => {
                let begun = state.begun.take().zip(registers.result());
                begun.map_or(Vec::new(), |(begun, result)| {
                    calls::finish(task, begun, result)
                })
            }
            (Ok(None), true) => vec![Event::Lost],
            _ => Vec::new(), // killed in the middle: its end comes next
        };
        told.iter().for_each(|event| self.report.note(task, event));
        0
    }

    fn event(&mut self, task: u32, event: c_int) -> c_int {
        match event {
            PTRACE_EVENT_EXEC => {
                // the thread that called execve is now the process's only one, in the midst of that call
                self.tasks.insert(
                    task,
                    Task {
                        inside: true,
                        begun: None,
                        is_process: true,
                    },
                );
                self.report
                    .note(task, &Event::Loaded(memory::command(task)));
            }
            PTRACE_EVENT_FORK | PTRACE_EVENT_VFORK | PTRACE_EVENT_CLONE => self.announce(task),
            _ => {}
        }
        0
    }

    /// Remembers who started the announced task, unless that was quicker and is known already.
    fn announce(&mut self, task: u32) {
        let (Ok(child), Some((process, _))) = (ptrace::announced(task), memory::family(task))
        else {
            return;
        };
        if !self.tasks.contains_key(&child) {
            self.parents.insert(child, process);
        }
    }

    /// Lets a task run on; one that was killed while it stood still is not there to run.
    fn go_on(&mut self, task: u32, signal: c_int) -> io::Result<()> {
        match ptrace::resume(task, signal) {
            Err(why) if why.raw_os_error() != Some(ESRCH) => Err(why),
            _ => Ok(()),
        }
    }
}

/// The next stop of any task; None when the last one has ended.
fn next() -> io::Result<Option<(u32, Stop)>> {
    match ptrace::wait(-1) {
        Err(why) if why.raw_os_error() == Some(ECHILD) => Ok(None),
        found => found.map(Some),
    }
}
