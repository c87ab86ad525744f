//! What a command did: the events that a backend sees, the report they add up to, and the JSON that is handed over.

mod event;
pub mod json;
mod report;
mod request;
mod sha256;

pub use event::{Event, Line};
pub use report::Report;
pub use request::Request;
