/*
 * Clocks, timers, the main loop, bottom halves, the big lock.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/atomic.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "qemu/timer.h"

static int64_t fake_now;

static int64_t fake_clock(void)
{
    return fake_now;
}

static int fired;
static char order[16];

static void fire(void *opaque)
{
    g_assert_true(bql_locked());
    g_assert_true(qemu_in_main_thread());
    order[fired++] = opaque ? *(char *)opaque : 'x';
}

static void reset_fired(void)
{
    fired = 0;
    memset(order, 0, sizeof(order));
}

/* Lets the loop turn until `n` callbacks have been called or a second has passed. */
static void run_until(int n)
{
    int64_t end = qemu_clock_get_ns(QEMU_CLOCK_REALTIME) + NANOSECONDS_PER_SECOND;

    while (fired < n && qemu_clock_get_ns(QEMU_CLOCK_REALTIME) < end) {
        main_loop_wait(false);
    }
}

static void fake_start(void)
{
    fake_now = 0;
    reset_fired();
    qemu_clock_set_virtual_source(fake_clock);
    cpu_enable_ticks();
}

static void fake_end(void)
{
    qemu_clock_set_virtual_source(NULL);
    cpu_disable_ticks();
}

static void test_order(void)
{
    char names[] = "abcdefgh";
    QEMUTimer *t[8];

    fake_start();
    for (int i = 0; i < 8; i++) {
        t[i] = timer_new_ns(QEMU_CLOCK_VIRTUAL, fire, &names[i]);
        timer_mod(t[i], 100 - i * 10);
    }
    timer_mod(t[0], 1);   /* earlier */
    timer_mod(t[7], 500); /* later */
    timer_mod(t[3], 60);  /* the same time as e, but set after it */
    timer_del(t[5]);
    fake_now = 200;
    g_assert_true(qemu_clock_run_timers(QEMU_CLOCK_VIRTUAL));
    g_assert_cmpstr(order, ==, "agedcb");
    g_assert_false(timer_pending(t[0]));
    g_assert_true(timer_pending(t[7]));
    g_assert_cmpint(qemu_clock_deadline_ns(QEMU_CLOCK_VIRTUAL), ==, 300);
    for (int i = 0; i < 8; i++) {
        timer_free(t[i]);
    }
    g_assert_cmpint(qemu_clock_deadline_ns(QEMU_CLOCK_VIRTUAL), ==, -1);
    fake_end();
}

static void test_heap(void)
{
    enum { N = 1000 };
    QEMUTimer *t = g_new0(QEMUTimer, N);
    GRand *rand = g_rand_new_with_seed(1);
    int64_t last = -1;

    fake_start();
    for (int i = 0; i < N; i++) {
        timer_init_ns(&t[i], QEMU_CLOCK_VIRTUAL, fire, NULL);
    }
    for (int i = 0; i < 20 * N; i++) {
        QEMUTimer *ts = &t[g_rand_int_range(rand, 0, N)];

        if (g_rand_int_range(rand, 0, 3)) {
            timer_mod_ns(ts, g_rand_int_range(rand, 0, 100000));
        } else {
            timer_del(ts);
        }
    }
    /* Deadlines must come in order however the heap was shuffled. */
    for (;;) {
        int64_t deadline = qemu_clock_deadline_ns(QEMU_CLOCK_VIRTUAL);
        QEMUTimer *next = NULL;

        if (deadline < 0) {
            break;
        }
        for (int i = 0; i < N; i++) {
            if (timer_pending(&t[i]) && (!next || t[i].expire_time < next->expire_time)) {
                next = &t[i];
            }
        }
        g_assert_nonnull(next);
        g_assert_cmpint(deadline, ==, next->expire_time);
        g_assert_cmpint(deadline, >=, last);
        last = deadline;
        timer_del(next);
    }
    for (int i = 0; i < N; i++) {
        g_assert_false(timer_pending(&t[i]));
        timer_deinit(&t[i]);
    }
    g_rand_free(rand);
    g_free(t);
    fake_end();
}

/* A clock that goes on by a ns with each look at it. */
static int64_t busy_clock(void)
{
    return fake_now++;
}

static void test_deadline_passes_while_looked_at(void)
{
    QEMUTimer *t = timer_new_ns(QEMU_CLOCK_VIRTUAL, fire, NULL);

    fake_start();
    qemu_clock_set_virtual_source(busy_clock);
    for (int64_t deadline = 0; deadline < 10; deadline++) {
        fake_now = 0;
        timer_mod(t, deadline);
        for (int64_t now = 0; now < 20; now++) {
            int64_t left;

            fake_now = now;
            left = qemu_clock_deadline_ns(QEMU_CLOCK_VIRTUAL);
            g_assert_cmpint(left, ==, MAX(deadline - now, 0));
        }
    }
    timer_free(t);
    fake_end();
}

