//! The functions that this library stands before, each with what is written down around it.
//!
//! Functions with a variable argument (the mode of `open`) are declared with a fixed one: on Linux, x86-64 and aarch64
//! pass integers alike in both cases.

use crate::notes::*;
use crate::real::Real;
use std::ffi::{c_char, c_int, c_uint, c_void};

type Text = *const c_char;
type Stream = *mut c_void;
type Bytes = *mut c_void;

macro_rules! hooks {
    ($(fn $name:ident($($argument:ident: $kind:ty),*) -> $result:ty => $around:ident($($given:expr),*);)*) => {$(
        /// # Safety
        /// As the function of this name in the C library.
        #[no_mangle]
        #[allow(unused_unsafe)]
        pub unsafe extern "C" fn $name($($argument: $kind),*) -> $result {
            static REAL: Real<unsafe extern "C" fn($($kind),*) -> $result> =
                // SAFETY: this is the type that the C library's headers declare.
                unsafe { Real::new(concat!(stringify!($name), "\0")) };
            let real = REAL.get();
            $around($($given,)* || unsafe { real($($argument),*) })
        }
    )*};
}

hooks! {
    fn open(path: Text, flags: c_int, mode: c_uint) -> c_int => opening();
    fn open64(path: Text, flags: c_int, mode: c_uint) -> c_int => opening();
    fn openat(folder: c_int, path: Text, flags: c_int, mode: c_uint) -> c_int => opening();
    fn openat64(folder: c_int, path: Text, flags: c_int, mode: c_uint) -> c_int => opening();
    fn creat(path: Text, mode: c_uint) -> c_int => opening();
    fn creat64(path: Text, mode: c_uint) -> c_int => opening();
    fn __open_2(path: Text, flags: c_int) -> c_int => opening();
    fn __open64_2(path: Text, flags: c_int) -> c_int => opening();
    fn __openat_2(folder: c_int, path: Text, flags: c_int) -> c_int => opening();
    fn __openat64_2(folder: c_int, path: Text, flags: c_int) -> c_int => opening();
    fn fopen(path: Text, mode: Text) -> Stream => opening_stream();
    fn fopen64(path: Text, mode: Text) -> Stream => opening_stream();

    fn read(from: c_int, into: Bytes, size: usize) -> isize => reading(from);
    fn __read_chk(from: c_int, into: Bytes, size: usize, room: usize) -> isize => reading(from);
    fn pread(from: c_int, into: Bytes, size: usize, at: i64) -> isize => reading(from);
    fn pread64(from: c_int, into: Bytes, size: usize, at: i64) -> isize => reading(from);
    fn readv(from: c_int, parts: Bytes, count: c_int) -> isize => reading(from);
    fn preadv(from: c_int, parts: Bytes, count: c_int, at: i64) -> isize => reading(from);
    fn preadv64(from: c_int, parts: Bytes, count: c_int, at: i64) -> isize => reading(from);

    fn write(to: c_int, from: Bytes, size: usize) -> isize => writing(to);
    fn pwrite(to: c_int, from: Bytes, size: usize, at: i64) -> isize => writing(to);
    fn pwrite64(to: c_int, from: Bytes, size: usize, at: i64) -> isize => writing(to);
    fn writev(to: c_int, parts: Bytes, count: c_int) -> isize => writing(to);
    fn pwritev(to: c_int, parts: Bytes, count: c_int, at: i64) -> isize => writing(to);
    fn pwritev64(to: c_int, parts: Bytes, count: c_int, at: i64) -> isize => writing(to);

    fn sendfile(to: c_int, from: c_int, at: *mut i64, size: usize) -> isize => copying(from, to);
    fn sendfile64(to: c_int, from: c_int, at: *mut i64, size: usize) -> isize => copying(from, to);
    fn copy_file_range(from: c_int, at: *mut i64, to: c_int, there: *mut i64, size: usize, flags: c_uint) -> isize
        => copying(from, to);

    fn unlink(path: Text) -> c_int => removing(HERE, path);
    fn rmdir(path: Text) -> c_int => removing(HERE, path);
    fn remove(path: Text) -> c_int => removing(HERE, path);
    fn unlinkat(folder: c_int, path: Text, flags: c_int) -> c_int => removing(folder, path);
    fn rename(from: Text, to: Text) -> c_int => renaming((HERE, from), (HERE, to));
    fn renameat(folder: c_int, from: Text, other: c_int, to: Text) -> c_int => renaming((folder, from), (other, to));
    fn renameat2(folder: c_int, from: Text, other: c_int, to: Text, flags: c_uint) -> c_int
        => renaming((folder, from), (other, to));

    fn fork() -> c_int => forking();
    fn execve(path: Text, words: Words, environment: Words) -> c_int => executing(words);
    fn execv(path: Text, words: Words) -> c_int => executing(words);
    fn execvp(file: Text, words: Words) -> c_int => executing(words);
    fn execvpe(file: Text, words: Words, environment: Words) -> c_int => executing(words);
    fn fexecve(file: c_int, words: Words, environment: Words) -> c_int => executing(words);
}
