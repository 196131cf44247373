/* A program with a thread-safe PHP in it: threads.c main|thread SCRIPT WHAT... runs the script in the main thread, or in
 * another one, and meanwhile each WHAT in a thread of its own: a script, `idle` for a thread that has PHP and runs no
 * script, or `plain` for one without PHP. At each SIGUSR1 the last script is run in one more thread. A thread is called
 * what it runs (/proc/<pid>/task/<tid>/comm). */
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <sapi/embed/php_embed.h>

ZEND_TSRMLS_CACHE_EXTERN()

#define MOST_THREADS 64

static int count;
static char **scripts;
static volatile int is_over;
static pthread_t threads[MOST_THREADS];
static volatile int begun;

static void run(const char *name)
{
	zend_file_handle script;
	zend_stream_init_filename(&script, name);
	php_execute_script(&script);
}

static void wait_for_end(void)
{
	while (!is_over)
		usleep(10000);
}

static void name_thread(const char *what)
{
	char name[16] = "";
	strncpy(name, strrchr(what, '/') ? strrchr(what, '/') + 1 : what, sizeof(name) - 1);
	pthread_setname_np(pthread_self(), name);
}

static void *further(void *argument)
{
	const char *what = argument;
	name_thread(what);
	if (strcmp(what, "plain") == 0) {
		wait_for_end();
		return NULL;
	}
	(void)ts_resource(0);
	ZEND_TSRMLS_CACHE_UPDATE();
	if (strcmp(what, "idle") == 0) {
		wait_for_end();
	} else {
		php_request_startup();
		run(what);
		php_request_shutdown(NULL);
	}
	ts_free_thread();
	return NULL;
}

static void begin(char *what)
{
	if (begun < MOST_THREADS && pthread_create(&threads[begun], NULL, further, what) == 0)
		begun++;
}

static void *begin_when_told(void *signals)
{
	int signal;
	while (sigwait(signals, &signal) == 0)
		begin(scripts[count - 1]);
	return NULL;
}

static void *first(void *unused)
{
	name_thread(scripts[0]);
	php_embed_init(1, scripts);
	ZEND_TSRMLS_CACHE_UPDATE();
	for (int i = 1; i < count; i++)
		begin(scripts[i]);
	run(scripts[0]);
	is_over = 1;
	for (int i = 0; i < begun; i++)
		pthread_join(threads[i], NULL);
	php_embed_shutdown();
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t thread, teller;
	sigset_t signals;
	if (argc < 3 || argc - 2 > MOST_THREADS)
		return 2;
	count = argc - 2;
	scripts = argv + 2;
	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	pthread_create(&teller, NULL, begin_when_told, &signals);
	if (strcmp(argv[1], "main") == 0) {
		first(NULL);
		return 0;
	}
	pthread_create(&thread, NULL, first, NULL);
	pthread_join(thread, NULL);
	return 0;
}
