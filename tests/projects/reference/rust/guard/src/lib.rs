//! A process limits itself: privileges it can never gain again, how much of a resource it may use, which system calls it
//! may make, and where it may write.
//!
//! The C ABI is what `reference.guard` loads with ctypes. Every function answers 0 or a positive number on success
//! and a negated errno on failure, so that no caller has to read a thread's errno across languages.

mod filter;
mod landlock;

use filter::{Filter, Instruction};
use linux::arch::{Call, HERE};
use linux::numbers::*;
use std::ffi::{c_char, c_int, c_ulong, CStr};
use std::io;

/// `struct rlimit64`: 64 bits on every architecture.
#[repr(C)]
pub struct Limit {
    soft: u64,
    hard: u64,
}

/// `struct sock_fprog`.
#[repr(C)]
struct Program {
    length: u16,
    instructions: *const Instruction,
}

extern "C" {
    fn prctl(option: c_int, a: c_ulong, b: c_ulong, c: c_ulong, d: c_ulong) -> c_int;
    fn prlimit64(pid: c_int, resource: c_int, new: *const Limit, old: *mut Limit) -> c_int;
}

fn checked(answer: c_int) -> c_int {
    match answer {
        -1 => -io::Error::last_os_error().raw_os_error().unwrap_or(EINVAL),
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

/// The number of a system call on this CPU: -ENOSYS for one that this CPU does not have, -EINVAL for a name that is
/// not known here.
///
/// # Safety
/// `name` ends in a NUL.
#[no_mangle]
pub unsafe extern "C" fn guard_call_number(name: *const c_char) -> c_int {
    let name = unsafe { CStr::from_ptr(name) }.to_bytes();
    match Call::ALL.iter().find(|call| call.name().as_bytes() == name) {
        Some(&call) => HERE.number(call).map_or(-ENOSYS, |number| number as c_int),
        None => -EINVAL,
    }
}

/// From now on this thread and its children get EPERM for these system calls, and are killed for one of another CPU
/// mode. Gives up privileges first, without which the kernel takes a filter from root alone.
///
/// # Safety
/// `numbers` points to `count` numbers.
#[no_mangle]
pub unsafe extern "C" fn guard_deny_calls(numbers: *const u32, count: usize) -> c_int {
    let denied = match count {
        0 => &[],
        _ => unsafe { std::slice::from_raw_parts(numbers, count) },
    };
    let Some(filter) = Filter::denying(HERE, denied) else {
        return -EINVAL;
    };
    match guard_forbid_privileges() {
        0 => install(&filter),
        failed => failed,
    }
}

/// From now on this thread and its children can write beneath these paths alone, files or folders, and read as before.
/// Gives up privileges first. -EOPNOTSUPP where the kernel cannot hold all of it, -ENOENT where a path is not there.
///
/// # Safety
/// `paths` points to `count` texts, each ended by a NUL.
#[no_mangle]
pub unsafe extern "C" fn guard_confine_writes(paths: *const *const c_char, count: usize) -> c_int {
    let paths = match count {
        0 => &[],
        _ => unsafe { std::slice::from_raw_parts(paths, count) },
    };
    match landlock::version() {
        Ok(found) if found >= landlock::VERSION => {}
        _ => return -EOPNOTSUPP,
    }
    let texts = paths.iter().map(|&path| unsafe { CStr::from_ptr(path) });
    match guard_forbid_privileges() {
        0 => answer(landlock::confine(texts)),
        failed => failed,
    }
}

fn answer(done: io::Result<()>) -> c_int {
    done.map_or_else(|why| -why.raw_os_error().unwrap_or(EINVAL), |()| 0)
}

fn install(filter: &Filter) -> c_int {
    let program = Program {
        length: filter.0.len() as u16,
        instructions: filter.0.as_ptr(),
    };
    let address = &program as *const Program as c_ulong;
    // SAFETY: the program and its instructions outlive the call, and the kernel copies them.
    checked(unsafe {
        prctl(
            PR_SET_SECCOMP,
            SECCOMP_MODE_FILTER as c_ulong,
            address,
            0,
            0,
        )
    })
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
        assert_eq!(unsafe { guard_read_limit(999, &mut limit) }, -EINVAL);
    }

    #[test]
    fn a_call_has_its_number_here_or_none_here_or_no_such_name() {
        let number = |name: &CStr| unsafe { guard_call_number(name.as_ptr()) };
        let openat = HERE.number(Call::Openat).unwrap();
        assert_eq!(number(c"openat"), openat as c_int);
        assert_eq!(number(c"open") == -ENOSYS, HERE.name == "aarch64");
        assert_eq!(number(c"opne"), -EINVAL);
    }
}
