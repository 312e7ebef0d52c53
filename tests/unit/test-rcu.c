/*
 * RCU: what is freed is freed after its readers have left, and only then.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"

typedef struct Thing {
    struct rcu_head rcu;
    int value;
} Thing;

static int freed;

static void free_thing(Thing *thing)
{
    qatomic_inc(&freed);
    g_free(thing);
}

/* A reader on a thread of its own, from `in` to `leave`. */
typedef struct Reader {
    GThread *thread;
    Thing **shared;
    int in, leave, seen;
} Reader;

static gpointer read_until_told(gpointer opaque)
{
    Reader *r = opaque;
    Thing *thing;

    rcu_register_thread();
    rcu_read_lock();
    thing = qatomic_rcu_read(r->shared);
    qatomic_set(&r->in, 1);
    while (!qatomic_read(&r->leave)) {
        g_usleep(100);
    }
    r->seen = thing->value; /* still there: the sanitizers would tell */
    rcu_read_unlock();
    rcu_unregister_thread();
    return NULL;
}

static void start_reader(Reader *r, Thing **shared)
{
    *r = (Reader){ .shared = shared };
    r->thread = g_thread_new("reader", read_until_told, r);
    while (!qatomic_read(&r->in)) {
        g_usleep(100);
    }
}

static void end_reader(Reader *r)
{
    qatomic_set(&r->leave, 1);
    g_thread_join(r->thread);
}

static void test_callbacks_wait(void)
{
    Thing *shared = g_new0(Thing, 1), *old = shared;
    Reader r;

    shared->value = 7;
    start_reader(&r, &shared);
    freed = 0;
    qatomic_rcu_set(&shared, NULL);
    call_rcu(old, free_thing, rcu);
    g_usleep(20000);
    g_assert_cmpint(qatomic_read(&freed), ==, 0);
    end_reader(&r);
    drain_call_rcu();
    g_assert_cmpint(qatomic_read(&freed), ==, 1);
    g_assert_cmpint(r.seen, ==, 7);
}

static gpointer synchronize(gpointer opaque)
{
    rcu_register_thread();
    synchronize_rcu();
    qatomic_set((int *)opaque, 1);
    rcu_unregister_thread();
    return NULL;
}

static void test_synchronize_waits(void)
{
    Thing thing = { .value = 1 }, *shared = &thing;
    GThread *writer;
    int done = 0;
    Reader r;

    start_reader(&r, &shared);
    writer = g_thread_new("writer", synchronize, &done);
    g_usleep(20000);
    g_assert_cmpint(qatomic_read(&done), ==, 0);
    end_reader(&r);
    g_thread_join(writer);
    g_assert_cmpint(done, ==, 1);
}

static void test_freed(void)
{
    Thing *thing = g_new0(Thing, 1);

    g_free_rcu(thing, rcu); /* the address sanitizer finds it if it isn't */
    drain_call_rcu();
}

static bool leave_early(bool early)
{
    RCU_READ_LOCK_GUARD();

    g_assert_true(rcu_read_ongoing());
    if (early) {
        return true;
    }
    WITH_RCU_READ_LOCK_GUARD() {
        break;
    }
    g_assert_true(rcu_read_ongoing()); /* they nest */
    return false;
}

static void test_guards(void)
{
    g_assert_true(leave_early(true));
    g_assert_false(rcu_read_ongoing());
    g_assert_false(leave_early(false));
    g_assert_false(rcu_read_ongoing());
    WITH_RCU_READ_LOCK_GUARD() {
        g_assert_true(rcu_read_ongoing());
    }
    g_assert_false(rcu_read_ongoing());
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qemu_init_main_loop(&error_abort);
    g_test_add_func("/rcu/callbacks-wait-for-readers", test_callbacks_wait);
    g_test_add_func("/rcu/synchronize-waits-for-readers", test_synchronize_waits);
    g_test_add_func("/rcu/g-free-rcu-frees", test_freed);
    g_test_add_func("/rcu/guards-end-with-their-block", test_guards);
    return g_test_run();
}
