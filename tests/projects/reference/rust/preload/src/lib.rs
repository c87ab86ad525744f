//! A library for LD_PRELOAD: it stands before the C library's functions and writes down what they did with files.
//!
//! `tracer --preload` starts the command, names the log in REFERENCE_PRELOAD_LOG and makes the report of it. What does
//! not pass through the dynamic linker is invisible here, and not to ptrace: static programs, direct system calls, and
//! what the C library does for itself, such as the reads and writes behind `FILE *`.
//!
//! A function here may run in any thread, in a signal handler, and between vfork and exec. So nothing allocates, nothing
//! panics, errno stays as it was, and the log is written with system calls of our own.

mod buffer;
mod hooks;
mod life;
mod log;
mod notes;
mod own;
mod path;
mod real;
