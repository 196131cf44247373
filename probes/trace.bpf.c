/* The programs of an exact trace: each block that the Zend heap hands out, moves or takes back is one event.
 *
 * They sit on the allocator's guards, the first conditional jump of each of its functions, which the kernel emulates
 * (no single step) and at which the arguments are still in registers. What a small allocation will return is then at
 * the head of its bin's free list. Where it is not (an empty list, large and huge blocks, a reallocation that moves)
 * the call is kept as pending until a `ret` of the slow path shows the result, which is checked against the heap's
 * page map. */
#include <stddef.h>

#include "followed.bpf.h"
#include "state.bpf.h"
#include "heap.bpf.h"
#include "frames.bpf.h"
#include "loop.bpf.h"
#include "generators.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* A link's cookie tells what the site is. src/bpf/abi.ts writes it. */
#define COOKIE_BIN(c) ((u32)(c)&0xff)
#define COOKIE_VALUE(c) ((u32)((c) >> 8) & 0xff)
#define COOKIE_POINTER(c) ((u32)((c) >> 16) & 0xff)
#define COOKIE_HEAP(c) ((u32)((c) >> 24) & 0xff)
#define COOKIE_ASKS_FOR_CUSTOM (1ULL << 32)
#define COOKIE_NULL_IS_ALLOC (1ULL << 33)
#define COOKIE_SITE(c) ((u32)((c) >> 34) & 0xf)
#define SITE_ALLOC 1
#define SITE_FREE 2
#define SITE_REALLOC 3
#define SITE_RESULT 4
#define SITE_INSERT 5
#define SITE_SWITCH 6
#define SITE_HANDLER 7
#define SITE_SYMBOL 8
#define NO_REGISTER 0xff
#define CLONE_THREAD 0x10000 /* include/uapi/linux/sched.h */
#define NO_BIN 0xff
#define ZERO_FLAG 0x40

/* By hand, for clang would merge the loads into one of a computed address, which the verifier refuses. */
#define READ_REGISTER(name) \
	asm volatile("%0 = *(u64 *)(%1 + %2)" : "=r"(value) : "r"(ctx), "i"(offsetof(struct pt_regs, name)))

/* Numbers as the instruction set has them. */
#define RDI 7
#define R14 14

static __always_inline u64 reg(const struct pt_regs *ctx, u32 number)
{
	u64 value = 0;
	switch (number) {
	case 0:
		READ_REGISTER(rax);
		break;
	case 1:
		READ_REGISTER(rcx);
		break;
	case 2:
		READ_REGISTER(rdx);
		break;
	case 3:
		READ_REGISTER(rbx);
		break;
	case 5:
		READ_REGISTER(rbp);
		break;
	case 6:
		READ_REGISTER(rsi);
		break;
	case 7:
		READ_REGISTER(rdi);
		break;
	case 8:
		READ_REGISTER(r8);
		break;
	case 9:
		READ_REGISTER(r9);
		break;
	case 10:
		READ_REGISTER(r10);
		break;
	case 11:
		READ_REGISTER(r11);
		break;
	case 12:
		READ_REGISTER(r12);
		break;
	case 13:
		READ_REGISTER(r13);
		break;
	case 14:
		READ_REGISTER(r14);
		break;
	case 15:
		READ_REGISTER(r15);
		break;
	}
	return value;
}

struct origin {
	u32 hook;
	u32 site;
	u32 path;
	u32 is_generator; /* a block of a generator's is made */
};

enum wanted_path { PATH_OF_NONE, PATH_WHERE_WANTED, PATH_ALWAYS };

