//! The beginning and the end of a program.

use crate::buffer::Buffer;
use crate::log::{self, note, quietly};
use crate::notes::started;
use crate::own::own;
use crate::real::Real;
use linux::Ending;
use report::Event;
use std::ffi::{c_int, c_void};
use std::ptr::null_mut;

extern "C" {
    fn on_exit(function: extern "C" fn(c_int, *mut c_void), argument: *mut c_void) -> c_int;
}

/// Run by the dynamic linker once the library is loaded, before the program.
#[used]
#[link_section = ".init_array"]
static BEGIN: extern "C" fn() = begin;

extern "C" fn begin() {
    quietly(|| {
        log::open();
        started();
        match own(c"/proc/self/cmdline").filter(|words| words.bytes().len() < Buffer::SIZE) {
            Some(words) => note(&Event::Loaded(words.bytes())),
            None => note(&Event::Lost),
        }
        // SAFETY: the function is there as long as the process: a preloaded library is never unloaded.
        unsafe { on_exit(ended, null_mut()) };
    });
}

/// `exit`, and a return from `main`.
extern "C" fn ended(status: c_int, _argument: *mut c_void) {
    quietly(|| note(&Event::Ended(Ending::Exit(status & 0xff))));
}

/// An end that runs no handlers.
///
/// # Safety
/// As the function of this name in the C library.
#[no_mangle]
pub unsafe extern "C" fn _exit(status: c_int) -> ! {
    // SAFETY: this is the type that the C library's headers declare.
    static REAL: Real<unsafe extern "C" fn(c_int) -> !> = unsafe { Real::new("_exit\0") };
    ended(status, null_mut());
    REAL.get()(status)
}

/// The name that the C standard gives to the same.
///
/// # Safety
/// As the function of this name in the C library.
#[no_mangle]
pub unsafe extern "C" fn _Exit(status: c_int) -> ! {
    _exit(status)
}
