/*
 * Intel's Gigabit controllers, 82540EM and 82574L: the test drives them through their registers.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_UNIT_E1000_TEST_H
#define TESTS_UNIT_E1000_TEST_H

#include "device-test.h"
#include "nic-test.h"

#define REGS NIC_TEST_BARS

static NicTest *t;

static uint32_t get(unsigned reg)
{
    return nic_load(&t->mem_as, REGS + reg, 4);
}

static void put(unsigned reg, uint32_t value)
{
    nic_store(&t->mem_as, REGS + reg, value, 4);
}

#endif
