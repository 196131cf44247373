/* Maps and globals. One object traces one process, so plain globals hold what a process has one of: only the thread
 * that runs PHP enters the allocator. */
#ifndef PHPTRACE_STATE_BPF_H
#define PHPTRACE_STATE_BPF_H

#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>

#include "events.h"
#include "knobs.h"

typedef __u64 u64;
typedef __u32 u32;
typedef __u8 u8;

/* Sections of their own, so that user space finds each by name. */
const volatile struct knobs knobs SEC(".rodata.knobs") = {};
struct hook hooks[MAX_HOOKS] SEC(".data.hooks") = {};
struct counters counters SEC(".data.counters") = {};
struct asked_array asked_arrays[MAX_ASKED_ARRAYS] SEC(".data.arrays") = {};
struct control control SEC(".data.control") = {};

/* For how many allocations of a site call paths are wanted: for the first ones, and for all (the greatest number) from
 * the moment on that a block outlived a loop. User space writes it through its own mapping, so wanting a path costs no
 * system call. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, MAX_SITES);
	__type(key, u32);
	__type(value, u32);
} path_wanted SEC(".maps");

/* The size is set before the load. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024 * 1024);
} ring SEC(".maps");

/* A site's number is given again after its code is gone; its serial never is. */
struct site {
	u32 id;
	u32 generation; /* of the heap: code of an earlier request is gone */
	u64 serial;
	u64 func; /* whose opline it was found as: closures have one each, and share oplines */
};

/* opline -> site. Entries of freed code are deleted at destroy_op_array. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_SITES);
	__type(key, u64);
	__type(value, struct site);
} sites SEC(".maps");

/* The sites met last, each where its opline's address puts it: a look-up in the map costs as much as all else that is
 * done with a site. */
#define RECENT_SITES 1024
struct recent_site {
	u64 opline;
	struct site site;
};

/* Numbers of sites whose code was freed. Who follows the ring in order sees each number's new name before its use. */
struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, MAX_SITES);
	__type(value, u32);
} free_sites SEC(".maps");

/* The opcodes arrays that have an entry in sites. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_SITES);
	__type(key, u64);
	__type(value, u32);
} code_seen SEC(".maps");

/* Hash of a call path -> its number. A path that was forgotten is named again, by another number. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_SITES);
	__type(key, u64);
	__type(value, u32);
} paths SEC(".maps");

/* What a suspended context is part of, as struct hook has it of the context that runs. */
struct membership {
	u64 sequence;
	u64 frame;
	u64 func;
	u64 page;
	u32 loop;
	u32 unused;
};

struct context {
	struct membership of[MAX_HOOKS];
};

/* The first page of a context's VM stack -> the loops that it is part of; only of those that are suspended, and part of
 * one. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, MAX_SITES);
	__type(key, u64);
	__type(value, struct context);
} contexts SEC(".maps");

/* Generators and their frames, by address -> the loops that they are part of. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, MAX_SITES);
	__type(key, u64);
	__type(value, struct context);
} generators SEC(".maps");

/* How many of a hook's latest loops have their contexts counted. User space waits for far fewer to end
 * (MOST_OPEN_LOOPS in src/trace/hook-ledger.ts). */
#define LOOPS_KEPT 4096

/* The contexts that are part of a loop. */
struct members {
	u32 loop;
	u32 contexts;
};

/* In running.root: nobody's stack. */
#define NO_STACK 1

/* The context that runs, and what is needed to notice that another one does. */
struct running {
	u64 root;    /* the first page of its VM stack; 0 before the first event */
	u64 page;    /* the page in which that ended at the last event */
	u64 pages;   /* what the heap handed out last in whole pages: there the stack of a new context begins */
	u32 within;  /* by bit the hooks whose loops it was within when it last started another one, or left for it */
	u32 is_over; /* its stack was freed */
};

/* How much of the native stack is looked at: the pushes of some functions and their locals. */
#define NATIVE_WORDS 64

/* An allocator call whose result is not known at its guard. */
enum pending_kind { PENDING_NONE = 0, PENDING_ALLOC, PENDING_REALLOC };

struct pending {
	u32 kind;
	u32 size8; /* the block size to expect */
	u32 old_size8;
	u32 site;
	u32 path;
	u32 hook;
	u32 is_generator;
	u64 old;
};

/* A call path while it is walked. In memory, for in registers the verifier would follow each of its values. */
struct walk {
	u64 at;
	u64 opline; /* of the innermost frame */
	u64 hash;
	u32 frames;
	u32 truncated;
	u32 sites[MAX_FRAMES];
};

struct running running = {};
struct membership outside_generators[MAX_HOOKS] = {}; /* what the hooks were part of before a generator of a loop ran */
u64 stack_page = 0; /* while the first page of a stack is looked for: the page that comes next */
u64 generators_known = 0;
u32 generators_made = 0; /* a line that makes one was met */
struct pending pending = {};
struct recent_site recent_sites[RECENT_SITES] = {};
struct walk walk = {};
struct members members[MAX_HOOKS * LOOPS_KEPT] = {};
u32 told_loops[MAX_HOOKS] = {}; /* what user space was told last that the context which runs is part of */
u32 traced_pid = 0; /* where knobs.pid is 0: learned at the first event, for uprobes hit in one process only */
u64 heap = 0;
u64 native_stack[NATIVE_WORDS] = {};
u64 huge_list_at = 0; /* while a huge block is looked for: the element that comes next */
u64 loops_begun = 0;
u64 last_tick_ns = 0;
u64 next_serial = 1;
/* From 1 on: what was never filled in is of none. */
u32 generation = 1;
u32 next_site = SITE_NO_FRAME + 1;
u32 next_path = 1;
/* So many allocations more carry their path though user space has not asked for it. */
u32 unasked_paths = 0;

static __always_inline u64 head(u64 address, u32 kind, u32 hook)
{
	return (address & ((1ULL << EVENT_KIND_SHIFT) - 1)) | ((u64)kind << EVENT_KIND_SHIFT) |
	       ((u64)hook << EVENT_HOOK_SHIFT);
}

/* User space polls, so no record wakes it. */
static __always_inline void *reserve(u64 size)
{
	void *record = bpf_ringbuf_reserve(&ring, size, 0);
	if (!record)
		counters.dropped++;
	return record;
}

static __always_inline void submit(void *record)
{
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
}

static __always_inline int read_user(void *to, u32 size, u64 from)
{
	return bpf_probe_read_user(to, size, (const void *)from);
}

static __always_inline u64 read_word(u64 from)
{
	u64 word = 0;
	read_user(&word, sizeof(word), from);
	return word;
}

static __always_inline u32 read_u32(u64 from)
{
	u32 word = 0;
	read_user(&word, sizeof(word), from);
	return word;
}

#endif
