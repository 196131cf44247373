/* Loop boundaries: where a loop begins, and whether what happens now lies within one. */
#ifndef PHPTRACE_LOOP_BPF_H
#define PHPTRACE_LOOP_BPF_H

#include "frames.bpf.h"
#include "heap.bpf.h"

#define STACK_PAGES 64
#define CHAIN_FRAMES 64
#define LOOPS_WITH_PATHS 8
#define PATHS_A_LOOP 4096
/* Offsets in zend_execute_data, and in struct _zend_vm_stack. */
#define FRAME_FUNC 24
#define FRAME_RETURN_VALUE 16
#define FRAME_PREV 48
#define VM_STACK_END 8
#define VM_STACK_PREV 16
/* ZEND_VM_STACK_PAGE_SIZE (php-src Zend/zend_execute.c, 7.4 to 8.5): the pages of main; other contexts have smaller. */
#define MAIN_PAGE_BYTES (256 * 1024)
/* In hook.page: the loop is all of its context. */
#define WHOLE_STACK ~0ULL

/* A mask that clang may not drop, in place of a check that the verifier may lose. */
static __always_inline struct hook *hook_at(u32 number)
{
	asm volatile("%0 &= %1" : "+r"(number) : "i"(MAX_HOOKS - 1));
	return &hooks[number];
}

static __always_inline struct members *members_of(u32 number, u32 loop)
{
	u32 index = number * LOOPS_KEPT + (loop & (LOOPS_KEPT - 1));
	asm volatile("%0 &= %1" : "+r"(index) : "i"(MAX_HOOKS * LOOPS_KEPT - 1));
	return &members[index];
}

/* A context that was just started is part of the loop of the one that started it. */
static __always_inline void join_loop(u32 number, u32 loop)
{
	struct members *of = members_of(number, loop);
	if (of->loop == loop)
		of->contexts++;
}

/* A context leaves a loop. Returns how many there still are. */
static __always_inline u32 leave_members(u32 number, u32 loop)
{
	struct members *of = members_of(number, loop);
	return of->loop == loop ? --of->contexts : 0;
}

/* The context that runs leaves the loop it is part of. Returns the loop's number where it was the last one there. */
static __always_inline u32 leave_loop(u32 number, struct hook *hook)
{
	u32 loop = hook->loop;
	if (!loop)
		return 0;
	hook->loop = 0;
	hook->frame = 0;
	return leave_members(number, loop) ? 0 : loop;
}

static __always_inline void begin_loop(u32 number, u32 loop, u64 frame, u32 over)
{
	struct loop_event *event = reserve(sizeof(*event));
	if (!event)
		return;
	event->head = head(frame, EVENT_LOOP, number + 1);
	event->heap_size = heap_size();
	event->time_ns = bpf_ktime_get_ns();
	event->loop = loop;
	event->over = over;
	submit(event);
	told_loops[number & (MAX_HOOKS - 1)] = loop;
}

static __always_inline void end_loop(u32 number, u32 loop)
{
	struct over_event *event = reserve(sizeof(*event));
	if (!event)
		return;
	event->head = head(0, EVENT_OVER, number + 1);
	event->loop = loop;
	event->unused = 0;
	submit(event);
}

/* The context that runs leaves its loop, and begins no other one. */
static __always_inline void leave_loop_for_good(u32 number, struct hook *hook)
{
	u32 over = leave_loop(number, hook);
	if (over)
		end_loop(number, over);
}

/* Whether a frame is in the chain of callers. A generator that delegates (yield from) stands in it as a frame without a
 * function, whose This it is. */
__noinline u32 is_caller(u64 frame, u64 at)
{
	for (int i = 0; i < CHAIN_FRAMES && at; i++) {
		struct frame caller = {};
		if (at == frame)
			return 1;
		if (read_user(&caller, sizeof(caller), at))
			return 0;
		if (!caller.func && caller.this_value == frame)
			return 1;
		at = caller.prev;
	}
	return 0;
}

/* Is the frame that the loop began in still on the stack? func is what runs in the innermost frame, where that is
 * known, and spares a read. VM stacks grow upwards: while it is, the top lies above it and its slot still holds its
 * function. From another stack (a fiber that the loop resumed), or for a frame that lies on none (a generator's), the
 * chain of callers tells. */
