//! The report: what the events of all processes of a command add up to. Both backends end here, so both say the same.

use crate::{json, sha256, Event};
use linux::Ending;
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

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
    /// What was written, by its hash; see `Report::seal`.
    sha256: Option<String>,
}

/// A process by its number and start time: a number alone is used again.
type Key = (u32, u64);

#[derive(Default)]
pub struct Report {
    backend: &'static str,
    command: Vec<Vec<u8>>,
    ending: Option<Ending>,
    processes: BTreeMap<Key, Process>,
    /// When the process started that has a number now.
    times: HashMap<u32, u64>,
    files: BTreeMap<Vec<u8>, File>,
    lost: u64,
    /// Names of system calls that the backend could not watch here.
    pub unwatched: Vec<&'static str>,
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
            of_its_life => {
                if let Event::Started { time, .. } = of_its_life {
                    self.meet(pid, *time);
                }
                self.process(pid).note(of_its_life);
            }
        }
    }

    /// A number belongs to the process that started last; what was seen of it before is its own.
    fn meet(&mut self, pid: u32, time: u64) {
        if self.times.insert(pid, time).is_none() {
            if let Some(unmet) = self.processes.remove(&(pid, 0)) {
                self.processes.insert((pid, time), unmet);
            }
        }
    }

    fn process(&mut self, pid: u32) -> &mut Process {
        let time = self.times.get(&pid).copied().unwrap_or(0);
        self.processes.entry((pid, time)).or_default()
    }

    /// Hashes every file that was written and is still there, under its last name: to be called once, at the end.
    pub fn seal(&mut self) {
        for (path, file) in &mut self.files {
            if file.bytes_written > 0 {
                file.sha256 = hash(file.renamed_to.as_ref().unwrap_or(path));
            }
        }
    }

    /// How the command itself ended, as its parent learned it.
    pub fn end(&mut self, pid: u32, ending: Ending) {
        self.ending = Some(ending);
        self.process(pid).ending = Some(ending);
    }

    pub fn saw(&self, pid: u32) -> bool {
        self.times.contains_key(&pid)
    }

    fn file(&mut self, path: &impl AsRef<[u8]>) -> &mut File {
        self.files.entry(path.as_ref().to_vec()).or_default()
    }
}

impl Process {
    fn note<Text: AsRef<[u8]>>(&mut self, event: &Event<Text>) {
        match event {
            // told again after every execve, and by then it may be an orphan
            Event::Started { parent, .. } if self.parent == 0 => self.parent = *parent,
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

    fn json(&self, (pid, time): Key) -> String {
        let commands = self
            .commands
            .iter()
            .chain(&self.attempt)
            .map(|command| words(command));
        let [status, signal] = ended(self.ending);
        json::object(&[
            ("pid", pid.to_string()),
            ("started", time.to_string()),
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
        let sha256 = self
            .sha256
            .as_ref()
            .map_or("null".to_string(), |hash| json::text(hash.as_bytes()));
        json::object(&[
            ("path", json::text(path)),
            ("opened", self.opened.to_string()),
            ("bytes_read", self.bytes_read.to_string()),
            ("bytes_written", self.bytes_written.to_string()),
            ("removed", self.removed.to_string()),
            ("renamed_to", renamed),
            ("sha256", sha256),
        ])
    }
}

impl Display for Report {
    fn fmt(&self, out: &mut Formatter) -> fmt::Result {
        let [status, signal] = ended(self.ending);
        let processes = self
            .processes
            .iter()
            .map(|(&key, process)| process.json(key));
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
            (
                "unwatched",
                json::array(
                    self.unwatched
                        .iter()
                        .map(|name| json::text(name.as_bytes())),
                ),
            ),
        ]))
    }
}

/// The hash of a regular file; None for anything else: a pipe would be read for ever.
fn hash(path: &[u8]) -> Option<String> {
    let path = Path::new(OsStr::from_bytes(path));
    let regular = fs::metadata(path).ok()?.is_file();
    regular
        .then(|| sha256::hexadecimal(fs::File::open(path).ok()?).ok())
        .flatten()
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
        let file = "\"path\": \"/x\", \"opened\": 1, \"bytes_read\": 7, \"bytes_written\": 0, \"removed\": 0, \"renamed_to\": \"/y\", \"sha256\": null";
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
        let said = after(&[Event::Started { parent: 4, time: 9 }]);
        assert!(said.contains("{\"pid\": 5, \"started\": 9, \"parent\": 4, \"commands\": [], \"exit_status\": null, \"signal\": null}"));
    }

    #[test]
    fn a_number_that_is_used_again_is_another_process() {
        let started = |time| Event::Started { parent: 4, time };
        let ended = |status| Event::Ended(Ending::Exit(status));
        let said = after(&[started(1), ended(2), started(9), ended(3)]);
        let life = |time, status| {
            format!(
                "\"started\": {time}, \"parent\": 4, \"commands\": [], \"exit_status\": {status},"
            )
        };
        assert!(
            said.contains(&life(1, 2)) && said.contains(&life(9, 3)),
            "{said}"
        );
    }

    #[test]
    fn a_process_that_tells_twice_that_it_started_is_one_and_so_is_one_that_was_seen_before() {
        let started = || Event::Started { parent: 4, time: 1 };
        let said = after(&[Event::Attempted("x\0"), started(), started()]);
        assert_eq!(said.matches("\"pid\"").count(), 1, "{said}");
    }

    #[test]
    fn what_was_written_is_hashed_under_its_last_name_and_nothing_else_is() {
        let name = |part| {
            format!(
                "{}/report-{}-{part}",
                std::env::temp_dir().display(),
                std::process::id()
            )
        };
        let (written, renamed, read) = (name("a"), name("b"), name("c"));
        fs::write(&renamed, "abc").unwrap();
        fs::write(&read, "abc").unwrap();
        let mut report = Report::new("test", Vec::new());
        for event in [
            Event::Written(written.as_str(), 3),
            Event::Renamed(&written, &renamed),
            Event::Read(&read, 3),
            Event::Written("/dev/null", 3),
        ] {
            report.note(5, &event);
        }
        report.seal();
        let said = report.to_string();
        assert_eq!(
            said.matches("\"sha256\": \"ba7816bf8f01cfea").count(),
            1,
            "{said}"
        );
        assert_eq!(said.matches("\"sha256\": null").count(), 2, "{said}");
        [renamed, read]
            .iter()
            .for_each(|file| fs::remove_file(file).unwrap());
    }

    #[test]
    fn what_could_not_be_read_is_counted() {
        assert!(after(&[Event::Lost, Event::Lost]).contains("\"lost\": 2,"));
    }
}
