/* Counts the packets that a network interface receives, and lets all of them pass: a program for XDP.
 *
 * Built by `zig cc -target bpfel-freestanding` like opens.bpf.c. */

typedef unsigned int u32;
typedef unsigned long long u64;

#define SECTION(name) __attribute__((section(name), used))

enum { ARRAY = 2, PASS = 2 }; /* BPF_MAP_TYPE_ARRAY, XDP_PASS */

struct map {
    u32 type, key, value, entries;
};

struct map packets SECTION("maps") = {ARRAY, sizeof(u32), sizeof(u64), 1};

static void *(*const map_lookup_elem)(void *map, const void *key) = (void *)1;

SECTION("xdp/count") int count(void *context)
{
    u32 zero = 0;
    u64 *packets_until_now = map_lookup_elem(&packets, &zero);
    (void)context;
    if (packets_until_now)
        __sync_fetch_and_add(packets_until_now, 1);
    return PASS;
}

const char licence[] SECTION("license") = "GPL";
