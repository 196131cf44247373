/* Which line of PHP runs, and by what call path. */
#ifndef PHPTRACE_FRAMES_BPF_H
#define PHPTRACE_FRAMES_BPF_H

#include "state.bpf.h"

#define INTERNAL_FUNCTION 1
/* Frames without a line between the allocator and a line of PHP: internal functions that call each other. */
#define INNER_FRAMES 8
#define MAX_OPCODES 4096
#define OPCODES_A_CALL 64
#define SIGSTOP 19
/* zend_op.opcode (php-src Zend/zend_compile.h), and the opcode that makes a generator and its frame, two blocks
 * (Zend/zend_vm_opcodes.h); 7.4 to 8.5. */
#define ZEND_OP_OPCODE 28
#define GENERATOR_CREATE 139
/* A function's code is entered at the first opline, or behind the arguments that a call has given. */
#define COMPILED_HANDLERS 16

/* EG(vm_stack_top) and what follows it (php-src Zend/zend_globals.h). */
struct vm_stack {
	u64 top;
	u64 end;
	u64 page;
	u64 page_size;
	u64 execute_data;
};

/* zend_execute_data (php-src Zend/zend_compile.h). */
struct frame {
	u64 opline;
	u64 call;
	u64 return_value;
	u64 func;
	u64 this_value;
	u64 this_info;
	u64 prev;
};

static __always_inline int read_vm_stack(struct vm_stack *stack)
{
	return read_user(stack, sizeof(*stack), knobs.executor_globals + knobs.eg_vm_stack_top);
}

static __always_inline u8 opcode_at(u64 opline)
{
	u8 opcode = 0;
	read_user(&opcode, sizeof(opcode), opline + ZEND_OP_OPCODE);
	return opcode;
}

static __always_inline int is_user_code(u64 func)
{
	u8 type = INTERNAL_FUNCTION;
	if (!func)
		return 0;
	read_user(&type, sizeof(type), func);
	return type != INTERNAL_FUNCTION;
}

/* op_array.last and op_array.opcodes tell whether an opline is one of its own. */
static __always_inline int owns_opline(u64 func, u64 opline, u64 *opcodes)
{
	u64 from = read_word(func + knobs.op_array_opcodes);
	u32 count = read_u32(func + knobs.op_array_last);
	u64 size = knobs.zend_op_size;
	*opcodes = from;
	return opline >= from && opline < from + (u64)count * size && !((opline - from) & (size - 1));
}

/* The opline that tells a frame's line. While an exception is in flight the frame's own is one of the engine's, the
 * same for all functions, and the word before that is EG(opline_before_exception) (php-src Zend/zend_globals.h, 7.4
 * to 8.5). Where neither is the function's, the function stands for its line. */
static __always_inline u64 line_opline(u64 func, u64 opline)
{
	u64 opcodes, thrown;
	if (owns_opline(func, opline, &opcodes))
		return opline;
	thrown = read_word(opline - sizeof(u64));
	return owns_opline(func, thrown, &opcodes) ? thrown : func;
}

static __always_inline u32 copy_name(char *to, u32 size, u64 zend_string)
{
	long length;
	if (!zend_string)
		return 0;
	length = bpf_probe_read_user_str(to, size, (const void *)(zend_string + knobs.zend_string_val));
	return length > 0 ? (u32)length : 0;
}

static __always_inline u32 hash_of_name(const char *name)
{
	u32 hash = 2166136261u;
	for (int i = 0; i < 64; i++) {
		u8 c = name[i];
		if (!c)
			break;
		/* Without a branch, so that the verifier has one path to walk. */
		c |= (u8)((u8)(c - 'A') < 26) << 5;
		hash = (hash ^ c) * 16777619u;
	}
	return hash;
}

