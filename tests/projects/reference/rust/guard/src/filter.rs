//! A seccomp filter: a classic BPF program over `struct seccomp_data`, whose first words are the call's number and the
//! audit value of its CPU mode. A number means nothing without that: 59 is execve on x86-64 and pipe2 on aarch64.

use linux::arch::Arch;
use linux::numbers::*;

const NUMBER_AT: u32 = 0;
const ARCH_AT: u32 = 4;

/// `struct sock_filter`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Instruction {
    code: u16,
    if_true: u8,
    if_false: u8,
    value: u32,
}

pub struct Filter(pub Vec<Instruction>);

impl Filter {
    /// The program that answers EPERM to these calls, kills for a foreign calling convention, and allows the rest. None
    /// where it would be longer than the kernel takes.
    pub fn denying(arch: &Arch, denied: &[u32]) -> Option<Self> {
        let mut program = vec![load(ARCH_AT)];
        program.extend(unless(
            BPF_JEQ,
            arch.audit,
            answer(SECCOMP_RET_KILL_PROCESS),
        ));
        program.push(load(NUMBER_AT));
        if let Some(first) = arch.foreign_calls {
            program.extend(when(BPF_JGE, first, answer(SECCOMP_RET_KILL_PROCESS)));
        }
        let refusal = answer(SECCOMP_RET_ERRNO | EPERM as u32);
        program.extend(
            denied
                .iter()
                .flat_map(|&number| when(BPF_JEQ, number, refusal)),
        );
        program.push(answer(SECCOMP_RET_ALLOW));
        (program.len() <= Self::LONGEST).then_some(Filter(program))
    }

    /// BPF_MAXINSNS.
    const LONGEST: usize = 4096;
}

fn load(at: u32) -> Instruction {
    instruction(BPF_LD | BPF_W | BPF_ABS, at)
}

fn answer(value: u32) -> Instruction {
    instruction(BPF_RET | BPF_K, value)
}

/// `then` where the comparison with what was loaded holds.
fn when(comparison: u16, value: u32, then: Instruction) -> [Instruction; 2] {
    let jump = instruction(BPF_JMP | comparison | BPF_K, value);
    [
        Instruction {
            if_false: 1,
            ..jump
        },
        then,
    ]
}

/// `then` where it does not hold.
fn unless(comparison: u16, value: u32, then: Instruction) -> [Instruction; 2] {
    let jump = instruction(BPF_JMP | comparison | BPF_K, value);
    [Instruction { if_true: 1, ..jump }, then]
}

fn instruction(code: u16, value: u32) -> Instruction {
    Instruction {
        code,
        if_true: 0,
        if_false: 0,
        value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linux::arch::{Call, AARCH64, X86_64};

    const REFUSED: u32 = SECCOMP_RET_ERRNO | EPERM as u32;

    /// Runs a filter as the kernel would: what it answers to a call of a CPU mode.
    fn verdict(filter: &Filter, audit: u32, number: u32) -> u32 {
        let (mut at, mut loaded) = (0, 0);
        loop {
            let Instruction {
                code,
                if_true,
                if_false,
                value,
            } = filter.0[at];
            let holds = match code {
                code if code == BPF_LD | BPF_W | BPF_ABS => {
                    loaded = if value == ARCH_AT { audit } else { number };
                    true
                }
                code if code == BPF_JMP | BPF_JEQ | BPF_K => loaded == value,
                code if code == BPF_JMP | BPF_JGE | BPF_K => loaded >= value,
                _ => return value,
            };
            at += 1 + usize::from(if holds { if_true } else { if_false });
        }
    }

    #[test]
    fn a_denied_call_is_refused_and_every_other_allowed_on_each_cpu() {
        for arch in [&X86_64, &AARCH64] {
            let [socket, execve] =
                [Call::Socket, Call::Execve].map(|call| arch.number(call).unwrap());
            let filter = Filter::denying(arch, &[execve, socket]).unwrap();
            assert_eq!(verdict(&filter, arch.audit, socket), REFUSED);
            assert_eq!(verdict(&filter, arch.audit, execve), REFUSED);
            assert_eq!(verdict(&filter, arch.audit, socket + 1), SECCOMP_RET_ALLOW);
        }
    }

    #[test]
    fn a_call_of_another_cpu_mode_is_killed_whatever_its_number() {
        let filter = Filter::denying(&AARCH64, &[1]).unwrap();
        assert_eq!(verdict(&filter, X86_64.audit, 2), SECCOMP_RET_KILL_PROCESS);
        let filter = Filter::denying(&X86_64, &[]).unwrap();
        let x32 = 0x4000_0000 | 41;
        assert_eq!(
            verdict(&filter, X86_64.audit, x32),
            SECCOMP_RET_KILL_PROCESS
        );
        assert_eq!(verdict(&filter, AARCH64.audit, 2), SECCOMP_RET_KILL_PROCESS);
    }

    #[test]
    fn a_filter_longer_than_the_kernel_takes_is_none() {
        assert!(Filter::denying(&X86_64, &[7; 2044]).is_some());
        assert!(Filter::denying(&X86_64, &[7; 2045]).is_none());
    }
}