/* Where and in whose loop this happens. */
__noinline u32 find_origin(u64 vm_frame, u64 vm_opline, u64 sp, enum wanted_path wanted, struct origin *origin)
{
	struct vm_stack stack = {};
	struct place place = {};

	if (!origin)
		return 0;
	if (knobs.opline_in_frame)
		vm_frame = vm_opline = 0;
	origin->hook = 0;
	origin->path = 0;
	origin->is_generator = 0;
	origin->site = SITE_NO_FRAME;
	if (read_vm_stack(&stack)) {
		counters.unread_frames++;
		return 0;
	}
	follow_context(&stack);
	follow_generators(&stack);
	find_place(&stack, vm_frame, vm_opline, sp, &place);
	origin->site = place.site;
	origin->hook = current_hook(&stack, place.func);
	if (wanted == PATH_OF_NONE)
		return 1;
	origin->path = path_of(&place, wanted == PATH_ALWAYS);
	if (generators_made && origin->hook)
		origin->is_generator = opcode_at(place.opline) == GENERATOR_CREATE;
	return 1;
}

static __always_inline void emit_alloc(u64 address, u64 size, const struct origin *origin)
{
	if (size > MAX_SMALL_SIZE)
		note_pages(address);
	if (origin->is_generator)
		make_generator(address);
	if (origin->path) {
		struct alloc_path_event *event = reserve(sizeof(*event));
		if (!event)
			return;
		event->head = head(address, EVENT_ALLOC_PATH, origin->hook);
		event->size8 = size >> 3;
		event->site = origin->site;
		event->path = origin->path;
		submit(event);
	} else {
		struct alloc_event *event = reserve(sizeof(*event));
		if (!event)
			return;
		event->head = head(address, EVENT_ALLOC, origin->hook);
		event->size8 = size >> 3;
		event->site = origin->site;
		submit(event);
	}
}

static __always_inline void emit_realloc(u64 old, u64 old_size, u64 address, u64 size, const struct origin *origin)
{
	struct realloc_event *event = reserve(sizeof(*event));
	if (!event)
		return;
	event->head = head(old, EVENT_REALLOC, origin->hook);
	event->address = address;
	event->old_size8 = old_size >> 3;
	event->size8 = size >> 3;
	event->site = origin->site;
	event->path = origin->path;
	submit(event);
}

static __always_inline void wait_for_result(u32 kind, u64 old, u64 old_size, u64 size, const struct origin *origin)
{
	pending.kind = kind;
	pending.old = old;
	pending.old_size8 = old_size >> 3;
	pending.size8 = size >> 3;
	pending.hook = origin->hook;
	pending.site = origin->site;
	pending.path = origin->path;
	pending.is_generator = origin->is_generator;
}

/* The call that was pending has returned without passing a result site. A reallocation did not move then, and the
 * page map tells what became of its block. An allocation failed (out of memory leaves by longjmp). */
__noinline u32 settle_pending(void)
{
	struct origin origin = { pending.hook, pending.site, pending.path, 0 };
	u64 old = pending.old, old_size = (u64)pending.old_size8 << 3, size;
	u32 kind = pending.kind;

	pending.kind = PENDING_NONE;
	if (kind == PENDING_REALLOC) {
		size = live_block_size(old);
		if (size && size != old_size)
			emit_realloc(old, old_size, old, size, &origin);
		return 1;
	}
	counters.unresolved++;
	return 0;
}

/* True where this guard belongs to the heap we follow and the heap is Zend's own. */
static __always_inline int begin_event(const struct pt_regs *ctx, u64 cookie)
{
	u32 heap_in = COOKIE_HEAP(cookie);

	if (!is_followed())
		return 0;
	/* The jump tests heap->use_custom_heap: the zero flag is set where that is 0. */
	if ((cookie & COOKIE_ASKS_FOR_CUSTOM) && !(ctx->eflags & ZERO_FLAG)) {
		counters.custom_heap++;
		return 0;
	}
	if (heap_in != NO_REGISTER && reg(ctx, heap_in) != the_heap())
		return 0;
	if (pending.kind)
		settle_pending();
	if (control.tick_ns)
		tick();
	if (!knobs.pid && !traced_pid)
		traced_pid = bpf_get_current_pid_tgid() >> 32;
	counters.events++;
	return 1;
}

