/*
 * What the files of the vector operations' tests share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TEST_TCG_VECTOR_H
#define TEST_TCG_VECTOR_H

#include "tcg-harness.h"

typedef union Value {
    JitVector v;
    uint8_t b[16];
    uint64_t q[2];
} Value;

/* A random number below n. */
unsigned pick(unsigned n);
Value random_value(void);
/* Of what harness_start() began; it must not raise an exception. */
void finish_and_run(void);

/* test-tcg-vector-memory.c: each once, with random operands. */
void run_memory(void);
void run_failing_access(void);
void run_host_range(void);
void run_failing_host_range(void);
void run_wide(void);
void run_wide_store_that_fails(void);
void run_reverse(void);
/* test-tcg-vector-packed.c: the same. */
void run_packed(void);
void run_packed_conversions(void);
void run_cleared(void);
void run_vector_guards(void);

#endif