/* A process of ours (`run`) is stopped where its loop function is first seen, so that no later call is missed. */
static __always_inline void stop_where_awaited(const struct site_event *event)
{
	u32 hash = 0, awaited = 0;
	for (int i = 0; i < MAX_HOOKS; i++)
		awaited |= control.stop_name[i];
	if (awaited && event->function_length)
		hash = hash_of_name(event->function);
	for (int i = 0; i < MAX_HOOKS; i++) {
		u32 line = control.stop_line[i];
		if (hash && hash == control.stop_name[i])
			bpf_send_signal(SIGSTOP);
		if (line && (line == event->line || line == event->line_start))
			bpf_send_signal(SIGSTOP);
	}
}

/* Names a site that was not met before. Names are copied here and now: code made by eval may be gone before user
 * space looks. A global function, so that the verifier walks it once. Returns the site's number, 0 for failure. */
__noinline u32 create_site(u64 opline, u64 func)
{
	struct site *stale = bpf_map_lookup_elem(&sites, &opline);
	struct site value = {};
	struct site_event *event;
	u64 opcodes = 0, scope;
	u32 one = 1, zero = 0;

	if (stale)
		value.id = stale->id;
	else if (bpf_map_pop_elem(&free_sites, &value.id))
		value.id = next_site;
	if (value.id >= MAX_SITES)
		return 0;
	value.generation = generation;
	value.serial = next_serial;
	value.func = func;
	event = reserve(sizeof(*event));
	if (!event) {
		if (!stale && value.id != next_site)
			bpf_map_push_elem(&free_sites, &value.id, BPF_ANY);
		return 0;
	}
	event->head = head(opline, EVENT_SITE, 0);
	event->func = func;
	event->site = value.id;
	event->line_start = read_u32(func + knobs.op_array_line_start);
	event->line = owns_opline(func, opline, &opcodes) ? read_u32(opline + knobs.zend_op_lineno) : event->line_start;
	event->file[0] = event->function[0] = event->class_name[0] = 0;
	event->file_length = copy_name(event->file, sizeof(event->file), read_word(func + knobs.op_array_filename));
	event->function_length = copy_name(event->function, sizeof(event->function), read_word(func + knobs.func_name));
	event->class_length = 0;
	scope = read_word(func + knobs.func_scope);
	if (scope)
		event->class_length =
			copy_name(event->class_name, sizeof(event->class_name), read_word(scope + knobs.class_name));
	stop_where_awaited(event);
	submit(event);
	if (opcode_at(opline) == GENERATOR_CREATE)
		generators_made = 1;
	if (bpf_map_update_elem(&sites, &opline, &value, BPF_ANY))
		return 0;
	bpf_map_update_elem(&code_seen, &opcodes, &one, BPF_ANY);
	bpf_map_update_elem(&path_wanted, &value.id, &zero, BPF_ANY);
	next_serial++;
	if (value.id == next_site)
		next_site++;
	return value.id;
}

/* zend_op is 32 bytes (php-src Zend/zend_compile.h, 64 bits). */
static __always_inline struct recent_site *recent_site_at(u64 opline)
{
	return &recent_sites[(opline >> 5) & (RECENT_SITES - 1)];
}

static __always_inline const struct site *find_site(u64 opline)
{
	struct recent_site *recent = recent_site_at(opline);
	const struct site *site;
	if (recent->opline == opline && recent->site.generation == generation)
		return &recent->site;
	site = bpf_map_lookup_elem(&sites, &opline);
	if (!site || site->generation != generation)
		return 0;
	recent->opline = opline;
	recent->site = *site;
	return &recent->site;
}

static __always_inline u32 known_site(u64 opline)
{
	const struct site *site = find_site(opline);
	return site ? site->id : 0;
}

/* The opline that runs, out of the native stack from sp on: a C function that needs r15 and r14 pushes them one after
 * the other, which leaves the VM's opline above its frame. The outermost such pair is the VM's own; what lies deeper
 * can be left over from earlier calls. Returns 0 where there is none. */
__noinline u64 pushed_opline(u64 sp, u64 frame, u64 func)
{
	u64 from = read_word(func + knobs.op_array_opcodes);
	u64 bytes = read_u32(func + knobs.op_array_last) * (u64)knobs.zend_op_size;
	u64 found = 0;

	if (read_user(native_stack, sizeof(native_stack), sp))
		return 0;
	for (int i = 0; i < NATIVE_WORDS - 1; i++) {
		u64 above = native_stack[i + 1];
		if (native_stack[i] == frame && above - from < bytes)
			found = above;
	}
	return found;
}