static __always_inline int allocate(const struct pt_regs *ctx, u64 size)
{
	struct origin origin;
	u64 address = 0;

	find_origin(ctx->r14, ctx->r15, ctx->rsp, PATH_WHERE_WANTED, &origin);
	if (size <= MAX_SMALL_SIZE)
		address = free_slot(bin_of(size));
	else
		look_around();
	if (address)
		emit_alloc(address, block_size_of(size), &origin);
	else
		wait_for_result(PENDING_ALLOC, 0, 0, block_size_of(size), &origin);
	return 0;
}

static __always_inline int take_back(const struct pt_regs *ctx, u64 address, u32 bin)
{
	struct free_event *event;
	struct origin origin;

	if (!address)
		return 0;
	find_origin(ctx->r14, ctx->r15, ctx->rsp, PATH_OF_NONE, &origin);
	event = reserve(sizeof(*event));
	if (!event)
		return 0;
	event->head = head(address, EVENT_FREE, origin.hook);
	event->size8 = (bin == NO_BIN ? live_block_size(address) : bin_size(bin)) >> 3;
	event->site = origin.site;
	submit(event);
	if (!(address & (PAGE_SIZE - 1)))
		forget_pages(address);
	if (generators_known)
		unmake_generator(address);
	return 0;
}

/* A small block stays where it is until the next smaller bin would do with room to spare; a larger one while it has the
 * same pages. */
static __always_inline int stays_in_place(u64 old_size, u64 new_size, u64 size)
{
	u32 bin;
	if (!old_size)
		return 0;
	if (old_size > MAX_SMALL_SIZE)
		return old_size == new_size;
	bin = bin_of(old_size);
	return size <= old_size && (!bin || size >= bin_size(bin - 1));
}

/* The branches of zend_mm_realloc_heap (php-src Zend/zend_alloc.c), as far as the guard can foresee them. */
static __always_inline int move(const struct pt_regs *ctx, u64 old, u64 size, int null_is_alloc)
{
	u64 old_size, new_size, address;
	struct origin origin;

	if (!old)
		return null_is_alloc ? allocate(ctx, size) : 0;
	old_size = live_block_size(old);
	new_size = block_size_of(size);
	if (stays_in_place(old_size, new_size, size))
		return 0;
	find_origin(ctx->r14, ctx->r15, ctx->rsp, PATH_WHERE_WANTED, &origin);
	if (old_size <= MAX_SMALL_SIZE && new_size <= MAX_SMALL_SIZE) {
		address = free_slot(bin_of(size));
		if (address) {
			emit_realloc(old, old_size, address, new_size, &origin);
			return 0;
		}
	}
	wait_for_result(PENDING_REALLOC, old, old_size, new_size, &origin);
	return 0;
}

/* The guard of any of the allocator's functions. */
static __always_inline int guard(const struct pt_regs *ctx, u64 cookie)
{
	u32 bin = COOKIE_BIN(cookie);
	u64 pointer, size;

	if (!begin_event(ctx, cookie))
		return 0;
	pointer = reg(ctx, COOKIE_POINTER(cookie));
	if (COOKIE_SITE(cookie) == SITE_FREE)
		return take_back(ctx, pointer, bin);
	size = bin == NO_BIN ? reg(ctx, COOKIE_VALUE(cookie)) : bin_size(bin);
	if (COOKIE_SITE(cookie) == SITE_REALLOC)
		return move(ctx, pointer, size, !!(cookie & COOKIE_NULL_IS_ALLOC));
	return allocate(ctx, size);
}

/* A slow path returns. It may serve the allocator's own needs (the list node of a huge block), so only a block of the
 * size that is awaited counts. */
static __always_inline int result(u64 address)
{
	struct origin origin;
	u64 size;

	if (!pending.kind || !is_followed())
		return 0;
	size = address ? live_block_size(address) : 0;
	if (!size || size >> 3 != pending.size8)
		return 0;
	origin.hook = pending.hook;
	origin.site = pending.site;
	origin.path = pending.path;
	origin.is_generator = pending.is_generator;
	if (pending.kind == PENDING_ALLOC)
		emit_alloc(address, size, &origin);
	else
		emit_realloc(pending.old, (u64)pending.old_size8 << 3, address, size, &origin);
	pending.kind = PENDING_NONE;
	return 0;
}

