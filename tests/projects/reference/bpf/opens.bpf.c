/* Counts how often each process opens a file: an eBPF program for the tracepoint syscalls/sys_enter_openat.
 *
 * Built by `zig cc -target bpfel-freestanding`, so that it needs neither kernel headers nor libbpf, and is the same
 * object on every host. Maps are described by BTF (`-g`), as libbpf and the kernel want it. */

typedef unsigned int u32;
typedef unsigned long long u64;

#define SECTION(name) __attribute__((section(name), used))

enum { MAP_TYPE_HASH = 1, UPDATE_ONLY_NEW = 1 }; /* BPF_MAP_TYPE_HASH, BPF_NOEXIST */

/* Helpers are called by number; the kernel's bpf.h calls these BPF_FUNC_…. */
static void *(*const map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*const map_update_elem)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static u64 (*const get_current_pid_tgid)(void) = (void *)14;

struct {
    int (*type)[MAP_TYPE_HASH];
    int (*max_entries)[4096];
    u32 *key;
    u64 *value;
} opens SECTION(".maps");

SECTION("tracepoint/syscalls/sys_enter_openat")
int count_open(void *context)
{
    u32 process = get_current_pid_tgid() >> 32;
    u64 one = 1, *count = map_lookup_elem(&opens, &process);
    (void)context;
    if (count)
        __sync_fetch_and_add(count, 1);
    else
        map_update_elem(&opens, &process, &one, UPDATE_ONLY_NEW);
    return 0;
}

const char licence[] SECTION("license") = "GPL";
