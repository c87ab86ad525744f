//! The function that a hook stands before: the next one of its name, found once.

use std::ffi::{c_char, c_void};
use std::marker::PhantomData;
use std::mem::{size_of, transmute_copy};
use std::sync::atomic::{AtomicPtr, Ordering};

/// `RTLD_NEXT`: the libraries behind this one.
const NEXT: *mut c_void = -1_isize as *mut c_void;

extern "C" {
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
}

/// `Function` is a type of function pointer.
pub struct Real<Function> {
    name: &'static str,
    address: AtomicPtr<c_void>,
    kind: PhantomData<Function>,
}

impl<Function: Copy> Real<Function> {
    /// # Safety
    /// `name` names a function of the type `Function`, and ends in a NUL.
    pub const unsafe fn new(name: &'static str) -> Self {
        assert!(size_of::<Function>() == size_of::<*mut c_void>());
        Real {
            name,
            address: AtomicPtr::new(std::ptr::null_mut()),
            kind: PhantomData,
        }
    }

    /// A program can only call what its C library has. Where that is missing all the same, there is no way on.
    pub fn get(&self) -> Function {
        let mut address = self.address.load(Ordering::Relaxed);
        if address.is_null() {
            // SAFETY: the name ends in a NUL.
            address = unsafe { dlsym(NEXT, self.name.as_ptr().cast()) };
            self.address.store(address, Ordering::Relaxed);
        }
        if address.is_null() {
            std::process::abort();
        }
        // SAFETY: `new` was promised that the address is one of a `Function`, which has the size of a pointer.
        unsafe { transmute_copy(&address) }
    }
}
