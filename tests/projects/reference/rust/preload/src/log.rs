//! The log: one line an event, appended with one write, so that the lines of many processes never mix.

use linux::arch::{Call, HERE};
use linux::numbers::{AT_FDCWD, O_APPEND, O_CLOEXEC, O_WRONLY};
use report::{Event, Line};
use std::ffi::{c_char, c_int, c_long};
use std::sync::atomic::{AtomicPtr, Ordering};

/// Where the log is; null where nobody asked for one.
static LOG: AtomicPtr<c_char> = AtomicPtr::new(std::ptr::null_mut());

extern "C" {
    fn syscall(number: c_long, ...) -> c_long;
    fn getenv(name: *const c_char) -> *mut c_char;
    fn strdup(text: *const c_char) -> *mut c_char;
    fn getpid() -> c_int;
    fn __errno_location() -> *mut c_int;
}

/// Makes a system call: never through a function that could be hooked.
///
/// # Safety
/// The arguments are what the call asks for.
pub unsafe fn call(which: Call, [a, b, c, d]: [usize; 4]) -> i64 {
    match HERE.number(which) {
        Some(number) => syscall(number.into(), a, b, c, d) as i64,
        None => -1,
    }
}

/// Learns where the log is, before the program has a chance to change its environment.
pub fn open() {
    // SAFETY: the name ends in a NUL, and what the environment holds too.
    unsafe {
        let path = getenv(c"REFERENCE_PRELOAD_LOG".as_ptr());
        if !path.is_null() {
            LOG.store(strdup(path), Ordering::Relaxed);
        }
    }
}

pub fn note(event: &Event<&[u8]>) {
    let log = LOG.load(Ordering::Relaxed);
    if log.is_null() {
        return;
    }
    let flags = (O_WRONLY | O_APPEND | O_CLOEXEC) as usize;
    // SAFETY: the path ends in a NUL, and the line outlives its write.
    unsafe {
        let line = Line::new(getpid() as u32, event);
        // opened for every line: programs close the descriptors they do not know
        let file = call(Call::Openat, [AT_FDCWD as usize, log as usize, flags, 0]);
        if file >= 0 {
            let bytes = line.bytes();
            call(
                Call::Write,
                [file as usize, bytes.as_ptr() as usize, bytes.len(), 0],
            );
            call(Call::Close, [file as usize, 0, 0, 0]);
        }
    }
}

/// Does something that the program must not notice: errno stays as it was.
pub fn quietly<Found>(act: impl FnOnce() -> Found) -> Found {
    // SAFETY: every thread has an errno.
    let errno = unsafe { __errno_location() };
    let before = unsafe { *errno };
    let found = act();
    unsafe { *errno = before };
    found
}
