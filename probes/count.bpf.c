/* Counts how often a few oplines are run, by the handlers that run them: what finds the loop of a process where the
 * machine has no watchpoints. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

/* As many as there are watchpoints. src/bpf/count-object.ts fills the one array and reads the other. */
#define MAX_COUNTED 4

const volatile unsigned long long counted[MAX_COUNTED] SEC(".rodata.counted") = {};
unsigned long long hits[MAX_COUNTED] SEC(".data.hits") = {};

/* In r15 is the opline that the handler was called for; a handler serves every opline of its kind. */
SEC("uprobe")
int on_counted(struct pt_regs *ctx)
{
	for (int i = 0; i < MAX_COUNTED; i++) {
		if (counted[i] == ctx->r15)
			__sync_fetch_and_add(&hits[i], 1);
	}
	return 0;
}
