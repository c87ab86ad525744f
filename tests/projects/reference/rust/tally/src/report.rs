//! The report as one line of JSON, written by hand: two kinds of value do not need a crate.

use crate::wait::{Ending, Usage};
use std::ffi::OsString;
use std::fmt::{self, Display, Formatter};
use std::time::Duration;

pub struct Report {
    pub command: Vec<OsString>,
    pub wall: Duration,
    pub ending: Ending,
    pub usage: Usage,
}

impl Display for Report {
    fn fmt(&self, out: &mut Formatter) -> fmt::Result {
        let command: Vec<_> = self
            .command
            .iter()
            .map(|word| quoted(&word.to_string_lossy()))
            .collect();
        let (exit_status, signal) = match self.ending {
            Ending::Exit(status) => (status.to_string(), "null".to_string()),
            Ending::Signal(signal) => ("null".to_string(), signal.to_string()),
        };
        write!(out, "{{\"command\": [{}]", command.join(", "))?;
        write!(
            out,
            ", \"exit_status\": {exit_status}, \"signal\": {signal}"
        )?;
        let times = [
            ("wall", self.wall),
            ("user", self.usage.user()),
            ("system", self.usage.system()),
        ];
        for (name, time) in times {
            write!(out, ", \"{name}_seconds\": {:.6}", time.as_secs_f64())?;
        }
        let counts = [
            ("max_rss_kib", self.usage.max_rss_kib),
            ("minor_faults", self.usage.minor_faults),
            ("major_faults", self.usage.major_faults),
            ("voluntary_switches", self.usage.voluntary_switches),
            ("involuntary_switches", self.usage.involuntary_switches),
        ];
        for (name, count) in counts {
            write!(out, ", \"{name}\": {count}")?;
        }
        write!(out, "}}")
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            control if (control as u32) < 0x20 => {
                out.push_str(&format!("\\u{:04x}", control as u32))
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_quoted_as_json_demands() {
        assert_eq!(quoted("plain é"), "\"plain é\"");
        assert_eq!(quoted("a\"b\\c\n"), "\"a\\\"b\\\\c\\u000a\"");
    }

    #[test]
    fn a_killed_command_has_a_signal_and_no_exit_status() {
        let report = Report {
            command: vec!["sleep".into(), "9".into()],
            wall: Duration::from_millis(1500),
            ending: Ending::Signal(9),
            usage: Usage::default(),
        };
        let text = report.to_string();
        assert!(text
            .starts_with("{\"command\": [\"sleep\", \"9\"], \"exit_status\": null, \"signal\": 9"));
        assert!(text.contains("\"wall_seconds\": 1.500000"));
    }
}
