//! wait4(2): how a child ended and what it used. Declared here by hand, so that no crate is needed.

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

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ending {
    Exit(c_int),
    Signal(c_int),
}

impl Ending {
    /// The wait status as the kernel packs it: low 7 bits are the signal, the next byte the exit status.
    fn from_status(status: c_int) -> Self {
        match status & 0x7f {
            0 => Ending::Exit((status >> 8) & 0xff),
            signal => Ending::Signal(signal),
        }
    }

    pub fn exit_code(self) -> u8 {
        match self {
            Ending::Exit(status) => status as u8,
            Ending::Signal(signal) => 128 + signal as u8,
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_splits_into_exit_and_signal() {
        assert_eq!(Ending::from_status(0x0300), Ending::Exit(3));
        assert_eq!(Ending::from_status(0x0009), Ending::Signal(9));
        assert_eq!(
            Ending::from_status(0x008b),
            Ending::Signal(11),
            "0x80 marks a core"
        );
    }

    #[test]
    fn a_signal_becomes_the_status_a_shell_gives() {
        assert_eq!(Ending::Signal(9).exit_code(), 137);
        assert_eq!(Ending::Exit(3).exit_code(), 3);
    }
}
