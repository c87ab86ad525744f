//! The report: what the events of all processes of a command add up to. Both backends end here, so both say the same.

use crate::{json, Event};
use linux::Ending;
use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

#[derive(Default)]
struct Process {
    parent: u32,
    /// Every program this process became, as its command line.
    commands: Vec<Vec<u8>>,
    attempt: Option<Vec<u8>>,
    ending: Option<Ending>,
}

#[derive(Default)]
struct File {
    opened: u64,
    bytes_read: u64,
    bytes_written: u64,
    removed: u64,
    renamed_to: Option<Vec<u8>>,
}

#[derive(Default)]
pub struct Report {
    backend: &'static str,
    command: Vec<Vec<u8>>,
    ending: Option<Ending>,
    processes: BTreeMap<u32, Process>,
    files: BTreeMap<Vec<u8>, File>,
    lost: u64,
}

impl Report {
    pub fn new(backend: &'static str, command: Vec<Vec<u8>>) -> Self {
        Report {
            backend,
            command,
            ..Report::default()
        }
    }

    pub fn note<Text: AsRef<[u8]>>(&mut self, pid: u32, event: &Event<Text>) {
        match event {
            Event::Opened(path) => self.file(path).opened += 1,
            Event::Read(path, bytes) => self.file(path).bytes_read += bytes,
            Event::Written(path, bytes) => self.file(path).bytes_written += bytes,
            Event::Renamed(from, to) => self.file(from).renamed_to = Some(to.as_ref().to_vec()),
            Event::Removed(path) => self.file(path).removed += 1,
            Event::Lost => self.lost += 1,
            of_its_life => self.processes.entry(pid).or_default().note(of_its_life),
        }
    }

    /// How the command itself ended, as its parent learned it.
    pub fn end(&mut self, pid: u32, ending: Ending) {
        self.ending = Some(ending);
        self.processes.entry(pid).or_default().ending = Some(ending);
    }

    pub fn saw(&self, pid: u32) -> bool {
        self.processes.contains_key(&pid)
    }

    fn file(&mut self, path: &impl AsRef<[u8]>) -> &mut File {
        self.files.entry(path.as_ref().to_vec()).or_default()
    }
}

impl Process {
    fn note<Text: AsRef<[u8]>>(&mut self, event: &Event<Text>) {
        match event {
            // told again after every execve, and by then it may be an orphan
            Event::Started { parent } if self.parent == 0 => self.parent = *parent,
            Event::Attempted(command) => {
                let command = command.as_ref().to_vec();
                // an attempt that was neither refused nor seen to load was a program that cannot tell (a static one)
                self.commands.extend(self.attempt.replace(command));
            }
            Event::Refused => self.attempt = None,
            Event::Loaded(command) => {
                self.attempt = None;
                self.commands.push(command.as_ref().to_vec());
            }
            Event::Ended(ending) => self.ending = Some(*ending),
            _ => {}
        }
    }

    fn json(&self, pid: u32) -> String {
        let commands = self
            .commands
            .iter()
            .chain(&self.attempt)
            .map(|command| words(command));
        let [status, signal] = ended(self.ending);
        json::object(&[
            ("pid", pid.to_string()),
            ("parent", self.parent.to_string()),
            ("commands", json::array(commands)),
            status,
            signal,
        ])
    }
}

impl File {
    fn json(&self, path: &[u8]) -> String {
        let renamed = self
            .renamed_to
            .as_ref()
            .map_or("null".to_string(), |path| json::text(path));
        json::object(&[
            ("path", json::text(path)),
            ("opened", self.opened.to_string()),
            ("bytes_read", self.bytes_read.to_string()),
            ("bytes_written", self.bytes_written.to_string()),
            ("removed", self.removed.to_string()),
            ("renamed_to", renamed),
        ])
    }
}

impl Display for Report {
    fn fmt(&self, out: &mut Formatter) -> fmt::Result {
        let [status, signal] = ended(self.ending);
        let processes = self
            .processes
            .iter()
            .map(|(&pid, process)| process.json(pid));
        let files = self.files.iter().map(|(path, file)| file.json(path));
        out.write_str(&json::object(&[
            ("backend", json::text(self.backend.as_bytes())),
            (
                "command",
                json::array(self.command.iter().map(|word| json::text(word))),
            ),
            status,
            signal,
            ("processes", json::array(processes)),
            ("files", json::array(files)),
            ("lost", self.lost.to_string()),
        ]))
    }
}

fn words(command: &[u8]) -> String {
    let command = command.strip_suffix(b"\0").unwrap_or(command);
    json::array(command.split(|&byte| byte == 0).map(json::text))
}

fn ended(ending: Option<Ending>) -> [(&'static str, String); 2] {
    let (status, signal) = match ending {
        Some(Ending::Exit(status)) => (status.to_string(), "null".to_string()),
        Some(Ending::Signal(signal)) => ("null".to_string(), signal.to_string()),
        None => ("null".to_string(), "null".to_string()),
    };
    [("exit_status", status), ("signal", signal)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(events: &[Event<&str>]) -> String {
        let mut report = Report::new("test", vec![b"ls".to_vec()]);
        events.iter().for_each(|event| report.note(5, event));
        report.to_string()
    }

    #[test]
    fn what_happened_to_one_file_adds_up() {
        let said = after(&[
            Event::Opened("/x"),
            Event::Read("/x", 3),
            Event::Read("/x", 4),
            Event::Renamed("/x", "/y"),
        ]);
        let file = "\"path\": \"/x\", \"opened\": 1, \"bytes_read\": 7, \"bytes_written\": 0, \"removed\": 0, \"renamed_to\": \"/y\"";
        assert!(said.contains(file), "{said}");
    }

    #[test]
    fn a_program_counts_once_whether_attempted_loaded_or_both() {
        let attempt = || Event::Attempted("./x\0");
        for (events, commands) in [
            (vec![attempt()], "[[\"./x\"]]"),
            (vec![attempt(), Event::Refused], "[]"),
            (
                vec![attempt(), Event::Loaded("sh\0./x\0")],
                "[[\"sh\", \"./x\"]]",
            ),
            (vec![attempt(), attempt()], "[[\"./x\"], [\"./x\"]]"),
        ] {
            assert!(
                after(&events).contains(&format!("\"commands\": {commands}")),
                "{events:?}"
            );
        }
    }

    #[test]
    fn a_process_that_was_not_seen_to_end_has_neither_status_nor_signal() {
        let said = after(&[Event::Started { parent: 4 }]);
        assert!(said.contains("{\"pid\": 5, \"parent\": 4, \"commands\": [], \"exit_status\": null, \"signal\": null}"));
    }

    #[test]
    fn what_could_not_be_read_is_counted() {
        assert!(after(&[Event::Lost, Event::Lost]).ends_with("\"lost\": 2}"));
    }
}
