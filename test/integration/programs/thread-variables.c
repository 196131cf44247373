// A variable of each thread's own, in a library (-DLIBRARY) or in the program that has two threads (-DPROGRAM), or in one
// file with it. Each thread says where it is (fs) and what it has put into its variable.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct table {
    long header[2];
    long *data;
    unsigned used;
};

void keep(struct table *table);
long sum(void);

#ifdef LIBRARY
static __thread struct table *other;
static __thread struct table *kept;

void keep(struct table *table) {
    other = NULL;
    kept = table;
}

long sum(void) {
    long all = other == NULL ? 0 : other->used;
    if (kept != NULL) {
        for (unsigned at = 0; at < kept->used; at++) all += kept->data[at];
    }
    return all;
}
#endif

#ifdef PROGRAM
static void *run(void *unused) {
    struct table *table = calloc(1, sizeof(*table));
    keep(table);
    sum();
    printf("%lx %lx\n", (unsigned long)pthread_self(), (unsigned long)table);
    fflush(stdout);
    pause();
    return unused;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, run, NULL);
    run(NULL);
}
#endif
