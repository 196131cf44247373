/* Reads of the Zend heap (php-src Zend/zend_alloc.c): what size a block has, by the heap's own books. */
#ifndef PHPTRACE_HEAP_BPF_H
#define PHPTRACE_HEAP_BPF_H

#include "state.bpf.h"

#define CHUNK_SIZE (2ULL << 20)
#define PAGE_SIZE 4096ULL
#define MAX_SMALL_SIZE 3072
#define MAX_LARGE_SIZE (CHUNK_SIZE - PAGE_SIZE)
#define IS_LARGE_RUN 0x40000000u
#define IS_SMALL_RUN 0x80000000u
#define LARGE_RUN_PAGES 0x3ffu
#define SMALL_RUN_BIN 0x1fu
/* A longer list of huge blocks is read to here; the size of an older block is then left to user space's table. */
#define HUGE_BLOCKS_READ 512
#define HUGE_BLOCKS_A_CALL 32

struct huge_block {
	u64 address;
	u64 size;
	u64 next;
};

static __always_inline u64 the_heap(void)
{
	if (!heap)
		heap = read_word(knobs.alloc_globals);
	return heap;
}

static __always_inline u64 heap_size(void)
{
	u64 at = the_heap();
	return at ? read_word(at + knobs.heap_size) : 0;
}

static __always_inline u32 bin_size(u32 bin)
{
	return knobs.bin_size[bin & (BIN_SLOTS - 1)];
}

static __always_inline u32 bin_of(u64 size)
{
	if (size < knobs.min_bin_size)
		size = knobs.min_bin_size;
	return knobs.bin_of_size8[((size + 7) >> 3) & (SIZE8_SLOTS - 1)];
}

static __always_inline u64 free_slot(u32 bin)
{
	return read_word(the_heap() + knobs.heap_free_slot + 8 * (u64)bin);
}

/* The block that the size of a request makes, in bytes. */
static __always_inline u64 block_size_of(u64 size)
{
	if (size <= MAX_SMALL_SIZE)
		return bin_size(bin_of(size));
	return (size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

/* Looks for the huge block at address in the next part of the list. Returns its size, 0 where it is not there. A global
 * function, as each that loops, branches much or is called from a loop: the verifier walks it once for a program, and
 * not again on every path to a call of it, which made a second of each attach. Such a function returns something and
 * checks its pointers. */
__noinline u64 search_huge_blocks(u64 address)
{
	struct huge_block block = {};
	for (int i = 0; i < HUGE_BLOCKS_A_CALL; i++) {
		if (!huge_list_at)
			return 0;
		if (read_user(&block, sizeof(block), huge_list_at)) {
			huge_list_at = 0;
			return 0;
		}
		if (block.address == address)
			return block.size;
		huge_list_at = block.next;
	}
	return 0;
}

/* The size in bytes of the huge block at address; 0 where the heap knows none. */
__noinline u64 huge_block_size(u64 address)
{
	u64 size;
	huge_list_at = read_word(the_heap() + knobs.heap_huge_list);
	for (int i = 0; i < HUGE_BLOCKS_READ / HUGE_BLOCKS_A_CALL; i++) {
		size = search_huge_blocks(address);
		if (size || !huge_list_at)
			return size;
	}
	return 0;
}

static __always_inline u32 page_info(u64 address)
{
	u64 chunk = address & ~(CHUNK_SIZE - 1);
	return read_u32(chunk + knobs.chunk_map + 4 * ((address - chunk) >> 12));
}

/* The size in bytes of the live block at address; 0 where the heap knows none. */
__noinline u64 live_block_size(u64 address)
{
	u32 info;
	if (!(address & (CHUNK_SIZE - 1)))
		return huge_block_size(address);
	info = page_info(address);
	if (info & IS_SMALL_RUN)
		return bin_size(info & SMALL_RUN_BIN);
	if (info & IS_LARGE_RUN)
		return (info & LARGE_RUN_PAGES) * PAGE_SIZE;
	return 0;
}

#endif
