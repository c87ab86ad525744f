//! wait4(2): how a child ended and what it used. Declared here by hand, so that no crate is needed.

use linux::Ending;
use std::io;
use std::os::raw::{c_int, c_long};
use std::time::Duration;

/// `struct rusage` of the C library; every field is a `long` on every architecture.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Usage {
    user: [c_long; 2],
    system: [c_long; 2],
    pub max_rss_kib: c_long,
    _unmaintained_sizes: [c_long; 3],
    pub minor_faults: c_long,
    pub major_faults: c_long,
    _unmaintained_counts: [c_long; 6],
    pub voluntary_switches: c_long,
    pub involuntary_switches: c_long,
}

impl Usage {
    pub fn user(&self) -> Duration {
        duration(self.user)
    }

    pub fn system(&self) -> Duration {
        duration(self.system)
    }
}

fn duration([seconds, micros]: [c_long; 2]) -> Duration {
    Duration::from_secs(seconds as u64) + Duration::from_micros(micros as u64)
}

extern "C" {
    fn wait4(pid: c_int, status: *mut c_int, options: c_int, usage: *mut Usage) -> c_int;
}

/// Waits for one child, and starts over where a signal interrupts the wait.
pub fn wait(pid: u32) -> io::Result<(Ending, Usage)> {
    let (mut status, mut usage) = (0, Usage::default());
    loop {
        // SAFETY: both pointers are to live values of the layout that wait4 writes.
        if unsafe { wait4(pid as c_int, &mut status, 0, &mut usage) } >= 0 {
            return Ok((Ending::from_status(status), usage));
        }
        let why = io::Error::last_os_error();
        if why.kind() != io::ErrorKind::Interrupted {
            return Err(why);
        }
    }
}
