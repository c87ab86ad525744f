//! The reader's end of a BPF ring buffer: a page with the reader's position, a page with the writer's, and the records,
//! mapped twice in a row so that none is cut at the end.

use crate::kernel::Map;
use linux::numbers::*;
use std::ffi::{c_int, c_long, c_void};
use std::io;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

extern "C" {
    fn mmap(
        address: *mut c_void,
        size: usize,
        protection: c_int,
        flags: c_int,
        file: c_int,
        from: i64,
    ) -> *mut c_void;
    fn munmap(address: *mut c_void, size: usize) -> c_int;
    fn sysconf(name: c_int) -> c_long;
    fn poll(files: *mut Poll, count: u64, milliseconds: c_int) -> c_int;
}

/// `struct pollfd`.
#[repr(C)]
struct Poll {
    file: c_int,
    events: i16,
    found: i16,
}

/// Memory that is given back when this is gone.
struct Mapped(*mut c_void, usize);

impl Mapped {
    fn new(file: c_int, from: usize, size: usize, protection: c_int) -> io::Result<Self> {
        // SAFETY: asks for new memory; nothing of ours is there.
        let place = unsafe { mmap(null_mut(), size, protection, MAP_SHARED, file, from as i64) };
        match place as isize {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(Mapped(place, size)),
        }
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: this is the whole of what was mapped, and nothing refers to it any more.
        unsafe { munmap(self.0, self.1) };
    }
}

pub struct Ring {
    file: c_int,
    reader: Mapped,
    writer: Mapped,
    page: usize,
    size: usize,
}

const BUSY: u32 = 1 << 31;
const DISCARDED: u32 = 1 << 30;
const HEADER: u64 = 8;

impl Ring {
    /// Maps the ring buffer of a map, which must outlive it.
    pub fn new(map: &Map) -> io::Result<Self> {
        // SAFETY: takes a number.
        let page = unsafe { sysconf(_SC_PAGESIZE) } as usize;
        let size = map.shape.entries as usize;
        Ok(Ring {
            file: map.descriptor(),
            reader: Mapped::new(map.descriptor(), 0, page, PROT_READ | PROT_WRITE)?,
            writer: Mapped::new(map.descriptor(), page, page + 2 * size, PROT_READ)?,
            page,
            size,
        })
    }

    /// Waits until there is something to read, or for so many milliseconds.
    pub fn wait(&self, milliseconds: c_int) {
        let mut one = Poll {
            file: self.file,
            events: POLLIN as i16,
            found: 0,
        };
        // SAFETY: one descriptor is asked about.
        unsafe { poll(&mut one, 1, milliseconds) };
    }

    /// Hands over every record that is complete.
    pub fn read(&self, mut take: impl FnMut(&[u8])) {
        // SAFETY: both positions are at the beginning of their pages, which live as long as this.
        let (reader, writer) = unsafe {
            (
                &*(self.reader.0 as *const AtomicU64),
                &*(self.writer.0 as *const AtomicU64),
            )
        };
        let mut at = reader.load(Ordering::Relaxed);
        while at < writer.load(Ordering::Acquire) {
            let place = self.page + (at as usize & (self.size - 1));
            // SAFETY: a record begins here, and lies in the mapping as a whole, because that has the ring twice.
            let header = unsafe { &*(self.writer.0.byte_add(place) as *const AtomicU32) }
                .load(Ordering::Acquire);
            if header & BUSY != 0 {
                break;
            }
            let length = u64::from(header & !DISCARDED);
            if header & DISCARDED == 0 {
                // SAFETY: as above; the writer does not touch it until the reader's position is behind it.
                take(unsafe {
                    let record = self.writer.0.byte_add(place + HEADER as usize);
                    std::slice::from_raw_parts(record.cast(), length as usize)
                });
            }
            at += (length + HEADER).next_multiple_of(8);
            reader.store(at, Ordering::Release);
        }
    }
}
