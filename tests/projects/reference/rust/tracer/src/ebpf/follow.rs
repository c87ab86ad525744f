//! From records to the report: which file a descriptor of which process is, and what a relative path is relative to.

use super::record::{Record, What};
use crate::memory;
use linux::arch::Call;
use linux::numbers::{AT_FDCWD, F_DUPFD, F_DUPFD_CLOEXEC};
use linux::Ending;
use report::{Event, Report};
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};
use std::{env, fs};

type Told = Event<Vec<u8>>;

/// What a process knows its files by. A child begins with its parent's.
#[derive(Clone, Default)]
struct Process {
    folder: PathBuf,
    files: HashMap<i32, PathBuf>,
    ending: Option<Ending>,
}

/// A call of a task that has begun: its numbers and texts.
struct Begun {
    call: Call,
    values: [u64; 3],
    texts: Vec<Option<Vec<u8>>>,
}

pub struct Follower {
    pub report: Report,
    /// The process that started the command: its own calls do not count.
    own: u32,
    processes: HashMap<u32, Process>,
    /// Tasks that were announced and not seen: their parent, and what it had at that time.
    born: HashMap<u32, (u32, Process)>,
    begun: HashMap<u32, Begun>,
}

impl Follower {
    pub fn new(own: u32, report: Report) -> Self {
        Follower {
            report,
            own,
            processes: HashMap::new(),
            born: HashMap::new(),
            begun: HashMap::new(),
        }
    }

    pub fn is_anybody_there(&self) -> bool {
        !self.processes.is_empty()
    }

    /// Lets go of processes whose end was not told, because the ring was full.
    pub fn forget(&mut self, is_there: impl Fn(u32) -> bool) {
        self.processes.retain(|&pid, _| is_there(pid));
    }

    pub fn take(&mut self, record: Record) {
        let (process, task) = (record.process, record.task);
        if process == self.own {
            if let What::Forked(child) = record.what {
                self.born.insert(child, (self.own, Process::of_this_one()));
            }
            return;
        }
        self.meet(&record);
        match record.what {
            What::Entered(call, values) => {
                let texts = Vec::new();
                self.begun.insert(
                    task,
                    Begun {
                        call,
                        values,
                        texts,
                    },
                );
            }
            What::Text(text) => {
                if let Some(begun) = self.begun.get_mut(&task) {
                    begun.texts.push(text.map(<[u8]>::to_vec));
                }
            }
            What::Left(result) => self.finish(process, task, result),
            What::Forked(child) => {
                let known = self.processes.get(&process).cloned().unwrap_or_default();
                self.born.insert(child, (process, known));
            }
            What::Executed => self.executed(process, task),
            What::Ended => self.ended(process, task),
            What::Unknown => self.report.note(process, &Told::Lost),
        }
        if let (What::Entered(Call::ExitGroup, [status, ..]), Some(one)) =
            (&record.what, self.processes.get_mut(&process))
        {
            one.ending = Some(Ending::Exit(*status as i32 & 0xff));
        }
    }

    /// Notes a process at its first record.
    fn meet(&mut self, record: &Record) {
        let pid = record.process;
        if self.processes.contains_key(&pid) {
            return;
        }
        let (parent, known) = self.born.remove(&pid).unwrap_or_default();
        let time = match memory::start_time(pid) {
            0 => record.time / NANOSECONDS_A_TICK, // it has ended already
            time => time,
        };
        self.processes.insert(
            pid,
            Process {
                ending: None,
                ..known
            },
        );
        self.report.note(pid, &Told::Started { parent, time });
    }

    fn executed(&mut self, pid: u32, task: u32) {
        let words = self
            .begun
            .get(&task)
            .map(|begun| begun.texts.concat_words());
        match words.flatten() {
            Some(command) => self.report.note(pid, &Event::Loaded(command)),
            None => self.report.note(pid, &Told::Lost),
        }
        // what was to be closed is closed now, which no call tells
        if let (Some(files), Some(one)) = (memory::files(pid), self.processes.get_mut(&pid)) {
            one.files = files;
        }
    }

    fn ended(&mut self, pid: u32, task: u32) {
        self.begun.remove(&task);
        self.born.remove(&task);
        if pid == task {
            let ending = self.processes.remove(&pid).and_then(|one| one.ending);
            if let Some(ending) = ending {
                self.report.note(pid, &Told::Ended(ending));
            }
        }
    }

    fn finish(&mut self, pid: u32, task: u32, result: i64) {
        let Some(begun) = self.begun.remove(&task) else {
            return; // it had begun before it was tracked
        };
        let Ok(result) = u64::try_from(result) else {
            return; // it failed
        };
        for event in self.meaning(pid, &begun, result) {
            self.report.note(pid, &event);
        }
    }

    fn meaning(&mut self, pid: u32, begun: &Begun, result: u64) -> Vec<Told> {
        let Some(process) = self.processes.get_mut(&pid) else {
            return Vec::new();
        };
        let [a, b, c] = begun.values;
        match begun.call {
            Call::Open | Call::Creat | Call::Openat | Call::Openat2 => process.open(begun, result),
            Call::Read | Call::Pread64 | Call::Readv | Call::Preadv | Call::Preadv2 => {
                process.read(a, result).into_iter().collect()
            }
            Call::Write | Call::Pwrite64 | Call::Writev | Call::Pwritev | Call::Pwritev2 => {
                process.written(a, result).into_iter().collect()
            }
            Call::Sendfile => [process.read(b, result), process.written(a, result)]
                .into_iter()
                .flatten()
                .collect(),
            Call::CopyFileRange => [process.read(a, result), process.written(c, result)]
                .into_iter()
                .flatten()
                .collect(),
            Call::Unlink | Call::Rmdir | Call::Unlinkat => process.remove(begun),
            Call::Rename | Call::Renameat | Call::Renameat2 => self.rename(pid, begun),
            _ => process.rearrange(begun, result),
        }
    }

