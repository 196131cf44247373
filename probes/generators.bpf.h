/* Generators as contexts: one that a loop made, or whose function is the loop, may go on when that is suspended or has
 * returned. It has no stack of its own: its frame lies in the heap, and is in the chain of callers while it runs. What
 * it does then belongs to its loop, unless it is driven from within another one. */
#ifndef PHPTRACE_GENERATORS_BPF_H
#define PHPTRACE_GENERATORS_BPF_H

#include "contexts.bpf.h"

/* The innermost generator that runs and is part of a loop of the hook, as the key of its entry; 0 where there is none.
 */
__noinline u64 generator_on_stack(u32 number, u64 at)
{
	for (int i = 0; i < CHAIN_FRAMES && at; i++) {
		struct frame frame = {};
		struct context *known;
		u64 key = at;
		if (read_user(&frame, sizeof(frame), at))
			return 0;
		if (!frame.func)
			key = frame.this_value;
		known = bpf_map_lookup_elem(&generators, &key);
		if (known && known->of[number & (MAX_HOOKS - 1)].loop)
			return key;
		at = frame.prev;
	}
	return 0;
}

static __always_inline void enter_generator(u32 number, struct hook *hook, u64 key)
{
	struct context *known = bpf_map_lookup_elem(&generators, &key);
	if (!known)
		return;
	save_membership(hook, &outside_generators[number & (MAX_HOOKS - 1)]);
	load_membership(hook, &known->of[number & (MAX_HOOKS - 1)]);
}

__noinline u32 follow_generator(u32 number, u64 at, const struct vm_stack *stack)
{
	struct hook *hook = hook_at(number);
	u64 key;
	if (!stack || (!runs_in_generator(hook) && is_within(number, stack, 0)))
		return 0;
	key = generator_on_stack(number, at);
	if (runs_in_generator(hook)) {
		if (key == hook->frame)
			return 0;
		leave_generator(number, hook);
		if (is_within(number, stack, 0))
			return 0;
	}
	if (key)
		enter_generator(number, hook, key);
	return 0;
}

/* Which generators run. */
__noinline u32 find_generators(const struct vm_stack *stack)
{
	if (!stack)
		return 0;
	for (u32 i = 0; i < MAX_HOOKS; i++)
		if (belongs_to_contexts(hook_at(i)))
			follow_generator(i, stack->execute_data, stack);
	tell_context();
	return 0;
}

static __always_inline void follow_generators(const struct vm_stack *stack)
{
	if (generators_known)
		find_generators(stack);
}

/* Makes a generator, or its frame, part of a loop. */
__noinline u32 join_generator(u32 number, u64 key, u64 sequence, u32 loop)
{
	struct context *known = bpf_map_lookup_elem(&generators, &key);
	struct context fresh = {};
	struct membership *of;

	if (!known) {
		if (bpf_map_update_elem(&generators, &key, &fresh, BPF_ANY)) {
			counters.unkept_contexts++;
			return 0;
		}
		generators_known++;
		known = bpf_map_lookup_elem(&generators, &key);
		if (!known)
			return 0;
	}
	of = &known->of[number & (MAX_HOOKS - 1)];
	if (of->loop && !leave_members(number, of->loop))
		end_loop(number, of->loop);
	of->sequence = sequence;
	of->loop = loop;
	of->frame = key;
	join_loop(number, loop);
	return 0;
}

/* A loop has begun; where its frame is a generator's, that is a context of it from now on, and nothing else is. */
__noinline u32 begin_generator(u32 number, u64 frame)
{
	struct hook *hook = hook_at(number);
	u64 generator;
	if (!runs_in_generator(hook) || hook->frame != frame)
		return 0;
	generator = read_word(frame + FRAME_RETURN_VALUE);
	join_generator(number, frame, hook->sequence, hook->loop);
	if (generator)
		join_generator(number, generator, hook->sequence, hook->loop);
	leave_members(number, hook->loop);
	return 0;
}

/* A block of a generator was handed out: it is part of the loops that this is within. */
__noinline u32 make_generator(u64 address)
{
	struct vm_stack stack = {};
	if (read_vm_stack(&stack))
		return 0;
	for (u32 i = 0; i < MAX_HOOKS; i++) {
		struct hook *hook = hook_at(i);
		if (belongs_to_contexts(hook) && hook->loop && is_within(i, &stack, 0))
			join_generator(i, address, hook->sequence, hook->loop);
	}
	return 0;
}

/* A block is taken back that was a generator's. */
__noinline u32 unmake_generator(u64 address)
{
	struct context *known = bpf_map_lookup_elem(&generators, &address);
	if (!known)
		return 0;
	for (u32 i = 0; i < MAX_HOOKS; i++) {
		struct hook *hook = hook_at(i);
		u32 loop = known->of[i].loop;
		if (!loop)
			continue;
		if (runs_in_generator(hook) && hook->frame == address)
			leave_generator(i, hook);
		if (!leave_members(i, loop))
			end_loop(i, loop);
	}
	bpf_map_delete_elem(&generators, &address);
	generators_known--;
	tell_context();
	return 0;
}

#endif
