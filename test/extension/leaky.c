/*
 * An extension that handles memory as badly, or as exactly, as a test asks for. Addresses go to PHP as
 * integers, so that a program can tell a realloc in place from one that moved the block.
 */
#include "php.h"

/* leaky_alloc(int $bytes): int: emallocs and forgets. The memory is only found again through the address. */
PHP_FUNCTION(leaky_alloc)
{
	zend_long bytes;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_LONG(bytes)
	ZEND_PARSE_PARAMETERS_END();

	RETURN_LONG((zend_long) (uintptr_t) emalloc((size_t) bytes));
}

/* leaky_alloc_with(int $bytes, int $word): int: emallocs while r14 holds this call's frame and r15 the word. Compilers put
 * them there as they please. */
PHP_FUNCTION(leaky_alloc_with)
{
	zend_long bytes, word;
	void *memory;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_LONG(bytes)
		Z_PARAM_LONG(word)
	ZEND_PARSE_PARAMETERS_END();

	__asm__ volatile("mov %[frame], %%r14\n\t"
			 "mov %[word], %%r15\n\t"
			 "call *%[allocate]"
			 : "=a"(memory), "+D"(bytes)
			 : [frame] "b"(execute_data), [word] "r"(word), [allocate] "r"(&_emalloc)
			 : "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r14", "r15", "cc", "memory");
	RETURN_LONG((zend_long) (uintptr_t) memory);
}

/* leaky_realloc(int $address, int $bytes): int: where the block is now. */
PHP_FUNCTION(leaky_realloc)
{
	zend_long address, bytes;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_LONG(address)
		Z_PARAM_LONG(bytes)
	ZEND_PARSE_PARAMETERS_END();

	RETURN_LONG((zend_long) (uintptr_t) erealloc((void *) (uintptr_t) address, (size_t) bytes));
}

/* leaky_free(int $address): void */
PHP_FUNCTION(leaky_free)
{
	zend_long address;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_LONG(address)
	ZEND_PARSE_PARAMETERS_END();

	efree((void *) (uintptr_t) address);
}

/* leaky_malloc(int $bytes): int: memory of the C library, written to, and forgotten. */
PHP_FUNCTION(leaky_malloc)
{
	zend_long bytes;
	void *memory;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_LONG(bytes)
	ZEND_PARSE_PARAMETERS_END();

	memory = malloc((size_t) bytes);
	if (memory != NULL) {
		memset(memory, 1, (size_t) bytes);
	}
	RETURN_LONG((zend_long) (uintptr_t) memory);
}

/* leaky_malloc_free(int $address): void */
PHP_FUNCTION(leaky_malloc_free)
{
	zend_long address;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_LONG(address)
	ZEND_PARSE_PARAMETERS_END();

	free((void *) (uintptr_t) address);
}

/* leaky_pemalloc(int $bytes): int: persistent memory, written to, and forgotten. */
PHP_FUNCTION(leaky_pemalloc)
{
	zend_long bytes;
	void *memory;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_LONG(bytes)
	ZEND_PARSE_PARAMETERS_END();

	memory = pemalloc((size_t) bytes, 1);
	memset(memory, 1, (size_t) bytes);
	RETURN_LONG((zend_long) (uintptr_t) memory);
}

/* leaky_hold(mixed $value): void: counts a reference and forgets it. */
PHP_FUNCTION(leaky_hold)
{
	zval *value;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_ZVAL(value)
	ZEND_PARSE_PARAMETERS_END();

	Z_TRY_ADDREF_P(value);
}

/* leaky_address(object $of): int */
PHP_FUNCTION(leaky_address)
{
	zend_object *of;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJ(of)
	ZEND_PARSE_PARAMETERS_END();

	RETURN_LONG((zend_long) (uintptr_t) of);
}

/*
 * leaky_call(int $word, callable $function): void: calls it while the word is on the C stack and in malloc's memory, as
 * if calls that have returned had left it there.
 */
