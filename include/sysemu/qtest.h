/*
 * There is no accelerator here that runs no guest code for the sake of tests: boards that ask are
 * told so.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSEMU_QTEST_H
#define SYSEMU_QTEST_H

#include <stdbool.h>

static inline bool qtest_enabled(void)
{
    return false;
}

#endif
