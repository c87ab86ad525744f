//! What the other crates need of Linux beyond std, declared by hand so that no crate is needed.
//!
//! Nothing here is trusted for having been typed: `tests/headers.rs` lets a C compiler hold every number, and every
//! place of a register, against the kernel's and glibc's headers of each CPU.

pub mod arch;
mod ending;
pub mod numbers;
mod process;

pub use ending::Ending;
pub use process::start_time;
