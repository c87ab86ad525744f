//! ptrace(2) and wait4(2), as far as a tracer needs them.

use linux::arch::HERE;
use linux::numbers::*;
use linux::Ending;
use std::ffi::c_void;
use std::io;
use std::os::raw::{c_int, c_long};
use std::ptr::null_mut;

extern "C" {
    fn ptrace(request: c_int, pid: c_int, address: *mut c_void, data: *mut c_void) -> c_long;
    fn wait4(pid: c_int, status: *mut c_int, options: c_int, usage: *mut c_void) -> c_int;
    fn fork() -> c_int;
    fn _exit(status: c_int) -> !;
}

/// Why a traced task stands still, or stands no longer.
#[derive(Debug, PartialEq)]
pub enum Stop {
    /// At the entry or the exit of a system call.
    Call,
    /// An event: PTRACE_EVENT_….
    Event(c_int),
    /// A signal is about to be delivered.
    Signal(c_int),
    Ended(Ending),
}

/// `struct iovec`: where PTRACE_GETREGSET writes, and how much it wrote.
#[repr(C)]
struct Target {
    base: *mut c_void,
    size: usize,
}

/// The registers of a task that stands at a system call.
pub struct Registers(Vec<u64>);

impl Registers {
    /// Reads them. None for a task of another CPU mode (a 32-bit program), whose set has another size.
    pub fn of(task: u32) -> io::Result<Option<Self>> {
        let mut words = vec![0_u64; HERE.registers.words];
        let whole = words.len() * 8;
        let mut target = Target {
            base: words.as_mut_ptr().cast(),
            size: whole,
        };
        let (which, place) = (
            NT_PRSTATUS as usize as *mut c_void,
            raw_mut(&mut target).cast(),
        );
        // SAFETY: `target` names memory of `words` alone, and both outlive the call.
        unsafe { request(PTRACE_GETREGSET, task, which, place) }?;
        Ok((target.size == whole).then_some(Registers(words)))
    }

    pub fn number(&self) -> u64 {
        self.0[HERE.registers.number]
    }

    /// At a call's entry alone: some CPUs return the result in the place of the first.
    pub fn arguments(&self) -> [u64; 6] {
        HERE.registers.arguments.map(|place| self.0[place])
    }

    pub fn counter(&self) -> u64 {
        self.0[HERE.registers.counter]
    }

    pub fn stack(&self) -> u64 {
        self.0[HERE.registers.stack]
    }

    /// All of them, in the order of `struct user_regs_struct`.
    pub fn words(&self) -> &[u64] {
        &self.0
    }

    /// At a call's exit: what it returned, or None where it failed.
    pub fn result(&self) -> Option<u64> {
        let result = self.0[HERE.registers.result];
        (!(-4095..0).contains(&(result as i64))).then_some(result)
    }
}

fn raw_mut<T>(value: &mut T) -> *mut T {
    value
}

