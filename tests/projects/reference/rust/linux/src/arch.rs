//! Everything that differs between CPUs, and nothing else does: system call numbers, the audit value that a seccomp
//! filter must ask for, and where a stopped process's registers hold a call.
//!
//! Both CPUs are plain data and always compiled, so that either can be checked on the other. A call that a CPU does
//! not have is `-` in the table and `None` in the code: there is no number that could be taken for another call's.

/// One CPU.
pub struct Arch {
    pub name: &'static str,
    /// AUDIT_ARCH_…: `seccomp_data.arch` of a native call.
    pub audit: u32,
    pub registers: Registers,
    /// The lowest number that belongs to another calling convention under the same audit value (x32 on x86-64).
    pub foreign_calls: Option<u32>,
    numbers: fn(Call) -> Option<u32>,
}

/// `struct user_regs_struct`, what PTRACE_GETREGSET fills for NT_PRSTATUS: how many 64-bit words, and which is which.
pub struct Registers {
    pub words: usize,
    pub number: usize,
    pub result: usize,
    pub arguments: [usize; 6],
    /// The program counter, and the stack pointer.
    pub counter: usize,
    pub stack: usize,
}

pub static X86_64: Arch = Arch {
    name: "x86_64",
    audit: 0xc000_003e,
    registers: Registers {
        words: 27,
        number: 15, // orig_rax: rax itself is overwritten by the result
        result: 10,
        arguments: [14, 13, 12, 7, 9, 8], // rdi, rsi, rdx, r10, r8, r9
        counter: 16,
        stack: 19,
    },
    foreign_calls: Some(0x4000_0000),
    numbers: x86_64,
};

pub static AARCH64: Arch = Arch {
    name: "aarch64",
    audit: 0xc000_00b7,
    registers: Registers {
        words: 34,
        number: 8,
        result: 0, // x0 is the first argument too: it must be read before the call
        arguments: [0, 1, 2, 3, 4, 5],
        counter: 32,
        stack: 31,
    },
    foreign_calls: None,
    numbers: aarch64,
};

/// The CPU this is compiled for.
#[cfg(target_arch = "x86_64")]
pub static HERE: &Arch = &X86_64;
#[cfg(target_arch = "aarch64")]
pub static HERE: &Arch = &AARCH64;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
compile_error!("a CPU without a column in the table of system calls");

impl Arch {
    /// The number of a call, where this CPU has it.
    pub fn number(&self, call: Call) -> Option<u32> {
        (self.numbers)(call)
    }

    /// The call that has a number, where it is one that is known here.
    pub fn call(&self, number: u64) -> Option<Call> {
        Call::ALL
            .iter()
            .copied()
            .find(|&call| self.number(call).map(u64::from) == Some(number))
    }
}

macro_rules! number {
    (-) => {
        None
    };
    ($number:literal) => {
        Some($number)
    };
}

macro_rules! calls {
    ($($call:ident $name:ident $x86_64:tt $aarch64:tt)*) => {
        /// A system call that is traced, denied or made here.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Call { $($call),* }

        impl Call {
            pub const ALL: &'static [Call] = &[$(Call::$call),*];

            /// The name behind `__NR_` in the kernel's headers.
            pub fn name(self) -> &'static str {
                match self { $(Call::$call => stringify!($name)),* }
            }
        }

        fn x86_64(call: Call) -> Option<u32> {
            match call { $(Call::$call => number!($x86_64)),* }
        }

        fn aarch64(call: Call) -> Option<u32> {
            match call { $(Call::$call => number!($aarch64)),* }
        }
    };
}

calls! {
    //                                x86_64 aarch64
    Open            open              2      -
    Creat           creat             85     -
    Openat          openat            257    56
    Openat2         openat2           437    437
    Close           close             3      57
    Read            read              0      63
    Pread64         pread64           17     67
    Readv           readv             19     65
    Preadv          preadv            295    69
    Preadv2         preadv2           327    286
    Write           write             1      64
    Pwrite64        pwrite64          18     68
    Writev          writev            20     66
    Pwritev         pwritev           296    70
    Pwritev2        pwritev2          328    287
    Sendfile        sendfile          40     71
    CopyFileRange   copy_file_range   326    285
    Readlinkat      readlinkat        267    78
    Rename          rename            82     -
    Renameat        renameat          264    38
    Renameat2       renameat2         316    276
    Unlink          unlink            87     -
    Unlinkat        unlinkat          263    35
    Rmdir           rmdir             84     -
    Mkdir           mkdir             83     -
    Mkdirat         mkdirat           258    34
    Link            link              86     -
    Linkat          linkat            265    37
    Symlink         symlink           88     -
    Symlinkat       symlinkat         266    36
    Chmod           chmod             90     -
    Fchmodat        fchmodat          268    53
    Stat            stat              4      -
    Newfstatat      newfstatat        262    79
    Access          access            21     -
    Faccessat       faccessat         269    48
    Dup2            dup2              33     -
    Dup             dup               32     23
    Dup3            dup3              292    24
    Fcntl           fcntl             72     25
    Chdir           chdir             80     49
    Fchdir          fchdir            81     50
    ExitGroup       exit_group        231    94
    PerfEventOpen   perf_event_open   298    241
    Fork            fork              57     -
    Vfork           vfork             58     -
    Clone           clone             56     220
    Clone3          clone3            435    435
    Execve          execve            59     221
    Execveat        execveat          322    281
    Kill            kill              62     129
    Socket          socket            41     198
    Socketpair      socketpair        53     199
    Connect         connect           42     203
    Bind            bind              49     200
    Listen          listen            50     201
    Accept          accept            43     202
    Accept4         accept4           288    242
    IoUringSetup    io_uring_setup    425    425
    Ptrace          ptrace            101    117
    ProcessVmReadv  process_vm_readv  310    270
    ProcessVmWritev process_vm_writev 311    271
    Mount           mount             165    40
    Umount2         umount2           166    39
    Unshare         unshare           272    97
    Setns           setns             308    268
    Bpf             bpf               321    280
    LandlockCreateRuleset landlock_create_ruleset 444 444
    LandlockAddRule landlock_add_rule 445    445
    LandlockRestrictSelf landlock_restrict_self 446 446
    InitModule      init_module       175    105
    KexecLoad       kexec_load        246    104
    Reboot          reboot            169    142
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_leads_back_to_its_call_on_each_cpu() {
        for arch in [&X86_64, &AARCH64] {
            for &call in Call::ALL {
                if let Some(number) = arch.number(call) {
                    assert_eq!(arch.call(number.into()), Some(call), "{}", arch.name);
                }
            }
        }
    }

    #[test]
    fn what_aarch64_lacks_is_nothing_and_not_a_number() {
        let absent = [Call::Open, Call::Stat, Call::Access, Call::Rename];
        for call in [&absent[..], &[Call::Link, Call::Dup2, Call::Fork]].concat() {
            assert_eq!(AARCH64.number(call), None);
            assert!(X86_64.number(call).is_some());
        }
    }

    #[test]
    fn an_unknown_number_is_no_call() {
        assert_eq!(X86_64.call(u64::MAX), None);
        assert_eq!(AARCH64.call(999), None);
    }
}