/* Has opcache's JIT compiled this function, or parts of it, or set out to count its calls? Then handlers among its
 * first are code of the JIT's. Such code saves the opline in the frame before all that may allocate, and r15 is left
 * over from before (php-src ext/opcache/jit/zend_jit_x86.dasc, SET_EX_OPLINE). */
__noinline u32 is_compiled(u64 func)
{
	u64 opcodes = read_word(func + knobs.op_array_opcodes);
	u32 last = read_u32(func + knobs.op_array_last);
	for (int i = 0; i < COMPILED_HANDLERS && i < last; i++) {
		u64 handler = read_word(opcodes + (u64)i * knobs.zend_op_size);
		if (handler < knobs.code_start || handler >= knobs.code_end)
			return 1;
	}
	return 0;
}

struct place {
	u32 site;
	u32 is_new;
	u64 opline;
	u64 execute_data; /* the frame of that line */
	u64 func;         /* what runs in the innermost frame, where that is known without a read of it, else 0 */
};

/* The opline that runs in a frame of PHP code. Where the innermost frame is not in r14 any more, an opline of its
 * function in r15 still is the one. */
static __always_inline u64 running_opline(const struct frame *frame, u64 at, int is_innermost, u64 vm_frame,
					  u64 vm_opline, u64 sp)
{
	u64 opcodes, pushed;

	if (knobs.opline_in_frame)
		return line_opline(frame->func, frame->opline);
	if (control.has_compiled_code && frame->opline != vm_opline && is_compiled(frame->func))
		return line_opline(frame->func, frame->opline);
	if ((at == vm_frame || is_innermost) && owns_opline(frame->func, vm_opline, &opcodes))
		return vm_opline;
	pushed = is_innermost ? pushed_opline(sp, at, frame->func) : 0;
	if (pushed)
		return pushed;
	return line_opline(frame->func, frame->opline);
}

/* The line of PHP that runs, from the innermost frame that has one. vm_frame and vm_opline are r14 and r15: in the VM
 * and in most of what it calls they are the current frame and opline. They spare the reads of that frame, and are more
 * exact than its saved opline, which some handlers do not write (DECLARE_LAMBDA_FUNCTION up to 8.0). A frame further
 * out has saved its opline, for it has made a call. Where the VM has no such registers they are 0. */
static __always_inline void find_place(const struct vm_stack *stack, u64 vm_frame, u64 vm_opline, u64 sp,
				       struct place *place)
{
	struct frame frame = {};
	u64 at = stack->execute_data;

	place->site = SITE_NO_FRAME;
	place->is_new = 0;
	place->execute_data = 0;
	place->func = 0;
	place->opline = vm_opline;
	for (int i = 0; i < INNER_FRAMES && at; i++) {
		if (at == vm_frame && !control.has_compiled_code) {
			const struct site *site = find_site(vm_opline);
			if (site) {
				place->site = site->id;
				place->execute_data = at;
				if (at == stack->execute_data)
					place->func = site->func;
				return;
			}
		}
		if (read_user(&frame, sizeof(frame), at)) {
			counters.unread_frames++;
			return;
		}
		if (is_user_code(frame.func)) {
			place->execute_data = at;
			break;
		}
		at = frame.prev;
	}
	if (!place->execute_data)
		return;
	place->opline = running_opline(&frame, at, at == stack->execute_data, vm_frame, vm_opline, sp);
	place->site = known_site(place->opline);
	if (place->site)
		return;
	place->site = create_site(place->opline, frame.func);
	place->is_new = 1;
	if (!place->site) {
		counters.unread_frames++;
		place->site = SITE_NO_FRAME;
	}
}

