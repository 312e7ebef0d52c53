/*
 * Threads: atomic counters, locks, condition variables, and a floating-point state for each.
 *
 * SPDX-License-Identifier: MIT
 */
#include <fenv.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include "check.h"

#define NB_THREADS 4
#define PASSES     20000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned atomic_count, locked_count, turn;
static __thread unsigned own_count;

static void *count(void *unused)
{
    for (int i = 0; i < PASSES; i++) {
        __atomic_fetch_add(&atomic_count, 1, __ATOMIC_SEQ_CST);
        pthread_mutex_lock(&lock);
        locked_count++;
        pthread_mutex_unlock(&lock);
        own_count++;
        if (i % 1000 == 0) {
            sched_yield();
        }
    }
    return (void *)(uintptr_t)own_count;
}

static void counters(void)
{
    pthread_t threads[NB_THREADS];
    uintptr_t own = 0;

    for (int i = 0; i < NB_THREADS; i++) {
        EXPECT(!pthread_create(&threads[i], NULL, count, NULL));
    }
    for (int i = 0; i < NB_THREADS; i++) {
        void *result;

        pthread_join(threads[i], &result);
        own += (uintptr_t)result;
    }
    EXPECT(atomic_count == NB_THREADS * PASSES);
    EXPECT(locked_count == NB_THREADS * PASSES);
    EXPECT(own == NB_THREADS * PASSES);
    PASS();
}

static void *play(void *data)
{
    unsigned me = (uintptr_t)data;

    for (int i = 0; i < 500; i++) {
        pthread_mutex_lock(&lock);
        while (turn % 2 != me) {
            pthread_cond_wait(&changed, &lock);
        }
        turn++;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static void taking_turns(void)
{
    pthread_t threads[2];

    for (uintptr_t i = 0; i < 2; i++) {
        EXPECT(!pthread_create(&threads[i], NULL, play, (void *)i));
    }
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    EXPECT(turn == 1000);
    PASS();
}

static const int modes[NB_THREADS] = { FE_TONEAREST, FE_TOWARDZERO, FE_UPWARD, FE_DOWNWARD };

/* The sum of rounded thirds differs between modes, and is the same each time in one. */
static void *add_thirds(void *data)
{
    double first = 0;

    fesetround(modes[(uintptr_t)data]);
    for (int pass = 0; pass < 20; pass++) {
        double sum = 0, third = 1, three = 3;

        HIDEF(three);
        third /= three;
        for (int i = 0; i < 10000; i++) {
            sum += third;
        }
        if (pass == 0) {
            first = sum;
        }
        if (sum != first || fegetround() != modes[(uintptr_t)data]) {
            return NULL;
        }
        sched_yield();
    }
    double *result = malloc(sizeof(*result));

    *result = first;
    return result;
}

static void rounding_is_each_thread_s_own(void)
{
    pthread_t threads[NB_THREADS];
    double *sums[NB_THREADS];

    for (uintptr_t i = 0; i < NB_THREADS; i++) {
        EXPECT(!pthread_create(&threads[i], NULL, add_thirds, (void *)i));
    }
    for (int i = 0; i < NB_THREADS; i++) {
        pthread_join(threads[i], (void **)&sums[i]);
        EXPECT(sums[i] != NULL);
    }
    EXPECT(*sums[2] > *sums[0] && *sums[0] >= *sums[3] && *sums[3] == *sums[1]);
    PASS();
}

int main(void)
{
    counters();
    taking_turns();
    rounding_is_each_thread_s_own();
    return 0;
}
