/* Fibers: each is a context of its own, and part of the loop that it began or was started in. The hooks hold the loops
 * of the context that runs, so that an event costs the same with fibers and without; a switch exchanges them. */
#ifndef PHPTRACE_FIBERS_BPF_H
#define PHPTRACE_FIBERS_BPF_H

#include "loop.bpf.h"

/* zend_fiber_status (php-src Zend/zend_fibers.h, 8.1 to 8.5). */
#define FIBER_INIT 0
#define FIBER_DEAD 3

static __always_inline int belongs_to_contexts(const struct hook *hook)
{
	return hook->extent == EXTENT_FRAME || hook->extent == EXTENT_CALLER;
}

static __always_inline void save_membership(const struct hook *hook, struct membership *to)
{
	to->sequence = hook->sequence;
	to->frame = hook->frame;
	to->func = hook->func;
	to->page = hook->page;
	to->loop = hook->loop;
}

static __always_inline void load_membership(struct hook *hook, const struct membership *from)
{
	hook->sequence = from->sequence;
	hook->frame = from->frame;
	hook->func = from->func;
	hook->page = from->page;
	hook->loop = from->loop;
}

/* Takes the hooks' loops from the context that runs: `left` gets those it stays part of, `inherited` those that a
 * context which it starts is part of. Returns whether it stays part of any. */
static __always_inline u32 leave_context(const struct vm_stack *stack, u32 is_dead, u32 is_start, struct context *left,
					 struct context *inherited)
{
	u32 stays = 0;
	for (u32 i = 0; i < MAX_HOOKS; i++) {
		struct hook *hook = hook_at(i);
		u32 within, over;
		if (!belongs_to_contexts(hook) || !hook->loop)
			continue;
		within = is_within(i, stack, 0);
		if (is_start && within) {
			inherited->of[i].sequence = hook->sequence;
			inherited->of[i].loop = hook->loop;
			join_loop(i, hook->loop);
		}
		/* A frame in the heap is a generator's, which may go on later. */
		if (is_dead || (!within && hook->page)) {
			over = leave_loop(i, hook);
			if (over)
				end_loop(i, over);
			continue;
		}
		save_membership(hook, &left->of[i]);
		stays = 1;
	}
	return stays;
}

static __always_inline void enter_context(const struct context *context)
{
	for (u32 i = 0; i < MAX_HOOKS; i++)
		if (belongs_to_contexts(hook_at(i)))
			load_membership(hook_at(i), &context->of[i]);
}

/* Tells user space in which loops what follows falls, where that is not what it was told last. */
static __always_inline void tell_context(void)
{
	struct context_event *event;
	u32 differs = 0;
	for (u32 i = 0; i < MAX_HOOKS; i++)
		differs |= hooks[i].loop ^ told_loops[i];
	if (!differs)
		return;
	event = reserve(sizeof(*event));
	if (!event)
		return;
	event->head = head(0, EVENT_CONTEXT, 0);
	for (u32 i = 0; i < MAX_HOOKS; i++)
		event->loops[i] = told_loops[i] = hooks[i].loop;
	submit(event);
}

static __always_inline u32 is_in_loop(void)
{
	u32 loops = 0;
	for (u32 i = 0; i < MAX_HOOKS; i++)
		if (belongs_to_contexts(hook_at(i)))
			loops |= hook_at(i)->loop;
	return loops;
}

/* Keeps what the context is part of while it is suspended. In place where it was suspended before: no more than a
 * look-up for most switches. */
static __always_inline void keep_context(u64 at, const struct context *context, u32 is_in_any)
{
	struct context *kept = bpf_map_lookup_elem(&contexts, &at);
	if (kept && is_in_any)
		*kept = *context;
	else if (kept)
		bpf_map_delete_elem(&contexts, &at);
	else if (is_in_any && bpf_map_update_elem(&contexts, &at, context, BPF_ANY))
		counters.unkept_contexts++;
}

/* The engine is about to switch to the context `to`; its globals are still those of the one it leaves. */
static __always_inline void switch_context(u64 to)
{
	u64 from = read_word(knobs.executor_globals + knobs.eg_fiber_context);
	u32 is_start = read_u32(to + knobs.fiber_status) == FIBER_INIT;
	struct context left = {}, next = {};
	struct context *suspended;
	u32 stays = 0;

	counters.switches++;
	if (is_in_loop()) {
		struct vm_stack stack = {};
		u32 is_dead = read_u32(from + knobs.fiber_status) == FIBER_DEAD;
		read_vm_stack(&stack);
		stays = leave_context(&stack, is_dead, is_start, &left, &next);
	}
	keep_context(from, &left, stays);
	suspended = is_start ? 0 : bpf_map_lookup_elem(&contexts, &to);
	enter_context(suspended ?: &next);
	tell_context();
}

#endif