    /// A file that was renamed has its new name in every process that has it open.
    fn rename(&mut self, pid: u32, begun: &Begun) -> Vec<Told> {
        let process = &self.processes[&pid];
        let Some((from, to)) = process.entry(begun, 0).zip(process.entry(begun, 1)) else {
            return vec![Event::Lost];
        };
        for one in self.processes.values_mut() {
            one.files
                .values_mut()
                .filter(|file| **file == from)
                .for_each(|file| file.clone_from(&to));
        }
        vec![Event::Renamed(bytes(from), bytes(to))]
    }
}

/// The unit of a process's start time; USER_HZ is 100 on both CPUs.
const NANOSECONDS_A_TICK: u64 = 1_000_000_000 / 100;

impl Process {
    fn of_this_one() -> Self {
        Process {
            folder: env::current_dir().unwrap_or_default(),
            files: memory::files(std::process::id()).unwrap_or_default(),
            ending: None,
        }
    }

    fn open(&mut self, begun: &Begun, descriptor: u64) -> Vec<Told> {
        let Some(path) = self.path(begun, 0) else {
            return vec![Event::Lost];
        };
        let real = real(&path);
        self.files.insert(descriptor as i32, real.clone());
        vec![Event::Opened(bytes(real))]
    }

    fn read(&self, descriptor: u64, count: u64) -> Option<Told> {
        let file = self.files.get(&(descriptor as i32))?;
        Some(Event::Read(bytes(file.clone()), count))
    }

    fn written(&self, descriptor: u64, count: u64) -> Option<Told> {
        let file = self.files.get(&(descriptor as i32))?;
        Some(Event::Written(bytes(file.clone()), count))
    }

    fn remove(&self, begun: &Begun) -> Vec<Told> {
        let path = self.entry(begun, 0);
        vec![path.map_or(Event::Lost, |path| Event::Removed(bytes(path)))]
    }

    /// Handles the calls that change what descriptors and relative paths mean, and nothing else.
    fn rearrange(&mut self, begun: &Begun, result: u64) -> Vec<Told> {
        let [descriptor, command, _] = begun.values.map(|value| value as i32);
        match begun.call {
            Call::Close => drop(self.files.remove(&descriptor)),
            Call::Dup | Call::Dup2 | Call::Dup3 => self.copy(descriptor, result),
            Call::Fcntl if [F_DUPFD, F_DUPFD_CLOEXEC].contains(&command) => {
                self.copy(descriptor, result)
            }
            Call::Fchdir => self.folder = self.files.get(&descriptor).cloned().unwrap_or_default(),
            Call::Chdir => {
                self.folder = self
                    .path(begun, 0)
                    .map(|path| real(&path))
                    .unwrap_or_default()
            }
            _ => {}
        }
        Vec::new()
    }

    fn copy(&mut self, from: i32, to: u64) {
        match self.files.get(&from).cloned() {
            Some(path) => drop(self.files.insert(to as i32, path)),
            None => drop(self.files.remove(&(to as i32))),
        }
    }

    /// The path that a text of a call names, absolute.
    fn path(&self, begun: &Begun, index: usize) -> Option<PathBuf> {
        let text = begun.texts.get(index)?.as_deref()?;
        let of_folder = matches!(
            begun.call,
            Call::Openat | Call::Openat2 | Call::Unlinkat | Call::Renameat | Call::Renameat2
        );
        let folder = match begun.values[index] as i32 {
            descriptor if of_folder && descriptor != AT_FDCWD => self.files.get(&descriptor),
            _ => Some(&self.folder),
        };
        let text = Path::new(OsStr::from_bytes(text));
        match folder {
            Some(folder) => Some(folder.join(text)),
            None => text.is_absolute().then(|| text.into()),
        }
    }

    /// The same for an entry of a folder, which is not followed if it is a link.
    fn entry(&self, begun: &Begun, index: usize) -> Option<PathBuf> {
        let path = self.path(begun, index)?;
        Some(real(path.parent()?).join(path.file_name()?))
    }
}

/// The path without links and detours; one that is not there any more, as it would be without links.
fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) if folder.exists() => real(folder).join(name),
        _ => plain(path),
    })
}

fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut done, part| {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(done.pop()),
            other => done.push(other),
        }
        done
    })
}

fn bytes(path: PathBuf) -> Vec<u8> {
    OsString::into_vec(path.into())
}

trait Words {
    fn concat_words(&self) -> Option<Vec<u8>>;
}

impl Words for Vec<Option<Vec<u8>>> {
    /// A command as `/proc/PID/cmdline` has it; None where a word could not be read.
    fn concat_words(&self) -> Option<Vec<u8>> {
        let words = self
            .iter()
            .map(|word| word.as_ref().map(|word| [word, &b"\0"[..]].concat()));
        words
            .collect::<Option<Vec<_>>>()
            .map(|words| words.concat())
    }
}
