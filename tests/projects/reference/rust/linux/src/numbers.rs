//! Constants that are the same on every CPU, under their names in C.

use std::os::raw::{c_int, c_ushort};

/// Declares constants, and the list by which `tests/headers.rs` finds every one of them.
macro_rules! numbers {
    ($list:ident: $kind:ty; $($name:ident = $value:expr;)*) => {
        $(pub const $name: $kind = $value;)*
        pub const $list: &[(&str, i64)] = &[$((stringify!($name), $name as i64)),*];
    };
}

numbers! { INTEGERS: c_int;
    PTRACE_TRACEME = 0;
    PTRACE_DETACH = 17;
    PTRACE_SYSCALL = 24;
    PTRACE_SETOPTIONS = 0x4200;
    PTRACE_GETEVENTMSG = 0x4201;
    PTRACE_GETSIGINFO = 0x4202;
    PTRACE_GETREGSET = 0x4204;
    PTRACE_SEIZE = 0x4206;
    PTRACE_INTERRUPT = 0x4207;
    NT_PRSTATUS = 1;
    PTRACE_O_TRACESYSGOOD = 0x1;
    PTRACE_O_TRACEFORK = 0x2;
    PTRACE_O_TRACEVFORK = 0x4;
    PTRACE_O_TRACECLONE = 0x8;
    PTRACE_O_TRACEEXEC = 0x10;
    PTRACE_O_EXITKILL = 0x100000;
    PTRACE_EVENT_FORK = 1;
    PTRACE_EVENT_VFORK = 2;
    PTRACE_EVENT_CLONE = 3;
    PTRACE_EVENT_EXEC = 4;
    __WALL = 0x4000_0000;
    SIGTRAP = 5;
    SIGSTOP = 19;
    PR_SET_SECCOMP = 22;
    PR_SET_NO_NEW_PRIVS = 38;
    PR_GET_NO_NEW_PRIVS = 39;
    SECCOMP_MODE_FILTER = 2;
    AT_FDCWD = -100;
    O_WRONLY = 0o1;
    O_APPEND = 0o2000;
    O_CLOEXEC = 0o2000000;
    O_PATH = 0o10000000;
    EPERM = 1;
    ESRCH = 3;
    EINTR = 4;
    ECHILD = 10;
    EINVAL = 22;
    ENOSYS = 38;
    EOPNOTSUPP = 95;
    BPF_MAP_CREATE = 0;
    BPF_MAP_LOOKUP_ELEM = 1;
    BPF_MAP_UPDATE_ELEM = 2;
    BPF_MAP_DELETE_ELEM = 3;
    BPF_PROG_LOAD = 5;
    BPF_LINK_CREATE = 28;
    BPF_PROG_TYPE_TRACEPOINT = 5;
    BPF_PROG_TYPE_XDP = 6;
    BPF_PSEUDO_MAP_FD = 1;
    BPF_XDP = 37;
    XDP_FLAGS_SKB_MODE = 1 << 1;
    XDP_FLAGS_DRV_MODE = 1 << 2;
    PERF_TYPE_TRACEPOINT = 2;
    PERF_FLAG_FD_CLOEXEC = 8;
    PERF_EVENT_IOC_ENABLE = 0x2400;
    PERF_EVENT_IOC_SET_BPF = 0x4004_2408;
    RLIMIT_MEMLOCK = 8;
    CLONE_NEWNS = 0x20000;
    MS_REC = 0x4000;
    MS_PRIVATE = 0x40000;
    MAP_SHARED = 1;
    PROT_READ = 1;
    PROT_WRITE = 2;
    POLLIN = 1;
    _SC_PAGESIZE = 30;
    F_DUPFD = 0;
    F_DUPFD_CLOEXEC = 1030;
    LANDLOCK_CREATE_RULESET_VERSION = 1;
    LANDLOCK_RULE_PATH_BENEATH = 1;
}

// What a seccomp filter answers.
numbers! { ANSWERS: u32;
    SECCOMP_RET_KILL_PROCESS = 0x8000_0000;
    SECCOMP_RET_ERRNO = 0x0005_0000;
    SECCOMP_RET_ALLOW = 0x7fff_0000;
}

// What Landlock may keep a thread from doing.
numbers! { ACCESS: u64;
    LANDLOCK_ACCESS_FS_WRITE_FILE = 1 << 1;
    LANDLOCK_ACCESS_FS_REMOVE_DIR = 1 << 4;
    LANDLOCK_ACCESS_FS_REMOVE_FILE = 1 << 5;
    LANDLOCK_ACCESS_FS_MAKE_CHAR = 1 << 6;
    LANDLOCK_ACCESS_FS_MAKE_DIR = 1 << 7;
    LANDLOCK_ACCESS_FS_MAKE_REG = 1 << 8;
    LANDLOCK_ACCESS_FS_MAKE_SOCK = 1 << 9;
    LANDLOCK_ACCESS_FS_MAKE_FIFO = 1 << 10;
    LANDLOCK_ACCESS_FS_MAKE_BLOCK = 1 << 11;
    LANDLOCK_ACCESS_FS_MAKE_SYM = 1 << 12;
    LANDLOCK_ACCESS_FS_REFER = 1 << 13;
    LANDLOCK_ACCESS_FS_TRUNCATE = 1 << 14;
}

// The parts of a classic BPF instruction's code.
numbers! { CODES: c_ushort;
    BPF_LD = 0x00;
    BPF_W = 0x00;
    BPF_ABS = 0x20;
    BPF_JMP = 0x05;
    BPF_JEQ = 0x10;
    BPF_JGE = 0x30;
    BPF_K = 0x00;
    BPF_RET = 0x06;
}
