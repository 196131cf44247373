/* Holds a command of ours (`run`) at the first instruction of each program that it executes, so that the probes are in
 * place before PHP runs. A thread-safe PHP is held a little later. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define SIGSTOP 19

/* The pid as phptrace sees it, and the pid namespace in which it does: that of /proc/self/ns/pid. */
const volatile struct {
	unsigned long long device;
	unsigned long long inode;
	unsigned int pid;
} launched SEC(".rodata.launched") = {};

static __always_inline int stop_launched(void)
{
	struct bpf_pidns_info current = {};
	if (bpf_get_ns_current_pid_tgid(launched.device, launched.inode, &current, sizeof(current)))
		return 0;
	if (current.tgid == launched.pid)
		bpf_send_signal(SIGSTOP);
	return 0;
}

SEC("raw_tp/sched_process_exec")
int on_launched_exec(void *ctx)
{
	return stop_launched();
}

/* A thread-safe PHP has its globals once its modules are started, where it calls this for the first time. */
SEC("uprobe")
int on_launched_start(void *ctx)
{
	return stop_launched();
}
