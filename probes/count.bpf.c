/* Counts how often a few oplines are run, by the handlers that run them: what finds the loop of a process where the
 * machine has no watchpoints. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>

#include "followed.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* As many as there are watchpoints. src/bpf/count-object.ts fills the one array and reads the other. */
#define MAX_COUNTED 4

const volatile unsigned long long counted[MAX_COUNTED] SEC(".rodata.counted") = {};
const volatile unsigned int opline_in_frame SEC(".rodata.place") = 0;
unsigned long long hits[MAX_COUNTED] SEC(".data.hits") = {};

/* The opline that the handler was called for is in r15, or in the frame that is its argument; a handler serves every
 * opline of its kind. */
SEC("uprobe")
int on_counted(struct pt_regs *ctx)
{
	unsigned long long opline = ctx->r15;
	if (!is_followed())
		return 0;
	if (opline_in_frame && bpf_probe_read_user(&opline, sizeof(opline), (const void *)ctx->rdi))
		return 0;
	for (int i = 0; i < MAX_COUNTED; i++) {
		if (counted[i] == opline)
			__sync_fetch_and_add(&hits[i], 1);
	}
	return 0;
}