/* Takes one frame of a call path into walk. Sites of outer frames are made as they are met. Returns 0 at the end. */
__noinline u32 walk_frame(void)
{
	struct frame frame = {};
	const struct site *site;
	u64 opline;
	u32 frames = walk.frames;

	if (!walk.at) {
		walk.truncated = 0;
		return 0;
	}
	if (frames >= MAX_FRAMES || read_user(&frame, sizeof(frame), walk.at))
		return 0;
	walk.at = frame.prev;
	if (!is_user_code(frame.func))
		return 1;
	opline = frames ? frame.opline : walk.opline;
	site = find_site(opline);
	if (!site && frames) {
		opline = line_opline(frame.func, opline);
		site = find_site(opline);
	}
	if (!site && create_site(opline, frame.func))
		site = find_site(opline);
	if (!site)
		return 0;
	walk.sites[frames & (MAX_FRAMES - 1)] = site->id;
	walk.hash = (walk.hash ^ site->serial) * 1099511628211ULL;
	walk.frames = frames + 1;
	return 1;
}

/* The number of the call path from the frame at, 0 where it could not be told. */
__noinline u32 find_path(u64 at, u64 opline)
{
	struct path_event *event;
	u64 hash;
	u32 *known, path;

	walk.at = at;
	walk.opline = opline;
	walk.hash = 14695981039346656037ULL;
	walk.frames = 0;
	walk.truncated = 1;
	for (int i = 0; i < 2 * MAX_FRAMES; i++)
		if (!walk_frame())
			break;
	hash = walk.hash;
	known = bpf_map_lookup_elem(&paths, &hash);
	if (known)
		return *known;
	event = reserve(sizeof(*event));
	if (!event)
		return 0;
	path = next_path++;
	event->head = head(0, EVENT_PATH, 0);
	event->path = path;
	event->frames = walk.frames;
	event->truncated = walk.truncated;
	event->unused = 0;
	__builtin_memcpy(event->sites, walk.sites, sizeof(event->sites));
	submit(event);
	bpf_map_update_elem(&paths, &hash, &path, BPF_ANY);
	return path;
}

static __always_inline u32 path_of(const struct place *place, int always)
{
	u32 *wanted;
	if (!place->execute_data)
		return 0;
	if (!place->is_new && !always) {
		wanted = bpf_map_lookup_elem(&path_wanted, &place->site);
		if (!wanted)
			return 0;
		if (!*wanted) {
			if (!unasked_paths)
				return 0;
			unasked_paths--;
		}
	}
	return find_path(place->execute_data, place->opline);
}

/* Returns 0, for a global function returns something. */
__noinline u32 forget_site(u64 opline)
{
	struct site *site = bpf_map_lookup_elem(&sites, &opline);
	struct recent_site *recent = recent_site_at(opline);
	u32 id;
	if (recent->opline == opline)
		recent->site.generation = 0;
	if (!site)
		return 0;
	id = site->id;
	bpf_map_delete_elem(&sites, &opline);
	bpf_map_push_elem(&free_sites, &id, BPF_ANY);
	return 0;
}

/* Forgets the first oplines of an array of so many. */
__noinline u32 forget_sites(u64 opcodes, u32 count)
{
	for (u32 i = 0; i < OPCODES_A_CALL && i < count; i++)
		forget_site(opcodes + i * (u64)knobs.zend_op_size);
	return 0;
}

/* Code is about to be freed: another function's oplines may soon lie at its addresses. */
static __always_inline void forget_code(u64 func)
{
	u64 opcodes = read_word(func + knobs.op_array_opcodes);
	u64 refcount = read_word(func + knobs.op_array_refcount);
	u32 count = read_u32(func + knobs.op_array_last);
	u64 size = knobs.zend_op_size;

	if (!refcount || read_u32(refcount) != 1)
		return;
	forget_site(func);
	if (!bpf_map_lookup_elem(&code_seen, &opcodes))
		return;
	bpf_map_delete_elem(&code_seen, &opcodes);
	if (count > MAX_OPCODES)
		counters.unforgotten++;
	for (u32 i = 0; i < MAX_OPCODES && i < count; i += OPCODES_A_CALL)
		forget_sites(opcodes + i * size, count - i);
}

#endif
