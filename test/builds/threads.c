/* A program with a thread-safe PHP in it: threads.c main|thread SCRIPT... runs the first script in the main thread, or
 * in another one, and each further script in a thread of its own meanwhile. */
#include <pthread.h>
#include <string.h>
#include <sapi/embed/php_embed.h>

ZEND_TSRMLS_CACHE_EXTERN()

static int count;
static char **scripts;

static void run(const char *name)
{
	zend_file_handle script;
	zend_stream_init_filename(&script, name);
	php_execute_script(&script);
}

static void *further(void *name)
{
	(void)ts_resource(0);
	ZEND_TSRMLS_CACHE_UPDATE();
	php_request_startup();
	run(name);
	php_request_shutdown(NULL);
	ts_free_thread();
	return NULL;
}

static void *first(void *unused)
{
	pthread_t threads[8];
	php_embed_init(1, scripts);
	ZEND_TSRMLS_CACHE_UPDATE();
	for (int i = 1; i < count; i++)
		pthread_create(&threads[i], NULL, further, scripts[i]);
	run(scripts[0]);
	for (int i = 1; i < count; i++)
		pthread_join(threads[i], NULL);
	php_embed_shutdown();
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	if (argc < 3 || argc > 10)
		return 2;
	count = argc - 2;
	scripts = argv + 2;
	if (strcmp(argv[1], "main") == 0) {
		first(NULL);
		return 0;
	}
	pthread_create(&thread, NULL, first, NULL);
	pthread_join(thread, NULL);
	return 0;
}
