//! Lets a C compiler that brings the Linux headers of both CPUs judge every number of this crate.
//!
//!     ZIG="python3 -m ziglang" cargo test -p linux -- --include-ignored

use linux::arch::{Arch, Call, AARCH64, X86_64};
use linux::numbers::{ACCESS, ANSWERS, CODES, INTEGERS};
use std::io::Write;
use std::process::{Command, Output, Stdio};

const HEADERS: [&str; 22] = [
    "asm/unistd.h",
    "elf.h",
    "errno.h",
    "fcntl.h",
    "linux/audit.h",
    "linux/bpf.h",
    "linux/filter.h",
    "linux/if_link.h",
    "linux/landlock.h",
    "linux/perf_event.h",
    "linux/seccomp.h",
    "poll.h",
    "sched.h",
    "signal.h",
    "stddef.h",
    "sys/mman.h",
    "sys/mount.h",
    "sys/prctl.h",
    "sys/resource.h",
    "sys/user.h",
    "sys/wait.h",
    "unistd.h",
];
// Some of the numbers are enumerators in one header and macros in the other: not both can be included.
const PTRACE: &str = "sys/ptrace.h";

fn equal(c: &str, value: i64) -> String {
    format!("_Static_assert(({c}) == {value}, \"{c} is not {value}\");\n")
}

fn call(arch: &Arch, call: Call) -> String {
    let name = format!("__NR_{}", call.name());
    match arch.number(call) {
        Some(number) => equal(&name, number.into()),
        None => format!("#ifdef {name}\n#error {name} exists\n#endif\n"),
    }
}

/// `fields`: where a call's number, result and six arguments are, the program counter and the stack pointer, in C.
fn claims(arch: &Arch, audit: &str, fields: [&str; 10]) -> String {
    let mut text: String = HEADERS
        .iter()
        .chain([&PTRACE])
        .map(|header| format!("#include <{header}>\n"))
        .collect();
    text += &equal(audit, arch.audit.into());
    text += &equal(
        "sizeof(struct user_regs_struct)",
        arch.registers.words as i64 * 8,
    );
    let places = [arch.registers.number, arch.registers.result]
        .into_iter()
        .chain(arch.registers.arguments)
        .chain([arch.registers.counter, arch.registers.stack]);
    for (field, place) in fields.into_iter().zip(places) {
        text += &equal(
            &format!("offsetof(struct user_regs_struct, {field})"),
            place as i64 * 8,
        );
    }
    text += &equal("offsetof(struct seccomp_data, nr)", 0);
    text += &equal("offsetof(struct seccomp_data, arch)", 4);
    text += &equal("sizeof(struct sock_filter)", 8);
    text += &equal("sizeof(struct landlock_path_beneath_attr)", 12);
    for (name, value) in [INTEGERS, ANSWERS, ACCESS, CODES].concat() {
        text += &equal(name, value);
    }
    text + &Call::ALL
        .iter()
        .map(|&one| call(arch, one))
        .collect::<String>()
}

fn compile(arch: &Arch, text: &str) -> Output {
    let zig = std::env::var("ZIG").expect("ZIG names a zig, such as `python3 -m ziglang`");
    let mut words = zig.split_whitespace();
    let object =
        std::env::temp_dir().join(format!("headers-{}-{}.o", std::process::id(), arch.name));
    let mut child = Command::new(words.next().expect("ZIG is not empty"))
        .args(words)
        .args(["cc", "-target", &format!("{}-linux-gnu", arch.name)])
        .args(["-D_GNU_SOURCE", "-x", "c", "-c", "-", "-o"])
        .arg(&object)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ZIG runs");
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let said = child.wait_with_output().unwrap();
    let _ = std::fs::remove_file(object);
    said
}

fn accept(arch: &Arch, audit: &str, fields: [&str; 10]) {
    let said = compile(arch, &claims(arch, audit, fields));
    assert!(
        said.status.success(),
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
}

#[test]
#[ignore = "needs ZIG"]
fn the_headers_of_x86_64_agree() {
    let fields = [
        "orig_rax", "rax", "rdi", "rsi", "rdx", "r10", "r8", "r9", "rip", "rsp",
    ];
    accept(&X86_64, "AUDIT_ARCH_X86_64", fields);
}

#[test]
#[ignore = "needs ZIG"]
fn the_headers_of_aarch64_agree() {
    let fields = [
        "regs[8]", "regs[0]", "regs[0]", "regs[1]", "regs[2]", "regs[3]", "regs[4]", "regs[5]",
        "pc", "sp",
    ];
    accept(&AARCH64, "AUDIT_ARCH_AARCH64", fields);
}

#[test]
#[ignore = "needs ZIG"]
fn a_number_of_the_other_cpu_is_refused() {
    let wrong = format!("#include <asm/unistd.h>\n{}", call(&X86_64, Call::Openat));
    let said = compile(&AARCH64, &wrong);
    assert!(String::from_utf8_lossy(&said.stderr).contains("__NR_openat is not 257"));
    let absent = format!("#include <asm/unistd.h>\n{}", call(&AARCH64, Call::Open));
    assert!(String::from_utf8_lossy(&compile(&X86_64, &absent).stderr).contains("__NR_open exists"));
}
