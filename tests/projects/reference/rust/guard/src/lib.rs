//! A process limits itself: privileges it can never gain again, and how much of a resource it may use.
//!
//! The C ABI is what `reference.guard` loads with ctypes. Every function answers 0 or a positive number on success
//! and a negated errno on failure, so that no caller has to read a thread's errno across languages.

use std::io;
use std::os::raw::{c_int, c_ulong};

const PR_SET_NO_NEW_PRIVS: c_int = 38;
const PR_GET_NO_NEW_PRIVS: c_int = 39;

/// `struct rlimit64`: 64 bits on every architecture.
#[repr(C)]
pub struct Limit {
    soft: u64,
    hard: u64,
}

extern "C" {
    fn prctl(option: c_int, a: c_ulong, b: c_ulong, c: c_ulong, d: c_ulong) -> c_int;
    fn prlimit64(pid: c_int, resource: c_int, new: *const Limit, old: *mut Limit) -> c_int;
}

fn checked(answer: c_int) -> c_int {
    match answer {
        -1 => -io::Error::last_os_error().raw_os_error().unwrap_or(1),
        fine => fine,
    }
}

/// From now on no execve(2) of this thread or its children can grant privileges (setuid, file capabilities).
#[no_mangle]
pub extern "C" fn guard_forbid_privileges() -> c_int {
    // SAFETY: this option takes integers only.
    checked(unsafe { prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) })
}

/// 1 where privileges are forbidden already, else 0.
#[no_mangle]
pub extern "C" fn guard_privileges_forbidden() -> c_int {
    // SAFETY: this option takes integers only.
    checked(unsafe { prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) })
}

/// Reads the soft and hard limit of an RLIMIT_ resource.
///
/// # Safety
/// `limit` points to a writable `Limit`.
#[no_mangle]
pub unsafe extern "C" fn guard_read_limit(resource: c_int, limit: *mut Limit) -> c_int {
    checked(unsafe { prlimit64(0, resource, std::ptr::null(), limit) })
}

/// Sets the soft and hard limit of an RLIMIT_ resource.
///
/// # Safety
/// `limit` points to a readable `Limit`.
#[no_mangle]
pub unsafe extern "C" fn guard_set_limit(resource: c_int, limit: *const Limit) -> c_int {
    checked(unsafe { prlimit64(0, resource, limit, std::ptr::null_mut()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RLIMIT_CORE: c_int = 4;

    #[test]
    fn a_limit_that_was_set_is_read_back() {
        let (none, mut read) = (Limit { soft: 0, hard: 0 }, Limit { soft: 1, hard: 1 });
        assert_eq!(unsafe { guard_set_limit(RLIMIT_CORE, &none) }, 0);
        assert_eq!(unsafe { guard_read_limit(RLIMIT_CORE, &mut read) }, 0);
        assert_eq!((read.soft, read.hard), (0, 0));
    }

    #[test]
    fn an_unknown_resource_answers_with_a_negated_errno() {
        let mut limit = Limit { soft: 0, hard: 0 };
        assert_eq!(unsafe { guard_read_limit(999, &mut limit) }, -22);
    }
}
