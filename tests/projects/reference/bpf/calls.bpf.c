/* Tells user space what some tasks do with files: eBPF programs for five tracepoints.
 *
 * Every system call passes two of them. Which calls are of interest, and which of their arguments are paths, is a table
 * (`shapes`) that the loader fills with this CPU's numbers: a tracepoint for each call would take the kernel 70 ms each
 * to let go of.
 *
 * Built by `zig cc -target bpfel-freestanding` like opens.bpf.c. Needs Linux 5.8 (ring buffers). */

typedef unsigned int u32;
typedef unsigned long long u64;

#define SECTION(name) __attribute__((section(name), used))
#define INLINE static __attribute__((always_inline))

enum { HASH = 1, ARRAY = 2, PERCPU_ARRAY = 6, RINGBUF = 27 }; /* BPF_MAP_TYPE_… */
enum { TEXT_ROOM = 8192, PATH_MAX = 4096, MOST_WORDS = 128, CALLS = 512 };

/* The shape of a call: where its paths are. rust/tracer/src/ebpf.rs numbers them the same. */
enum { VALUES = 1, PATH, PATH_AT, PATHS, PATHS_AT, WORDS, WORDS_AT };

/* What is told; rust/tracer/src/ebpf.rs reads the same. */
enum { ENTERED = 1, TEXT, LEFT, FORKED, EXECUTED, ENDED };

struct event {
    u32 kind;
    u32 call;    /* its number on this CPU */
    u32 process; /* tgid */
    u32 task;    /* tid */
    u64 time;    /* nanoseconds since the machine started */
    u64 values[3];
    char text[TEXT_ROOM];
};

enum { HEAD = __builtin_offsetof(struct event, text) };

struct map {
    u32 type, key, value, entries;
};

struct map tracked SECTION("maps") = {HASH, sizeof(u32), sizeof(u32), 65536};
struct map scratch SECTION("maps") = {PERCPU_ARRAY, sizeof(u32), sizeof(struct event), 1};
struct map events SECTION("maps") = {RINGBUF, 0, 0, 1 << 24};
struct map shapes SECTION("maps") = {ARRAY, sizeof(u32), sizeof(u32), CALLS};
struct map lost SECTION("maps") = {ARRAY, sizeof(u32), sizeof(u64), 1};

static void *(*const map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*const map_update_elem)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*const map_delete_elem)(void *map, const void *key) = (void *)3;
static u64 (*const get_current_pid_tgid)(void) = (void *)14;
static long (*const probe_read_user)(void *into, u32 size, const void *from) = (void *)112;
static long (*const probe_read_user_str)(void *into, u32 size, const void *from) = (void *)114;
static u64 (*const ktime_get_boot_ns)(void) = (void *)125;
static long (*const ringbuf_output)(void *ring, void *data, u64 size, u64 flags) = (void *)130;

/* The event to fill, for a task that is tracked; otherwise none. */
INLINE struct event *begin(u32 kind, u32 call)
{
    u64 both = get_current_pid_tgid();
    u32 task = both, zero = 0;
    struct event *event = map_lookup_elem(&tracked, &task) ? map_lookup_elem(&scratch, &zero) : 0;
    if (event) {
        event->kind = kind;
        event->call = call;
        event->process = both >> 32;
        event->task = task;
        event->time = ktime_get_boot_ns();
        event->values[0] = event->values[1] = event->values[2] = 0;
    }
    return event;
}

INLINE void send(struct event *event, u64 length)
{
    u32 zero = 0;
    u64 *count;
    if (ringbuf_output(&events, event, HEAD + (length & (TEXT_ROOM - 1)), 0) && (count = map_lookup_elem(&lost, &zero)))
        __sync_fetch_and_add(count, 1);
}

/* Without its NUL; a text that cannot be read is told as one without a byte. */
INLINE void send_text(struct event *event, const void *from)
{
    long length = probe_read_user_str(event->text, PATH_MAX, from);
    event->kind = TEXT;
    event->values[0] = length <= 0; /* it could not be read */
    send(event, length > 0 ? length - 1 : 0);
}

/* The tracepoints of system calls: the call's number, and from 16 on its six arguments, or its result. */
#define NUMBER(context) (*(u32 *)((char *)(context) + 8))
#define ARGUMENT(context, index) (((u64 *)((char *)(context) + 16))[index])

/* The words of a command, one text each; what is beyond MOST_WORDS is missing. */
INLINE void words(struct event *event, const u64 *word)
{
    u64 at = 0;
    for (int index = 0; index < MOST_WORDS; index++) {
        if (probe_read_user(&at, sizeof at, word + index) || !at)
            return;
        send_text(event, (const void *)at);
    }
}

/* The shape of a call; 0 for one that is of no interest. */
INLINE u32 shape_of(void *context)
{
    u32 call = NUMBER(context), *shape = map_lookup_elem(&shapes, &call);
    return shape ? *shape : 0;
}

SECTION("raw_syscalls/sys_enter") int entered(void *context)
{
    u32 shape = shape_of(context);
    struct event *event = shape ? begin(ENTERED, NUMBER(context)) : 0;
    if (!event)
        return 0;
    for (int index = 0; index < 3; index++)
        event->values[index] = ARGUMENT(context, index);
    send(event, 0);
    if (shape == PATH || shape == PATHS)
        send_text(event, (const void *)ARGUMENT(context, 0));
    if (shape == PATH_AT || shape == PATHS || shape == PATHS_AT)
        send_text(event, (const void *)ARGUMENT(context, 1));
    if (shape == PATHS_AT)
        send_text(event, (const void *)ARGUMENT(context, 3));
    if (shape == WORDS)
        words(event, (const u64 *)ARGUMENT(context, 1));
    if (shape == WORDS_AT)
        words(event, (const u64 *)ARGUMENT(context, 2));
    return 0;
}

SECTION("raw_syscalls/sys_exit") int left(void *context)
{
    struct event *event = shape_of(context) ? begin(LEFT, NUMBER(context)) : 0;
    if (event) {
        event->values[0] = ARGUMENT(context, 0);
        send(event, 0);
    }
    return 0;
}

/* The loader puts the kernel's own place of the field here: it is not the same in every version. */
#define CHILD_PID(context) (*(u32 *)((char *)(context) + 0x700))

SECTION("sched/sched_process_fork") int task_forked(void *context)
{
    struct event *event = begin(FORKED, 0);
    u32 child = CHILD_PID(context), mark = 1;
    if (event) {
        map_update_elem(&tracked, &child, &mark, 0);
        event->values[0] = child;
        send(event, 0);
    }
    return 0;
}

SECTION("sched/sched_process_exec") int task_executed(void *context)
{
    struct event *event = begin(EXECUTED, 0);
    (void)context;
    if (event)
        send(event, 0);
    return 0;
}

SECTION("sched/sched_process_exit") int task_ended(void *context)
{
    struct event *event = begin(ENDED, 0);
    (void)context;
    if (event) {
        send(event, 0);
        map_delete_elem(&tracked, &event->task);
    }
    return 0;
}

const char licence[] SECTION("license") = "GPL";