/* zend_mm_shutdown(heap, full, silent): the heap drops everything that a request left. A full shutdown follows the one
 * of the last request, when the process ends; there is nothing left by then. */
SEC("uprobe")
int on_heap_reset(struct pt_regs *ctx)
{
	struct loop_event *event;
	if (!is_followed() || reg(ctx, COOKIE_HEAP(bpf_get_attach_cookie(ctx))) != the_heap() || (u8)ctx->rsi)
		return 0;
	pending.kind = PENDING_NONE;
	generation++;
	event = reserve(sizeof(*event));
	if (!event)
		return 0;
	event->head = head(0, EVENT_RESET, 0);
	event->heap_size = heap_size();
	event->time_ns = bpf_ktime_get_ns();
	event->loop = event->over = 0;
	submit(event);
	return 0;
}

SEC("uprobe")
int on_destroy_op_array(struct pt_regs *ctx)
{
	if (is_followed())
		forget_code(reg(ctx, COOKIE_VALUE(bpf_get_attach_cookie(ctx))));
	return 0;
}

/* The opline of a hook is run in the frame at, in whatever context. */
static __always_inline void on_hook(u32 number, const struct vm_stack *stack, u64 at)
{
	follow_context(stack);
	follow_generators(stack);
	on_opline(number, stack, at);
	begin_generator(number, at);
}

/* A hook's opline, by hardware: the register trap comes just after the VM read the handler and jumped to it. Memory of
 * code that was freed is used for other things: that the VM runs this opline must show in its register, or in the frame
 * where a build keeps it there. */
SEC("perf_event")
int on_watchpoint(struct bpf_perf_event_data *ctx)
{
	u64 opline = ctx->addr;
	struct vm_stack stack = {};

	if (pending.kind)
		settle_pending();
	if (read_vm_stack(&stack))
		return 0;
	if (!knobs.opline_in_frame && ctx->regs.r15 == opline)
		on_hook(bpf_get_attach_cookie(ctx), &stack, ctx->regs.r14);
	else if (read_word(stack.execute_data) == opline)
		on_hook(bpf_get_attach_cookie(ctx), &stack, stack.execute_data);
	return 0;
}

/* A hook's opline, by its handler, which serves every opline of its kind. */
static __always_inline int handler(const struct pt_regs *ctx, u32 number)
{
	u64 frame = knobs.opline_in_frame ? reg(ctx, RDI) : reg(ctx, R14);
	u64 opline = knobs.opline_in_frame ? read_word(frame) : ctx->r15;
	struct vm_stack stack = {};

	if (hook_at(number)->opline != opline || !is_followed())
		return 0;
	if (pending.kind)
		settle_pending();
	if (!read_vm_stack(&stack))
		on_hook(number, &stack, frame);
	return 0;
}

SEC("uprobe")
int on_request_shutdown(struct pt_regs *ctx)
{
	if (is_followed())
		on_request_end();
	return 0;
}

static __always_inline struct asked_array *asked_array_at(u64 address)
{
	for (u32 i = 0; i < MAX_ASKED_ARRAYS; i++)
		if (asked_arrays[i].address == address)
			return &asked_arrays[i];
	return NULL;
}

static __always_inline void emit_insert(struct asked_array *array, u32 elements, const struct origin *origin)
{
	struct insert_event *event = reserve(sizeof(*event));
	/* What user space was told last is no longer the call before the next one. */
	if (!event) {
		array->site = 0;
		return;
	}
	event->head = head(array->address, EVENT_INSERT, origin->hook);
	event->elements = array->site ? elements - array->elements : 0;
	event->site = origin->site;
	event->path = origin->path;
	event->unused = 0;
	submit(event);
	array->elements = elements;
	array->site = origin->site;
	array->path = origin->path;
	array->hook = origin->hook;
}

