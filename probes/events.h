/* The ABI between the kernel programs and src/trace/events.ts. test/unit/abi.test.ts compares the two.
 *
 * Every record begins with one 64-bit head: bits 0-47 an address, 48-55 the kind, 56-63 the hook in whose loop the
 * event fell (0: in none, else 1 + the hook's number). Sizes are in units of 8 bytes: all block sizes are multiples
 * of 8, and 32 bits then reach 32 GiB. */
#ifndef PHPTRACE_EVENTS_H
#define PHPTRACE_EVENTS_H

enum event_kind {
	EVENT_ALLOC = 1,      /* address: the block */
	EVENT_ALLOC_PATH = 2, /* the same, with a call path */
	EVENT_FREE = 3,       /* address: the block */
	EVENT_REALLOC = 4,    /* address: the old block */
	EVENT_LOOP = 5,       /* address: execute_data of the loop's frame; a loop begins */
	EVENT_SITE = 6,       /* address: the opline; names a site before its first use */
	EVENT_PATH = 7,       /* names a path before its first use */
	EVENT_RESET = 8,      /* the heap dropped every block (end of a request) */
	EVENT_PROCESS = 9,    /* fork, exec or exit */
	EVENT_CONTEXT = 10,   /* another fiber runs: events from now on belong to these loops */
	EVENT_OVER = 11,      /* the last context of a loop has left it */
	EVENT_INSERT = 12,    /* address: an array that is asked for, to which an element may be added now */
};

enum process_change {
	PROCESS_FORK = 1,
	PROCESS_EXEC = 2,
	PROCESS_EXIT = 3,
	PROCESS_SHUTDOWN = 4, /* its last request is over; it was stopped there, with all that it made still alive */
};

#define EVENT_KIND_SHIFT 48
#define EVENT_HOOK_SHIFT 56

#define MAX_HOOKS 4
#define MAX_FRAMES 64
#define MAX_SITES 65536
#define FILE_CHARS 512
#define NAME_CHARS 128

/* Numbers a site where no PHP frame was. Site 1 has no record. */
#define SITE_NO_FRAME 1

struct alloc_event {
	unsigned long long head;
	unsigned int size8;
	unsigned int site;
};

struct alloc_path_event {
	unsigned long long head;
	unsigned int size8;
	unsigned int site;
	unsigned int path;
	unsigned int unused;
};

struct free_event {
	unsigned long long head;
	unsigned int size8;
	unsigned int site;
};

struct realloc_event {
	unsigned long long head;
	unsigned long long address;
	unsigned int old_size8;
	unsigned int size8;
	unsigned int site;
	unsigned int path;
};

struct loop_event {
	unsigned long long head;
	unsigned long long heap_size;
	unsigned long long time_ns;
	unsigned int loop; /* its number, from 1 for each hook */
	unsigned int over; /* the number of the loop that the last of its contexts left for this one; 0: none */
};

struct site_event {
	unsigned long long head;
	unsigned long long func;
	unsigned int site;
	unsigned int line;
	unsigned int line_start;
	/* Bytes the kernel copied, the closing NUL among them; 0 where there is no such name. */
	unsigned int file_length;
	unsigned int function_length;
	unsigned int class_length;
	char file[FILE_CHARS];
	char function[NAME_CHARS];
	char class_name[NAME_CHARS];
};

struct path_event {
	unsigned long long head;
	unsigned int path;
	unsigned int frames;
	unsigned int truncated;
	unsigned int unused;
	unsigned int sites[MAX_FRAMES];
};

struct process_event {
	unsigned long long head;
	unsigned int change;
	unsigned int unused;
};

struct context_event {
	unsigned long long head;
	unsigned int loops[MAX_HOOKS]; /* by hook: the number of the loop that the context is part of; 0: of none */
};

struct insert_event {
	unsigned long long head;
	int elements; /* so many more than at its event before, so by the call of that one; fewer where negative */
	unsigned int site;
	unsigned int path;
	unsigned int unused;
};

struct over_event {
	unsigned long long head;
	unsigned int loop;
	unsigned int unused;
};

#endif
