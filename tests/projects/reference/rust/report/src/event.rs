//! What a backend sees of a process, and the line of a log that carries it from one process to another.

use linux::Ending;

/// A command is its words, each ended by a NUL, as in `/proc/PID/cmdline`.
#[derive(Debug, PartialEq)]
pub enum Event<Text> {
    /// `time` tells it from an earlier process of the same number: clock ticks since the machine started.
    Started {
        parent: u32,
        time: u64,
    },
    /// A program is about to be executed; it may turn out to be refused, or to be seen again when it has loaded.
    Attempted(Text),
    Refused,
    Loaded(Text),
    Ended(Ending),
    Opened(Text),
    Read(Text, u64),
    Written(Text, u64),
    Renamed(Text, Text),
    Removed(Text),
    /// Something happened that could not be read.
    Lost,
}

/// One event of a process as a line of text: `PID KIND NUMBER TEXT TEXT`, without any allocation, because the code that
/// writes it may run between vfork and exec, on memory that belongs to a suspended parent.
pub struct Line {
    bytes: [u8; Line::SIZE],
    length: usize,
}

impl Line {
    /// Two paths of PATH_MAX fit.
    const SIZE: usize = 8448;

    /// An event that does not fit becomes `Lost`.
    pub fn new(pid: u32, event: &Event<&[u8]>) -> Self {
        let mut line = Line {
            bytes: [0; Line::SIZE],
            length: 0,
        };
        if !line.fill(pid, event) {
            line.length = 0;
            line.fill(pid, &Event::Lost);
        }
        line
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Reads a line again, without its newline; None for one that was never written here.
    pub fn parse(line: &[u8]) -> Option<(u32, Event<Vec<u8>>)> {
        let fields: Vec<&[u8]> = line.split(|&byte| byte == b' ').collect();
        let [pid, kind, number, one, two] = fields[..] else {
            return None;
        };
        let number: u64 = std::str::from_utf8(number).ok()?.parse().ok()?;
        let (one, two) = (unescaped(one)?, unescaped(two)?);
        let event = match kind {
            b"started" => Event::Started {
                parent: number as u32,
                time: std::str::from_utf8(&one).ok()?.parse().ok()?,
            },
            b"attempted" => Event::Attempted(one),
            b"refused" => Event::Refused,
            b"loaded" => Event::Loaded(one),
            b"exit" => Event::Ended(Ending::Exit(number as i32)),
            b"signal" => Event::Ended(Ending::Signal(number as i32)),
            b"opened" => Event::Opened(one),
            b"read" => Event::Read(one, number),
            b"written" => Event::Written(one, number),
            b"renamed" => Event::Renamed(one, two),
            b"removed" => Event::Removed(one),
            b"lost" => Event::Lost,
            _ => return None,
        };
        Some((std::str::from_utf8(pid).ok()?.parse().ok()?, event))
    }

    fn fill(&mut self, pid: u32, event: &Event<&[u8]>) -> bool {
        let mut digits = [0; 20];
        let (kind, number, one, two): (&str, u64, &[u8], &[u8]) = match *event {
            Event::Started { parent, time } => {
                ("started", parent.into(), decimal(time, &mut digits), b"")
            }
            Event::Attempted(command) => ("attempted", 0, command, b""),
            Event::Refused => ("refused", 0, b"", b""),
            Event::Loaded(command) => ("loaded", 0, command, b""),
            Event::Ended(Ending::Exit(status)) => ("exit", status as u64, b"", b""),
            Event::Ended(Ending::Signal(signal)) => ("signal", signal as u64, b"", b""),
            Event::Opened(path) => ("opened", 0, path, b""),
            Event::Read(path, bytes) => ("read", bytes, path, b""),
            Event::Written(path, bytes) => ("written", bytes, path, b""),
            Event::Renamed(from, to) => ("renamed", 0, from, to),
            Event::Removed(path) => ("removed", 0, path, b""),
            Event::Lost => ("lost", 0, b"", b""),
        };
        self.number(pid.into())
            && self.raw(b" ")
            && self.raw(kind.as_bytes())
            && self.raw(b" ")
            && self.number(number)
            && self.raw(b" ")
            && self.escaped(one)
            && self.raw(b" ")
            && self.escaped(two)
            && self.raw(b"\n")
    }

    fn raw(&mut self, bytes: &[u8]) -> bool {
        let Some(room) = self.bytes.get_mut(self.length..self.length + bytes.len()) else {
            return false;
        };
        room.copy_from_slice(bytes);
        self.length += bytes.len();
        true
    }

    fn number(&mut self, number: u64) -> bool {
        let last = [b'0' + (number % 10) as u8];
        (number < 10 || self.number(number / 10)) && self.raw(&last)
    }

    fn escaped(&mut self, text: &[u8]) -> bool {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        text.iter().all(|&byte| match byte {
            0..=b' ' | b'%' => self.raw(&[
                b'%',
                DIGITS[usize::from(byte >> 4)],
                DIGITS[usize::from(byte & 15)],
            ]),
            plain => self.raw(&[plain]),
        })
    }
}

/// The digits of a number, which stand at the end of their room.
fn decimal(mut number: u64, room: &mut [u8; 20]) -> &[u8] {
    let mut at = room.len();
    loop {
        at -= 1;
        room[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return &room[at..];
        }
    }
}

fn unescaped(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = text.iter();
    while let Some(&byte) = rest.next() {
        out.push(match byte {
            b'%' => digit(*rest.next()?)? << 4 | digit(*rest.next()?)?,
            plain => plain,
        });
    }
    Some(out)
}

fn digit(letter: u8) -> Option<u8> {
    char::from(letter).to_digit(16).map(|digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(event: &Event<&[u8]>) -> Option<(u32, Event<Vec<u8>>)> {
        let line = Line::new(1230, event);
        Line::parse(line.bytes().strip_suffix(b"\n")?)
    }

    #[test]
    fn every_event_survives_its_line() {
        let odd: &[u8] = b"/a b%20\n\xff\0";
        let paths = [
            Event::Opened(odd),
            Event::Read(odd, u64::MAX),
            Event::Written(odd, 0),
            Event::Removed(odd),
        ];
        let lives = [
            Event::Started { parent: 7, time: 0 },
            Event::Started {
                parent: 7,
                time: u64::MAX,
            },
            Event::Attempted(odd),
            Event::Refused,
            Event::Loaded(odd),
        ];
        let ends = [
            Event::Ended(Ending::Exit(3)),
            Event::Ended(Ending::Signal(9)),
            Event::Renamed(odd, b""),
            Event::Lost,
        ];
        for event in paths.iter().chain(&lives).chain(&ends) {
            let (pid, again) = there_and_back(event).unwrap();
            assert_eq!(pid, 1230);
            assert_eq!(format!("{again:?}"), format!("{event:?}"));
        }
    }

    #[test]
    fn an_event_too_long_for_a_line_is_counted_as_lost() {
        assert_eq!(
            there_and_back(&Event::Opened(&[b'x'; 9000])),
            Some((1230, Event::Lost))
        );
    }

    #[test]
    fn a_line_that_was_not_written_here_is_no_event() {
        for line in [
            "",
            "1 opened 0 /x",
            "x opened 0 /x ",
            "1 sighed 0  ",
            "1 opened 0 %g0 ",
            "1 opened 0 % ",
            "1 read -1 /x ",
            "1 started 7  ",
        ] {
            assert_eq!(Line::parse(line.as_bytes()), None, "{line}");
        }
    }
}
