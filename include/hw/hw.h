/*
 * What boards written for older QEMU expect of this header.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_HW_H
#define HW_HW_H

#include "core/irq.h"
#include "core/qdev-properties.h"
#include "migration/vmstate.h"
#include "qemu/module.h"
#include "system/memory.h"
#include "system/reset.h"

/* The board can't go on: reports it and exits with 1. */
void hw_error(const char *fmt, ...) G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN;

#endif
