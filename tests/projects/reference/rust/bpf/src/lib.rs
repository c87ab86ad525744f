//! A loader for eBPF objects: ELF relocations, the verifier, tracepoints that may not be there, and a ring buffer.

mod attach;
mod kernel;
mod object;
mod ring;

pub use attach::{Attached, Tracepoints};
pub use kernel::{Loaded, Map, Program};
pub use object::Object;
pub use ring::Ring;
