/* Contexts: main, each fiber, each coroutine of an extension. A context is a VM stack: whatever library switches, it
 * gives EG(vm_stack) another chain of pages, whose first page tells the contexts apart. A context is part of the loop
 * that it began or was started in. The hooks hold the loops of the context that runs, so that an event costs the same
 * with contexts and without; the first event after a switch exchanges them. */
#ifndef PHPTRACE_CONTEXTS_BPF_H
#define PHPTRACE_CONTEXTS_BPF_H

#include "loop.bpf.h"

/* A deep recursion in a stack of small pages (8 KiB in Swoole) has hundreds of them. */
#define MOST_STACK_PAGES 1024
#define STACK_PAGES_A_CALL 32

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

/* A frame of the loop that lies in the heap. */
static __always_inline int runs_in_generator(const struct hook *hook)
{
	return hook->loop && hook->frame && !hook->page;
}

/* Gives the hook back what it was part of before the generator ran. */
static __always_inline void leave_generator(u32 number, struct hook *hook)
{
	struct membership none = {};
	load_membership(hook, &outside_generators[number & (MAX_HOOKS - 1)]);
	outside_generators[number & (MAX_HOOKS - 1)] = none;
}

/* Takes the hooks' loops from the context that runs: `left` gets those it stays part of, `inherited` those that a
 * context which it starts is part of. Returns whether it stays part of any. */
static __always_inline u32 leave_context(u32 is_start, struct context *left, struct context *inherited)
{
	u32 stays = 0;
	for (u32 i = 0; i < MAX_HOOKS; i++) {
		struct hook *hook = hook_at(i);
		if (!belongs_to_contexts(hook) || !hook->loop)
			continue;
		if (is_start && running.within & (1u << i)) {
			inherited->of[i].sequence = hook->sequence;
			inherited->of[i].loop = hook->loop;
			join_loop(i, hook->loop);
		}
		if (runs_in_generator(hook))
			leave_generator(i, hook);
		if (!hook->loop)
			continue;
		if (running.is_over) {
			leave_loop_for_good(i, hook);
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

/* Keeps what the context is part of while another one runs. In place where it was kept before: no more than a look-up
 * for most switches. */
static __always_inline void keep_context(u64 root, const struct context *context, u32 is_in_any)
{
	struct context *kept = bpf_map_lookup_elem(&contexts, &root);
	if (kept && is_in_any)
		*kept = *context;
	else if (kept)
		bpf_map_delete_elem(&contexts, &root);
	else if (is_in_any && bpf_map_update_elem(&contexts, &root, context, BPF_ANY))
		counters.unkept_contexts++;
}

/* What leaves and what comes at a switch. Not on the stack: what a program and the functions that it calls have there
 * may be 512 bytes in all before Linux 6.13. */
struct context left_context = {};
struct context next_context = {};

__noinline u32 change_context(u64 root)
{
	u32 is_start = root == running.pages;
	struct context *left = &left_context, *next = &next_context;
	struct context *kept;
	u32 stays;

	counters.switches++;
	__builtin_memset(left, 0, sizeof(*left));
	__builtin_memset(next, 0, sizeof(*next));
	stays = leave_context(is_start, left, next);
	keep_context(running.root, left, stays);
	kept = is_start ? 0 : bpf_map_lookup_elem(&contexts, &root);
	enter_context(kept ?: next);
	running.within = 0;
	running.is_over = 0;
	if (is_start)
		running.pages = 0;
	tell_context();
	return 0;
}

/* Looks for the first page of a stack among the next of its pages. Returns 0 where it is none of them. */
__noinline u64 search_root(void)
{
	for (int i = 0; i < STACK_PAGES_A_CALL; i++) {
		u64 before;
		if (stack_page == running.page)
			return running.root;
		before = read_word(stack_page + VM_STACK_PREV);
		if (!before)
			return stack_page;
		stack_page = before;
	}
	return 0;
}

/* The first page of the stack that ends in page; 0 where it has too many. */
__noinline u64 root_of(u64 page)
{
	stack_page = page;
	for (int i = 0; i < MOST_STACK_PAGES / STACK_PAGES_A_CALL; i++) {
		u64 root = search_root();
		if (root)
			return root;
	}
	return 0;
}

/* The stack ends in another page than before: a deeper call, or another context. */
__noinline u32 follow_stack(u64 page)
{
	u64 root = root_of(page);
	if (!root) {
		counters.unkept_contexts++;
		return 0;
	}
	if (running.root && root != running.root)
		change_context(root);
	running.root = root;
	running.page = page;
	return 0;
}

/* Whose stack runs. While a context is being made or unmade there may be none. */
static __always_inline void follow_context(const struct vm_stack *stack)
{
	if (stack->page && stack->page != running.page)
		follow_stack(stack->page);
}

/* The context that runs may be about to start or to go on with another one: notes which loops that is within, and
 * leaves those whose frame has gone. A generator's may go on later. */
__noinline u32 look_around(void)
{
	struct vm_stack stack = {};

	if (read_vm_stack(&stack) || !stack.page || running.is_over)
		return 0;
	follow_context(&stack);
	running.within = 0;
	for (u32 i = 0; i < MAX_HOOKS; i++) {
		struct hook *hook = hook_at(i);
		if (!belongs_to_contexts(hook) || !hook->loop)
			continue;
		if (is_within(i, &stack, 0))
			running.within |= 1u << i;
		else if (hook->page)
			leave_loop_for_good(i, hook);
	}
	tell_context();
	return 0;
}

/* Pages were handed out, in which a new stack may begin. */
__noinline u32 note_pages(u64 address)
{
	running.pages = address;
	/* They were the stack of a context that is over, and nobody has run since. */
	if (address == running.root && running.is_over) {
		change_context(NO_STACK);
		running.root = NO_STACK;
		running.page = 0;
		running.pages = address;
	}
	return 0;
}

/* Pages are taken back: with the first one of its stack a context is over. */
__noinline u32 forget_pages(u64 address)
{
	struct context *kept;
	if (address == running.pages)
		running.pages = 0;
	if (address == running.root) {
		running.is_over = 1;
		return 0;
	}
	kept = bpf_map_lookup_elem(&contexts, &address);
	if (!kept)
		return 0;
	for (u32 i = 0; i < MAX_HOOKS; i++)
		if (kept->of[i].loop && !leave_members(i, kept->of[i].loop))
			end_loop(i, kept->of[i].loop);
	bpf_map_delete_elem(&contexts, &address);
	return 0;
}

#endif
