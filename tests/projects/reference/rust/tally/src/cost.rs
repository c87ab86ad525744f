//! What a command cost, as one line of JSON.

use crate::wait::Usage;
use linux::Ending;
use report::json;
use std::ffi::OsString;
use std::fmt::{self, Display, Formatter};
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

pub struct Cost {
    pub command: Vec<OsString>,
    pub wall: Duration,
    pub ending: Ending,
    pub usage: Usage,
}

impl Display for Cost {
    fn fmt(&self, out: &mut Formatter) -> fmt::Result {
        let (exit_status, signal) = match self.ending {
            Ending::Exit(status) => (status.to_string(), "null".to_string()),
            Ending::Signal(signal) => ("null".to_string(), signal.to_string()),
        };
        let usage = &self.usage;
        out.write_str(&json::object(&[
            (
                "command",
                json::array(self.command.iter().map(|word| json::text(word.as_bytes()))),
            ),
            ("exit_status", exit_status),
            ("signal", signal),
            ("wall_seconds", seconds(self.wall)),
            ("user_seconds", seconds(usage.user())),
            ("system_seconds", seconds(usage.system())),
            ("max_rss_kib", usage.max_rss_kib.to_string()),
            ("minor_faults", usage.minor_faults.to_string()),
            ("major_faults", usage.major_faults.to_string()),
            ("voluntary_switches", usage.voluntary_switches.to_string()),
            (
                "involuntary_switches",
                usage.involuntary_switches.to_string(),
            ),
        ]))
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.6}", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_killed_command_has_a_signal_and_no_exit_status() {
        let cost = Cost {
            command: vec!["sleep".into(), "9".into()],
            wall: Duration::from_millis(1500),
            ending: Ending::Signal(9),
            usage: Usage::default(),
        };
        let text = cost.to_string();
        assert!(text
            .starts_with("{\"command\": [\"sleep\", \"9\"], \"exit_status\": null, \"signal\": 9"));
        assert!(text.contains("\"wall_seconds\": 1.500000"));
    }
}
