/* In a thread-safe build each thread has a heap and a stack of its own, and one of them is followed. */
#ifndef PHPTRACE_FOLLOWED_BPF_H
#define PHPTRACE_FOLLOWED_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "knobs.h"

const volatile struct followed followed SEC(".rodata.followed") = {};

/* Whether it is the thread that runs. `followed` is read-only: the verifier leaves out what it does not ask for. */
static __always_inline int is_followed(void)
{
	struct bpf_pidns_info current = {};
	if (!followed.thread)
		return 1;
	if (!followed.namespace_inode)
		return (__u32)bpf_get_current_pid_tgid() == followed.thread;
	if (bpf_get_ns_current_pid_tgid(followed.namespace_device, followed.namespace_inode, &current, sizeof(current)))
		return 0;
	return current.pid == followed.thread;
}

#endif
