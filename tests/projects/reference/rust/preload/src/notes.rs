//! What is written down around a call of the real function.

use crate::buffer::Buffer;
use crate::log::{note, quietly};
use crate::own::own;
use crate::path;
use linux::numbers::AT_FDCWD;
use report::Event;
use std::ffi::{c_char, c_int, c_void, CStr};

/// A list of words that a null pointer ends.
pub type Words = *const *const c_char;

extern "C" {
    fn fileno(stream: *mut c_void) -> c_int;
    fn getppid() -> c_int;
}

pub fn opening(real: impl FnOnce() -> c_int) -> c_int {
    let descriptor = real();
    quietly(|| opened(descriptor));
    descriptor
}

/// `fopen` and its like, which open without the function that other programs call.
pub fn opening_stream(real: impl FnOnce() -> *mut c_void) -> *mut c_void {
    let stream = real();
    if !stream.is_null() {
        // SAFETY: the C library just made this stream.
        quietly(|| opened(unsafe { fileno(stream) }));
    }
    stream
}

pub fn reading(from: c_int, real: impl FnOnce() -> isize) -> isize {
    let bytes = real();
    quietly(|| read(from, bytes));
    bytes
}

pub fn writing(to: c_int, real: impl FnOnce() -> isize) -> isize {
    let bytes = real();
    quietly(|| written(to, bytes));
    bytes
}

pub fn copying(from: c_int, to: c_int, real: impl FnOnce() -> isize) -> isize {
    let bytes = real();
    quietly(|| {
        read(from, bytes);
        written(to, bytes);
    });
    bytes
}

/// # Safety
/// The path is null or ends in a NUL.
pub unsafe fn removing(folder: c_int, path: *const c_char, real: impl FnOnce() -> c_int) -> c_int {
    let path = quietly(|| path::of_entry(folder, path));
    let answer = real();
    if answer == 0 {
        quietly(|| {
            note(
                &path
                    .as_ref()
                    .map_or(Event::Lost, |path| Event::Removed(path.bytes())),
            )
        });
    }
    answer
}

/// # Safety
/// Both paths are null or end in a NUL.
pub unsafe fn renaming(
    (folder, from): (c_int, *const c_char),
    (other, to): (c_int, *const c_char),
    real: impl FnOnce() -> c_int,
) -> c_int {
    let paths = quietly(|| path::of_entry(folder, from).zip(path::of_entry(other, to)));
    let answer = real();
    if answer == 0 {
        let event = paths.as_ref().map_or(Event::Lost, |(from, to)| {
            Event::Renamed(from.bytes(), to.bytes())
        });
        quietly(|| note(&event));
    }
    answer
}

pub fn forking(real: impl FnOnce() -> c_int) -> c_int {
    let child = real();
    if child == 0 {
        quietly(started);
    }
    child
}

/// Returns only where the program could not be executed.
///
/// # Safety
/// A null pointer ends the words.
pub unsafe fn executing(words: Words, real: impl FnOnce() -> c_int) -> c_int {
    quietly(|| match joined(words) {
        Some(words) => note(&Event::Attempted(words.bytes())),
        None => note(&Event::Lost),
    });
    let answer = real();
    quietly(|| note(&Event::Refused));
    answer
}

pub fn started() {
    // SAFETY: takes nothing.
    let parent = unsafe { getppid() } as u32;
    let stat = own(c"/proc/self/stat");
    let time = stat.and_then(|stat| linux::start_time(stat.bytes()));
    note(&Event::Started {
        parent,
        time: time.unwrap_or(0),
    });
}

fn opened(descriptor: c_int) {
    if let Some(path) = path::of(descriptor) {
        note(&Event::Opened(path.bytes()));
    }
}

fn read(from: c_int, bytes: isize) {
    if let (Ok(bytes), Some(path)) = (u64::try_from(bytes), path::of(from)) {
        note(&Event::Read(path.bytes(), bytes));
    }
}

fn written(to: c_int, bytes: isize) {
    if let (Ok(bytes), Some(path)) = (u64::try_from(bytes), path::of(to)) {
        note(&Event::Written(path.bytes(), bytes));
    }
}

unsafe fn joined(words: Words) -> Option<Buffer> {
    let mut all = Buffer::empty();
    let mut next = words;
    while !next.is_null() && !(*next).is_null() {
        all.push(CStr::from_ptr(*next).to_bytes_with_nul())?;
        next = next.add(1);
    }
    Some(all)
}

/// The current folder, for the functions that take none.
pub const HERE: c_int = AT_FDCWD;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_joined_as_the_kernel_does_it() {
        let words = [
            c"ls".as_ptr(),
            c"".as_ptr(),
            c"-l".as_ptr(),
            std::ptr::null(),
        ];
        assert_eq!(
            unsafe { joined(words.as_ptr()) }.unwrap().bytes(),
            b"ls\0\0-l\0"
        );
    }
}