__noinline u32 frame_is_live(u32 number, const struct vm_stack *stack, u64 func)
{
	const struct hook *hook = hook_at(number);
	u64 page;
	if (!stack || !hook->frame)
		return 0;
	/* Another closure of the same code has another function and would have begun a loop of its own. */
	if (func == hook->func && stack->execute_data == hook->frame && hook->extent == EXTENT_FRAME)
		return 1;
	if (hook->page == WHOLE_STACK)
		return 1;
	page = stack->page;
	if (page == hook->page) {
		if (stack->top <= hook->frame)
			return 0;
	} else {
		for (int i = 0; i < STACK_PAGES && page && page != hook->page; i++)
			page = read_word(page + VM_STACK_PREV);
		if (!page || page != hook->page)
			return is_caller(hook->frame, stack->execute_data);
	}
	return read_word(hook->frame + FRAME_FUNC) == hook->func;
}

static __always_inline int is_within(u32 number, const struct vm_stack *stack, u64 func)
{
	const struct hook *hook = hook_at(number);
	if (!hook->loop)
		return 0;
	switch (hook->extent) {
	case EXTENT_FRAME:
	case EXTENT_CALLER:
		return !hook->frame || frame_is_live(number, stack, func);
	case EXTENT_ALWAYS:
	case EXTENT_REQUEST:
		return 1;
	}
	return 0;
}

/* 1 + the number of the hook whose loop this is part of, the one that began last; 0 for none. */
__noinline u32 current_hook(const struct vm_stack *stack, u64 func)
{
	u64 newest = 0;
	u32 found = 0;
	if (!stack)
		return 0;
	for (u32 i = 0; i < MAX_HOOKS; i++) {
		const struct hook *hook = &hooks[i];
		if (hook->extent == EXTENT_OFF || hook->sequence <= newest)
			continue;
		if (is_within(i, stack, func)) {
			newest = hook->sequence;
			found = i + 1;
		}
	}
	return found;
}

/* Where in its context's stack a frame lies: the page, 0 for a frame in the heap, which is a generator's. A frame that
 * a context began with stands for all of it: a coroutine's deferred calls come when its function has returned. */
static __always_inline u64 page_of_frame(const struct vm_stack *stack, u64 frame)
{
	u64 stack_end;
	if (frame < stack->page || frame >= stack->end)
		return 0;
	if (read_word(frame + FRAME_PREV))
		return stack->page;
	stack_end = read_word(running.root + VM_STACK_END);
	return stack_end - running.root == MAIN_PAGE_BYTES ? stack->page : WHOLE_STACK;
}

static __always_inline void enter_loop(u32 number, struct hook *hook, const struct vm_stack *stack, u64 frame, u64 func)
{
	u32 over = leave_loop(number, hook);
	struct members *of;

	hook->frame = frame;
	hook->func = func;
	hook->page = page_of_frame(stack, frame);
	hook->sequence = ++loops_begun;
	/* Many loops can be over before user space has seen the first and asked for the paths of its lines. A request
	 * may bring code of its own. */
	if (hook->begun < LOOPS_WITH_PATHS || hook->extent == EXTENT_REQUEST)
		unasked_paths = PATHS_A_LOOP;
	hook->loop = ++hook->begun;
	of = members_of(number, hook->loop);
	of->loop = hook->loop;
	of->contexts = 1;
	begin_loop(number, hook->loop, frame, over);
}

/* The opline of a hook is run, in the frame at. */
static __always_inline void on_opline(u32 number, const struct vm_stack *stack, u64 at)
{
	struct hook *hook;
	u64 frame = at;

	counters.boundary_hits++;
	hook = hook_at(number);
	if (hook->extent == EXTENT_OFF || !control.hooks_ready)
		return;
	if (hook->extent == EXTENT_CALLER)
		frame = read_word(at + FRAME_PREV) ?: at;
	else if (hook->frame && hook->frame != frame && is_within(number, stack, 0)) {
		hook->nested++;
		return;
	}
	enter_loop(number, hook, stack, frame, read_word(frame + FRAME_FUNC));
}

/* A native function is entered, or a request begins. */
static __always_inline void on_native(u32 number)
{
	struct vm_stack stack = {};
	read_vm_stack(&stack);
	if (hook_at(number)->extent != EXTENT_OFF && control.hooks_ready)
		enter_loop(number, hook_at(number), &stack, 0, 0);
}

/* A request is over: what follows lies outside, until the next begins. */
static __always_inline void on_request_end(void)
{
	for (u32 i = 0; i < MAX_HOOKS; i++)
		if (hooks[i].extent == EXTENT_REQUEST && hooks[i].loop)
			end_loop(i, leave_loop(i, &hooks[i]));
}

/* `none`: time cuts the loops, at the allocation that comes first after each period. */
__noinline u32 tick(void)
{
	u64 now = bpf_ktime_get_ns();
	if (now - last_tick_ns < control.tick_ns)
		return 0;
	last_tick_ns = now;
	on_native(0);
	return 1;
}

#endif
