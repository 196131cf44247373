/* Holds a command of ours (`run`) at the first instruction of each program that it executes, so that the probes are in
 * place before PHP runs. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define SIGSTOP 19

const volatile unsigned int launched_pid SEC(".rodata.pid") = 0;

SEC("raw_tp/sched_process_exec")
int on_launched_exec(void *ctx)
{
	if (bpf_get_current_pid_tgid() >> 32 == launched_pid)
		bpf_send_signal(SIGSTOP);
	return 0;
}
