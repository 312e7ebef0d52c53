/*
 * The core's page size as code written for QEMU asks for it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef EXEC_TARGET_PAGE_H
#define EXEC_TARGET_PAGE_H

#include "qemu/osdep.h"

static inline size_t qemu_target_page_size(void)
{
    return TARGET_PAGE_SIZE;
}

static inline int qemu_target_page_bits(void)
{
    return TARGET_PAGE_BITS;
}

static inline int qemu_target_page_mask(void)
{
    return -(int)TARGET_PAGE_SIZE;
}

#endif