/* The loop must not sleep although the deadline passes just when it looks. */
static void test_loop_wakes_for_passing_deadline(void)
{
    QEMUTimer *t = timer_new_ns(QEMU_CLOCK_VIRTUAL, fire, NULL);

    fake_start();
    qemu_clock_set_virtual_source(busy_clock);
    for (int64_t ahead = 0; ahead < 8; ahead++) {
        timer_mod(t, fake_now + ahead);
        run_until(ahead + 1);
        g_assert_cmpint(fired, ==, ahead + 1);
    }
    timer_free(t);
    fake_end();
}

static QEMUTimer *periodic;

static void rearm(void *opaque)
{
    fired++;
    timer_mod(periodic, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
}

static void test_rearm_in_callback(void)
{
    fake_start();
    periodic = timer_new_ns(QEMU_CLOCK_VIRTUAL, rearm, NULL);
    timer_mod(periodic, 0);
    qemu_clock_run_timers(QEMU_CLOCK_VIRTUAL);
    g_assert_cmpint(fired, ==, 1);
    qemu_clock_run_timers(QEMU_CLOCK_VIRTUAL);
    g_assert_cmpint(fired, ==, 2);
    timer_free(periodic);
    fake_end();
}

static void test_units(void)
{
    QEMUTimer *t = timer_new_ms(QEMU_CLOCK_VIRTUAL, fire, NULL);

    timer_mod(t, 5);
    g_assert_cmpint(timer_expire_time_ns(t), ==, 5000000);
    timer_mod_anticipate(t, 6);
    g_assert_cmpint(timer_expire_time_ns(t), ==, 5000000);
    timer_mod_anticipate(t, 4);
    g_assert_cmpint(timer_expire_time_ns(t), ==, 4000000);
    g_assert_true(timer_expired(t, 4));
    g_assert_false(timer_expired(t, 3));
    timer_mod(t, INT64_MAX / 2); /* saturates */
    g_assert_cmpint(timer_expire_time_ns(t), ==, INT64_MAX);
    timer_mod(t, -5);
    g_assert_cmpint(timer_expire_time_ns(t), ==, 0);
    timer_del(t);
    g_assert_cmpint(timer_expire_time_ns(t), ==, -1);
    timer_free(t);
    timer_free(NULL);
}

static void test_virtual_stops(void)
{
    QEMUTimer *t = timer_new_ns(QEMU_CLOCK_VIRTUAL, fire, NULL);
    int64_t a, b;

    reset_fired();
    a = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    g_usleep(2000);
    g_assert_cmpint(qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), ==, a);
    timer_mod(t, a);
    g_assert_false(qemu_clock_run_timers(QEMU_CLOCK_VIRTUAL)); /* time doesn't pass */

    cpu_enable_ticks();
    g_usleep(2000);
    b = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    g_assert_cmpint(b, >=, a + 2000000);
    cpu_disable_ticks();
    b = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    g_usleep(2000);
    g_assert_cmpint(qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), ==, b);
    timer_free(t);
}

static void test_precision(void)
{
    QEMUTimer *t = timer_new_ns(QEMU_CLOCK_REALTIME, fire, NULL);
    int64_t best = INT64_MAX;

    /* Whole milliseconds would be late by a good part of one each time. */
    for (int i = 0; i < 20; i++) {
        int64_t deadline = qemu_clock_get_ns(QEMU_CLOCK_REALTIME) + 300000;

        reset_fired();
        timer_mod(t, deadline);
        run_until(1);
        g_assert_cmpint(fired, ==, 1);
        best = MIN(best, qemu_clock_get_ns(QEMU_CLOCK_REALTIME) - deadline);
    }
    g_assert_cmpint(best, >=, 0);
    g_assert_cmpint(best, <, 400000);
    timer_free(t);
}

static gpointer set_timer_soon(gpointer t)
{
    g_usleep(20000); /* the main loop sleeps by now */
    bql_lock();
    timer_mod(t, qemu_clock_get_ns(QEMU_CLOCK_REALTIME) + 1000);
    bql_unlock();
    return NULL;
}

static void test_other_thread_wakes(void)
{
    QEMUTimer *late = timer_new_ns(QEMU_CLOCK_REALTIME, fire, (void *)"l");
    QEMUTimer *soon = timer_new_ns(QEMU_CLOCK_REALTIME, fire, (void *)"s");
    int64_t start = qemu_clock_get_ns(QEMU_CLOCK_REALTIME);
    GThread *thread;

    reset_fired();
    timer_mod(late, start + 30 * NANOSECONDS_PER_SECOND);
    thread = g_thread_new("setter", set_timer_soon, soon);
    run_until(1);
    g_assert_cmpstr(order, ==, "s");
    g_assert_cmpint(qemu_clock_get_ns(QEMU_CLOCK_REALTIME) - start, <, NANOSECONDS_PER_SECOND);
    g_thread_join(thread);
    timer_free(late);
    timer_free(soon);
}

static void test_bh(void)
{
    QEMUBH *bh = qemu_bh_new(fire, (void *)"b");

    reset_fired();
    qemu_bh_schedule(bh);
    qemu_bh_schedule(bh);
    g_assert_cmpint(fired, ==, 0);
    main_loop_wait(false);
    g_assert_cmpstr(order, ==, "b"); /* once for both */
    qemu_bh_schedule(bh);
    qemu_bh_cancel(bh);
    qemu_bh_schedule_oneshot(fire, (void *)"o");
    main_loop_wait(true);
    g_assert_cmpstr(order, ==, "bo");
    qemu_bh_delete(bh);
    qemu_bh_delete(NULL);
}