PHP_FUNCTION(leaky_call)
{
	zend_long word;
	zend_fcall_info fci;
	zend_fcall_info_cache fcc;
	zval result;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_LONG(word)
		Z_PARAM_FUNC(fci, fcc)
	ZEND_PARSE_PARAMETERS_END();

	volatile zend_long on_stack = word;
	volatile zend_long *in_malloc = malloc(sizeof(word));
	*in_malloc = on_stack;
	fci.retval = &result;
	if (zend_call_function(&fci, &fcc) == SUCCESS) {
		zval_ptr_dtor(&result);
	}
	*in_malloc = on_stack = 0;
	free((void *) in_malloc);
}

static int le_leaky;

static void leaky_resource_dtor(zend_resource *resource)
{
	efree(resource->ptr);
}

/* leaky_resource(int $bytes): void: registers a resource that stands for so many bytes and gives it to nobody. */
PHP_FUNCTION(leaky_resource)
{
	zend_long bytes;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_LONG(bytes)
	ZEND_PARSE_PARAMETERS_END();

	zend_register_resource(ecalloc(1, (size_t) bytes), le_leaky);
}

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_leaky_alloc, 0, 1, IS_LONG, 0)
	ZEND_ARG_TYPE_INFO(0, bytes, IS_LONG, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_leaky_alloc_with, 0, 2, IS_LONG, 0)
	ZEND_ARG_TYPE_INFO(0, bytes, IS_LONG, 0)
	ZEND_ARG_TYPE_INFO(0, word, IS_LONG, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_leaky_realloc, 0, 2, IS_LONG, 0)
	ZEND_ARG_TYPE_INFO(0, address, IS_LONG, 0)
	ZEND_ARG_TYPE_INFO(0, bytes, IS_LONG, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_leaky_free, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, address, IS_LONG, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_leaky_malloc, 0, 1, IS_LONG, 0)
	ZEND_ARG_TYPE_INFO(0, bytes, IS_LONG, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_leaky_malloc_free, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, address, IS_LONG, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_leaky_pemalloc, 0, 1, IS_LONG, 0)
	ZEND_ARG_TYPE_INFO(0, bytes, IS_LONG, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_leaky_hold, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, value, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_leaky_address, 0, 1, IS_LONG, 0)
	ZEND_ARG_TYPE_INFO(0, of, IS_OBJECT, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_leaky_call, 0, 2, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, word, IS_LONG, 0)
	ZEND_ARG_TYPE_INFO(0, function, IS_CALLABLE, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_leaky_resource, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, bytes, IS_LONG, 0)
ZEND_END_ARG_INFO()

static const zend_function_entry leaky_functions[] = {
	PHP_FE(leaky_alloc, arginfo_leaky_alloc)
	PHP_FE(leaky_alloc_with, arginfo_leaky_alloc_with)
	PHP_FE(leaky_realloc, arginfo_leaky_realloc)
	PHP_FE(leaky_free, arginfo_leaky_free)
	PHP_FE(leaky_malloc, arginfo_leaky_malloc)
	PHP_FE(leaky_malloc_free, arginfo_leaky_malloc_free)
	PHP_FE(leaky_pemalloc, arginfo_leaky_pemalloc)
	PHP_FE(leaky_hold, arginfo_leaky_hold)
	PHP_FE(leaky_address, arginfo_leaky_address)
	PHP_FE(leaky_call, arginfo_leaky_call)
	PHP_FE(leaky_resource, arginfo_leaky_resource)
	PHP_FE_END
};

PHP_MINIT_FUNCTION(leaky)
{
	le_leaky = zend_register_list_destructors_ex(leaky_resource_dtor, NULL, "leaky", module_number);
	return SUCCESS;
}

zend_module_entry leaky_module_entry = {
	STANDARD_MODULE_HEADER,
	"leaky",
	leaky_functions,
	PHP_MINIT(leaky), NULL, NULL, NULL, NULL,
	"1.0.0",
	STANDARD_MODULE_PROPERTIES
};

ZEND_GET_MODULE(leaky)