/* A function is called that may put an element into an array. Whether it did shows at the next such call for the same
 * array: what that finds to be more came by this one. User space is told of a call where that says more than the one
 * before. A site's number may be another's now, the path's is not. */
static __always_inline int insert(const struct pt_regs *ctx, u64 address)
{
	struct asked_array *array;
	struct origin origin;
	u32 elements;

	if (!address || !is_followed())
		return 0;
	array = asked_array_at(address);
	if (!array)
		return 0;
	if (pending.kind)
		settle_pending();
	elements = read_u32(address + knobs.table_elements);
	find_origin(ctx->r14, ctx->r15, ctx->rsp, PATH_ALWAYS, &origin);
	if (elements != array->elements || origin.site != array->site || origin.path != array->path ||
	    origin.hook != array->hook)
		emit_insert(array, elements, &origin);
	return 0;
}

/* Whatever a probe sits on, by its cookie. One program for all: the verifier's walk through what they have in common is
 * most of the time that an attach takes. */
SEC("uprobe")
int on_site(struct pt_regs *ctx)
{
	u64 cookie = bpf_get_attach_cookie(ctx);
	u32 site = COOKIE_SITE(cookie);

	if (site <= SITE_REALLOC)
		return guard(ctx, cookie);
	if (site == SITE_RESULT)
		return result(reg(ctx, COOKIE_VALUE(cookie)));
	if (site == SITE_INSERT)
		return insert(ctx, reg(ctx, COOKIE_POINTER(cookie)));
	if (site == SITE_HANDLER)
		return handler(ctx, COOKIE_VALUE(cookie));
	if (!is_followed())
		return 0;
	if (pending.kind)
		settle_pending();
	if (site == SITE_SYMBOL)
		on_native(COOKIE_VALUE(cookie));
	else
		/* A library is about to have another context run: zend_fiber_switch_context and its like. */
		look_around();
	return 0;
}

/* zend_execute: the main script is compiled, its functions are known, and none has been called. */
SEC("uprobe")
int on_execute(struct pt_regs *ctx)
{
	if (!is_followed())
		return 0;
	if (is_compiled(ctx->rdi))
		control.has_compiled_code = 1;
	if (control.stop_at_execute)
		bpf_send_signal(SIGSTOP);
	return 0;
}

static __always_inline int emit_process(u32 change)
{
	struct process_event *event = reserve(sizeof(*event));
	if (!event)
		return 0;
	event->head = head(0, EVENT_PROCESS, 0);
	event->change = change;
	event->unused = 0;
	submit(event);
	return 0;
}

/* php_request_shutdown of a program of ours, whose only request is the whole of it. */
SEC("uprobe")
int on_shutdown(struct pt_regs *ctx)
{
	if (!control.stop_at_shutdown || !is_followed())
		return 0;
	emit_process(PROCESS_SHUTDOWN);
	bpf_send_signal(SIGSTOP);
	return 0;
}

static __always_inline u32 target_pid(void)
{
	return knobs.pid ?: traced_pid;
}

static __always_inline int is_target(void)
{
	return bpf_get_current_pid_tgid() >> 32 == target_pid();
}

/* A new thread is no fork. */
SEC("raw_tp/task_newtask")
int on_fork(struct bpf_raw_tracepoint_args *ctx)
{
	u64 clone_flags = ctx->args[1];
	return !(clone_flags & CLONE_THREAD) && is_target() && is_followed() ? emit_process(PROCESS_FORK) : 0;
}

SEC("raw_tp/sched_process_exec")
int on_exec(void *ctx)
{
	return is_target() ? emit_process(PROCESS_EXEC) : 0;
}

SEC("raw_tp/sched_process_exit")
int on_exit(void *ctx)
{
	int is_main = (u32)bpf_get_current_pid_tgid() == target_pid();
	return is_target() && (followed.thread ? is_followed() : is_main) ? emit_process(PROCESS_EXIT) : 0;
}
