/*
 * Atomic access to shared variables, on the compiler's builtins. Plain names are sequentially
 * consistent.
 *
 * qatomic_read/qatomic_set: relaxed; qatomic_load_acquire/qatomic_store_release order against other
 * data; qatomic_rcu_read/qatomic_rcu_set publish pointers.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_ATOMIC_H
#define QEMU_ATOMIC_H

#define barrier()         __asm__ volatile("" ::: "memory")
#ifdef __SANITIZE_THREAD__
/* The sanitizer doesn't know fences: an exchange on a variable of no use is one on the host. */
#define smp_mb()                                                                                   \
    do {                                                                                           \
        int fence_ = 0;                                                                            \
        (void)__atomic_exchange_n(&fence_, 1, __ATOMIC_SEQ_CST);                                   \
        barrier();                                                                                 \
    } while (0)
#define smp_mb_acquire() smp_mb()
#define smp_mb_release() smp_mb()
#else
#define smp_mb()         __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_mb_acquire() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_mb_release() __atomic_thread_fence(__ATOMIC_RELEASE)
#endif
#define smp_rmb()         smp_mb_acquire()
#define smp_wmb()         smp_mb_release()

#define qatomic_read(ptr)              __atomic_load_n(ptr, __ATOMIC_RELAXED)
#define qatomic_set(ptr, i)            __atomic_store_n(ptr, i, __ATOMIC_RELAXED)
#define qatomic_load_acquire(ptr)      __atomic_load_n(ptr, __ATOMIC_ACQUIRE)
#define qatomic_store_release(ptr, i)  __atomic_store_n(ptr, i, __ATOMIC_RELEASE)
#define qatomic_mb_read(ptr)           __atomic_load_n(ptr, __ATOMIC_SEQ_CST)
#define qatomic_mb_set(ptr, i)         __atomic_store_n(ptr, i, __ATOMIC_SEQ_CST)
#define qatomic_rcu_read(ptr)          __atomic_load_n(ptr, __ATOMIC_CONSUME)
#define qatomic_rcu_set(ptr, i)        __atomic_store_n(ptr, i, __ATOMIC_RELEASE)

/* Those that read and write are sequentially consistent: one builtin of the compiler's each. */
#define QATOMIC_RMW_(op, ptr, n) __atomic_##op(ptr, n, __ATOMIC_SEQ_CST)

#define qatomic_xchg(ptr, i) QATOMIC_RMW_(exchange_n, ptr, i)
/* Returns the value found; equal to `old` if the exchange took place. */
#define qatomic_cmpxchg(ptr, old, new) __sync_val_compare_and_swap(ptr, old, new)

/*
 * Adds in one piece as far as this thread's own signal handlers see it, and other threads that only
 * read: what takes a locked instruction elsewhere is a plain one on x86.
 */
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define qatomic_add_own_thread(ptr, n)                                                             \
    do {                                                                                           \
        QEMU_BUILD_BUG_ON(sizeof(*(ptr)) != sizeof(int32_t));                                      \
        asm volatile("addl %1, %0" : "+m"(*(ptr)) : "ri"((int32_t)(n)) : "cc", "memory");          \
    } while (0)
#else
#define qatomic_add_own_thread(ptr, n) ((void)__atomic_fetch_add(ptr, n, __ATOMIC_RELAXED))
#endif

/* fetch_: the value before; _fetch: the value after; neither: no value. */
#define qatomic_fetch_add(ptr, n) QATOMIC_RMW_(fetch_add, ptr, n)
#define qatomic_fetch_sub(ptr, n) QATOMIC_RMW_(fetch_sub, ptr, n)
#define qatomic_fetch_and(ptr, n) QATOMIC_RMW_(fetch_and, ptr, n)
#define qatomic_fetch_or(ptr, n)  QATOMIC_RMW_(fetch_or, ptr, n)
#define qatomic_add(ptr, n)       ((void)qatomic_fetch_add(ptr, n))
#define qatomic_sub(ptr, n)       ((void)qatomic_fetch_sub(ptr, n))
#define qatomic_and(ptr, n)       ((void)qatomic_fetch_and(ptr, n))
#define qatomic_or(ptr, n)        ((void)qatomic_fetch_or(ptr, n))

#define qatomic_fetch_inc(ptr) qatomic_fetch_add(ptr, 1)
#define qatomic_fetch_dec(ptr) qatomic_fetch_sub(ptr, 1)
#define qatomic_inc_fetch(ptr) QATOMIC_RMW_(add_fetch, ptr, 1)
#define qatomic_dec_fetch(ptr) QATOMIC_RMW_(sub_fetch, ptr, 1)
#define qatomic_inc(ptr)       qatomic_add(ptr, 1)
#define qatomic_dec(ptr)       qatomic_sub(ptr, 1)

#endif
