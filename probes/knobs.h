/* What user space tells the programs: rodata before the load, and the hooks, which live in memory both sides map. */
#ifndef PHPTRACE_KNOBS_H
#define PHPTRACE_KNOBS_H

#include "events.h"

/* 30 bins and 385 sizes, rounded up so that a mask keeps an index within bounds. */
#define BIN_SLOTS 32
#define SIZE8_SLOTS 512

/* Set once, before the load. Addresses are of the traced process; offsets are those of its build. */
struct knobs {
	unsigned long long alloc_globals;
	unsigned long long executor_globals;
	unsigned long long
		code_start; /* PHP's own machine code: handlers of oplines elsewhere are the JIT compiler's */
	unsigned long long code_end;
	unsigned int pid;             /* 0 where it is not known: phptrace is in a pid namespace of its own */
	unsigned int opline_in_frame; /* 0: the VM has its frame and opline in r14 and r15 */
	unsigned int eg_vm_stack_top; /* followed by end, page, page size, current_execute_data: 40 bytes */
	unsigned int heap_size;
	unsigned int heap_free_slot;
	unsigned int heap_huge_list;
	unsigned int chunk_map;
	unsigned int func_name;
	unsigned int func_scope;
	unsigned int op_array_filename;
	unsigned int op_array_line_start;
	unsigned int op_array_opcodes;
	unsigned int op_array_last;
	unsigned int op_array_refcount;
	unsigned int class_name;
	unsigned int zend_op_size;
	unsigned int zend_op_lineno;
	unsigned int zend_string_val;
	unsigned int table_elements; /* nNumOfElements of an array */
	unsigned int min_bin_size;
	unsigned int bin_size[BIN_SLOTS];
	unsigned char bin_of_size8[SIZE8_SLOTS]; /* by (size + 7) / 8 */
};

/* The thread that is followed. Set once, before the load. */
struct followed {
	unsigned long long namespace_device; /* the pid namespace that numbers it so; 0: the kernel's first */
	unsigned long long namespace_inode;
	unsigned int thread; /* 0: whichever comes, for the globals are the process's */
};

enum hook_extent {
	EXTENT_OFF = 0,
	EXTENT_FRAME = 1,   /* while the hooked function's own frame is on the stack */
	EXTENT_CALLER = 2,  /* the hook is an empty marker: while its caller's frame is on the stack */
	EXTENT_ALWAYS = 3,  /* from one boundary to the next */
	EXTENT_REQUEST = 4, /* from php_request_startup to php_request_shutdown */
};

struct hook {
	unsigned long long opline; /* written by user space; 0 while the hook is not placed */
	unsigned int extent;
	unsigned int begun; /* loops begun so far; the rest is written by the programs */
	/* The loop that the context which runs is part of; src/bpf/abi.ts has the offsets. */
	unsigned long long sequence;
	unsigned long long frame; /* 0: the loop was begun by the context that started this one */
	unsigned long long func;
	unsigned long long page;
	unsigned int loop;   /* its number, the value of begun; 0: the context is part of none */
	unsigned int nested; /* hits inside a loop of the same hook: recursion */
};

#define MAX_ASKED_ARRAYS 8

/* An array of which it is asked which line makes it longer. User space writes the address, and 0 for all else. */
struct asked_array {
	unsigned long long address; /* 0: none */
	/* As user space was told last. */
	unsigned int elements;
	unsigned int site; /* 0: it was told nothing yet */
	unsigned int path;
	unsigned int hook;
};

struct counters {
	unsigned long long events;
	unsigned long long dropped;
	unsigned long long unread_frames;
	unsigned long long unresolved;
	unsigned long long custom_heap;
	unsigned long long unforgotten;
	unsigned long long boundary_hits;
	unsigned long long switches;        /* of contexts */
	unsigned long long unkept_contexts; /* those whose loops there was no room for, or whose stack is too long */
};

/* What user space writes while the programs run. */
struct control {
	unsigned long long tick_ns;        /* not 0: hook 0 begins a loop when so much time has passed (`none`) */
	unsigned int stop_name[MAX_HOOKS]; /* FNV-1a of a lower-case function name: stop the process when it is seen */
	unsigned int stop_line[MAX_HOOKS]; /* likewise a line */
	unsigned int stop_at_execute;      /* stop it where a compiled script is about to run */
	unsigned int stop_at_shutdown;     /* stop it where its request is over, with all that it made still there */
	unsigned int hooks_ready;          /* 0 while hooks are put in place: none is to begin before the others */
	unsigned int has_compiled_code;    /* opcache's JIT is on */
};

#endif
