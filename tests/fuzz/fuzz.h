/*
 * What a fuzz target provides.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include "qemu/osdep.h"

typedef struct FuzzSeed {
    const void *data;
    size_t size;
} FuzzSeed;

#define FUZZ_TEXT(text) { (text), sizeof(text) - 1 }

/* Valid inputs to start from, and pieces worth inserting; both end with NULL data. */
extern const FuzzSeed fuzz_seeds[], fuzz_tokens[];

/* Called once, first. */
void fuzz_init(void);
/* Must neither crash, hang nor leak, whatever the bytes. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
