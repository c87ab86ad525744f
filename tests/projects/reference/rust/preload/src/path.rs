//! Paths: the kernel is asked where a descriptor leads.

use crate::buffer::Buffer;
use crate::log::call;
use linux::arch::Call;
use linux::numbers::{AT_FDCWD, O_CLOEXEC, O_PATH};
use std::ffi::{c_char, c_int, CStr};

/// The file behind a descriptor; None for what has no path (pipes, sockets).
pub fn of(descriptor: c_int) -> Option<Buffer> {
    let mut link = Buffer::empty();
    link.push(b"/proc/self/fd/")?;
    link.push_number(u32::try_from(descriptor).ok()?)?;
    let link = link.c_text()?;
    // SAFETY: the link ends in a NUL, and the buffer has `size` bytes at `into`.
    let read =
        |into, size| unsafe { call(Call::Readlinkat, [AT_FDCWD as usize, link, into, size]) };
    Buffer::filled(read).filter(|path| path.bytes().starts_with(b"/"))
}

/// The absolute path of an entry of a folder: links in the folder's path are followed, the entry itself is not.
///
/// # Safety
/// `path` is null or ends in a NUL.
pub unsafe fn of_entry(folder: c_int, path: *const c_char) -> Option<Buffer> {
    if path.is_null() {
        return None;
    }
    let path = CStr::from_ptr(path).to_bytes();
    let path = path.strip_suffix(b"/").unwrap_or(path);
    let slash = path.iter().rposition(|&byte| byte == b'/');
    let (parent, name) = slash.map_or((&b"."[..], path), |at| (&path[..=at], &path[at + 1..]));
    let mut whole = of_folder(folder, parent)?;
    if whole.bytes() != b"/" {
        whole.push(b"/")?;
    }
    whole.push(name)?;
    Some(whole)
}

fn of_folder(folder: c_int, path: &[u8]) -> Option<Buffer> {
    let mut wanted = Buffer::empty();
    wanted.push(path)?;
    let arguments = [
        folder as usize,
        wanted.c_text()?,
        (O_PATH | O_CLOEXEC) as usize,
        0,
    ];
    // SAFETY: the path ends in a NUL, and the descriptor is closed again.
    unsafe {
        let opened = call(Call::Openat, arguments) as c_int;
        let found = of(opened);
        if opened >= 0 {
            call(Call::Close, [opened as usize, 0, 0, 0]);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_leads_to_its_path() {
        let file = std::fs::File::open("/proc/self/../version").unwrap();
        let found = of(std::os::fd::AsRawFd::as_raw_fd(&file)).unwrap();
        assert_eq!(found.bytes(), b"/proc/version");
        assert!(of(-1).is_none());
    }

    #[test]
    fn an_entry_is_absolute_and_its_folder_without_detours() {
        let entry = |path: &CStr| unsafe { of_entry(AT_FDCWD, path.as_ptr()) };
        assert_eq!(entry(c"/proc/sys/../none/").unwrap().bytes(), b"/proc/none");
        assert_eq!(entry(c"/none").unwrap().bytes(), b"/none");
        let here = std::env::current_dir().unwrap().join("none");
        assert_eq!(
            entry(c"none").unwrap().bytes(),
            here.as_os_str().as_encoded_bytes()
        );
        assert!(entry(c"/no-such-folder/none").is_none());
    }
}