/// # Safety
/// `address` and `data` are what `code` asks for.
unsafe fn request(
    code: c_int,
    task: u32,
    address: *mut c_void,
    data: *mut c_void,
) -> io::Result<()> {
    match ptrace(code, task as c_int, address, data) {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Lets the parent trace this process from its next execve on. Does nothing else, so it may run after a fork.
pub fn trace_me() -> io::Result<()> {
    // SAFETY: this request takes no address.
    unsafe { request(PTRACE_TRACEME, 0, null_mut(), null_mut()) }
}

/// Begins to trace a running task without stopping it.
pub fn seize(task: u32) -> io::Result<()> {
    // SAFETY: this request takes no address.
    unsafe { request(PTRACE_SEIZE, task, null_mut(), null_mut()) }
}

/// Stops a task that was seized.
pub fn interrupt(task: u32) -> io::Result<()> {
    // SAFETY: this request takes no address.
    unsafe { request(PTRACE_INTERRUPT, task, null_mut(), null_mut()) }
}

/// Lets a stopped task run on untraced, and delivers a signal to it (0 for none).
pub fn detach(task: u32, signal: c_int) -> io::Result<()> {
    let signal = signal as usize as *mut c_void;
    // SAFETY: this request takes a number in place of the data.
    unsafe { request(PTRACE_DETACH, task, null_mut(), signal) }
}

/// Tries in a child whether a process may be traced at all: some containers, sandboxes and emulators refuse.
pub fn try_out() -> io::Result<()> {
    // SAFETY: the child makes two system calls and nothing else.
    let child = unsafe { fork() };
    match child {
        -1 => return Err(io::Error::last_os_error()),
        0 => {
            let errno = trace_me().err().and_then(|why| why.raw_os_error());
            // SAFETY: ends the child without running what the parent registered for its own exit.
            unsafe { _exit(errno.unwrap_or(0)) }
        }
        _ => {}
    }
    match wait(child)? {
        (_, Stop::Ended(Ending::Exit(0))) => Ok(()),
        (_, Stop::Ended(Ending::Exit(errno))) => Err(io::Error::from_raw_os_error(errno)),
        (_, other) => Err(io::Error::other(format!("{other:?}"))),
    }
}

/// Follow every child and thread, mark system call stops, and take all of them along should the tracer die.
pub fn follow(task: u32) -> io::Result<()> {
    let options = PTRACE_O_TRACESYSGOOD
        | PTRACE_O_TRACEFORK
        | PTRACE_O_TRACEVFORK
        | PTRACE_O_TRACECLONE
        | PTRACE_O_TRACEEXEC
        | PTRACE_O_EXITKILL;
    // SAFETY: this request takes a number in place of the data.
    unsafe {
        request(
            PTRACE_SETOPTIONS,
            task,
            null_mut(),
            options as usize as *mut c_void,
        )
    }
}

/// Runs a stopped task up to its next system call stop, and delivers a signal to it (0 for none).
pub fn resume(task: u32, signal: c_int) -> io::Result<()> {
    // SAFETY: this request takes a number in place of the data.
    unsafe {
        request(
            PTRACE_SYSCALL,
            task,
            null_mut(),
            signal as usize as *mut c_void,
        )
    }
}

/// The task that a fork, vfork or clone event announces.
pub fn announced(task: u32) -> io::Result<u32> {
    let mut child: std::os::raw::c_ulong = 0;
    // SAFETY: the request writes one unsigned long.
    unsafe {
        request(
            PTRACE_GETEVENTMSG,
            task,
            null_mut(),
            raw_mut(&mut child).cast(),
        )
    }?;
    Ok(child as u32)
}

/// Whether a stop by a stopping signal is a delivery, which has a `siginfo`, and not a stop that took effect already.
pub fn delivers(task: u32) -> bool {
    let mut info = [0_u64; 16]; // siginfo_t: 128 bytes
                                // SAFETY: the request writes one siginfo_t.
    unsafe {
        request(
            PTRACE_GETSIGINFO,
            task,
            null_mut(),
            info.as_mut_ptr().cast(),
        )
    }
    .is_ok()
}

/// Waits for a task (-1: any). The error of an empty family is ECHILD.
pub fn wait(task: c_int) -> io::Result<(u32, Stop)> {
    let mut status = 0;
    loop {
        // SAFETY: the status is a live int, and no usage is asked for.
        let found = unsafe { wait4(task, &mut status, __WALL, null_mut()) };
        if found >= 0 {
            return Ok((found as u32, stop(status)));
        }
        let why = io::Error::last_os_error();
        if why.kind() != io::ErrorKind::Interrupted {
            return Err(why);
        }
    }
}

fn stop(status: c_int) -> Stop {
    if status & 0xff != 0x7f {
        return Stop::Ended(Ending::from_status(status));
    }
    match (status >> 8 & 0xff, status >> 16) {
        (signal, _) if signal == SIGTRAP | 0x80 => Stop::Call,
        (SIGTRAP, event) if event != 0 => Stop::Event(event),
        (signal, _) => Stop::Signal(signal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_status_tells_why_a_task_stands_still() {
        assert_eq!(stop(0x0300), Stop::Ended(Ending::Exit(3)));
        assert_eq!(stop(0x857f), Stop::Call);
        assert_eq!(stop(0x4057f), Stop::Event(PTRACE_EVENT_EXEC));
        assert_eq!(stop(0x137f), Stop::Signal(SIGSTOP));
    }

    #[test]
    fn a_result_below_zero_is_a_failure() {
        let returned = |value: i64| {
            let mut words = vec![0; HERE.registers.words];
            words[HERE.registers.result] = value as u64;
            Registers(words).result()
        };
        assert_eq!(returned(7), Some(7));
        assert_eq!(returned(-2), None);
        assert_eq!(returned(-4096), Some(-4096_i64 as u64));
    }
}
