//! How a process ended.

use std::os::raw::c_int;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Exit(c_int),
    Signal(c_int),
}

impl Ending {
    /// The wait status as the kernel packs it: the low 7 bits are the signal, the next byte the exit status.
    pub fn from_status(status: c_int) -> Self {
        match status & 0x7f {
            0 => Ending::Exit((status >> 8) & 0xff),
            signal => Ending::Signal(signal),
        }
    }

    /// The exit status a shell gives for it: 128 + N for signal N.
    pub fn exit_code(self) -> u8 {
        match self {
            Ending::Exit(status) => status as u8,
            Ending::Signal(signal) => 128 + signal as u8,
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
        let dumped_core = 0x8b;
        assert_eq!(Ending::from_status(dumped_core), Ending::Signal(11));
    }

    #[test]
    fn a_signal_becomes_the_status_a_shell_gives() {
        assert_eq!(Ending::Signal(9).exit_code(), 137);
        assert_eq!(Ending::Exit(3).exit_code(), 3);
    }
}