static QEMUBH *self;

static void bh_delete_self(void *opaque)
{
    fired++;
    qemu_bh_delete(self);
}

static void test_bh_self_delete(void)
{
    reset_fired();
    self = qemu_bh_new(bh_delete_self, NULL);
    qemu_bh_schedule(self);
    main_loop_wait(false);
    main_loop_wait(true);
    g_assert_cmpint(fired, ==, 1);
}

static void read_byte(void *opaque)
{
    char c;

    g_assert_true(bql_locked());
    g_assert_cmpint(read(*(int *)opaque, &c, 1), ==, 1);
    fired++;
    if (c == 'q') {
        qemu_set_fd_handler(*(int *)opaque, NULL, NULL, NULL);
    }
}

static void test_fd(void)
{
    int fds[2];

    reset_fired();
    g_assert_cmpint(pipe(fds), ==, 0);
    qemu_set_fd_handler(fds[0], read_byte, NULL, fds);
    main_loop_wait(true);
    g_assert_cmpint(fired, ==, 0);
    g_assert_cmpint(write(fds[1], "aqz", 3), ==, 3);
    run_until(2);
    g_assert_cmpint(fired, ==, 2);
    main_loop_wait(true);
    g_assert_cmpint(fired, ==, 2); /* it removed itself with a byte left */
    close(fds[0]);
    close(fds[1]);
}

static bool stop_hammering;

static gpointer hammer(gpointer opaque)
{
    while (!qatomic_read(&stop_hammering)) {
        bql_lock();
        for (volatile int i = 0; i < 10000; i++) {
            ;
        }
        bql_unlock();
    }
    return NULL;
}

static void test_lock_is_fair(void)
{
    GThread *thread = g_thread_new("hammer", hammer, NULL);
    int64_t start = qemu_clock_get_ns(QEMU_CLOCK_REALTIME);

    for (int i = 0; i < 200; i++) {
        main_loop_wait(true);
    }
    g_assert_cmpint(qemu_clock_get_ns(QEMU_CLOCK_REALTIME) - start, <, 5 * NANOSECONDS_PER_SECOND);
    qatomic_set(&stop_hammering, true);
    bql_unlock();
    g_thread_join(thread);
    bql_lock();
}

static void test_lock_guard(void)
{
    bql_unlock();
    {
        BQL_LOCK_GUARD();
        g_assert_true(bql_locked());
        {
            BQL_LOCK_GUARD();
        }
        g_assert_true(bql_locked());
    }
    g_assert_false(bql_locked());
    bql_lock();
}

typedef struct RcuItem {
    struct rcu_head rcu;
    int *freed;
} RcuItem;

static void rcu_item_free(RcuItem *item)
{
    qatomic_inc(item->freed);
    g_free(item);
}

static void test_rcu(void)
{
    RcuItem *item = g_new0(RcuItem, 1);
    int freed = 0;

    item->freed = &freed;
    WITH_RCU_READ_LOCK_GUARD() {
        RCU_READ_LOCK_GUARD();
        call_rcu(item, rcu_item_free, rcu);
        g_usleep(5000);
        g_assert_cmpint(qatomic_read(&freed), ==, 0);
    }
    drain_call_rcu();
    g_assert_cmpint(qatomic_read(&freed), ==, 1);
    g_assert_true(bql_locked());
    item = g_new0(RcuItem, 1);
    g_free_rcu(item, rcu);
    drain_call_rcu();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qemu_init_main_loop(&error_abort);
    g_test_add_func("/timer/fire-in-the-order-of-their-deadlines", test_order);
    g_test_add_func("/timer/heap-survives-any-order-of-changes", test_heap);
    g_test_add_func("/timer/re-arming-waits-for-the-next-turn", test_rearm_in_callback);
    g_test_add_func("/timer/deadlines-are-in-its-unit", test_units);
    g_test_add_func("/timer/guest-time-stands-still-while-stopped", test_virtual_stops);
    g_test_add_func("/timer/deadlines-are-finer-than-a-millisecond", test_precision);
    g_test_add_func("/timer/deadline-may-pass-while-it-is-looked-at",
                    test_deadline_passes_while_looked_at);
    g_test_add_func("/timer/loop-wakes-for-a-deadline-that-passes-meanwhile",
                    test_loop_wakes_for_passing_deadline);
    g_test_add_func("/timer/another-thread-wakes-the-loop", test_other_thread_wakes);
    g_test_add_func("/bh/runs-once-for-all-requests", test_bh);
    g_test_add_func("/bh/may-delete-itself", test_bh_self_delete);
    g_test_add_func("/fd/handler-may-remove-itself", test_fd);
    g_test_add_func("/lock/main-loop-is-not-starved", test_lock_is_fair);
    g_test_add_func("/lock/guard-nests", test_lock_guard);
    g_test_add_func("/rcu/frees-after-the-readers", test_rcu);
    return g_test_run();
}
