/* What boards written for older QEMU expect of this header. */
/* SPDX-License-Identifier: MIT */
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qemu/module.h"
#include "system/memory.h"
#include "system/reset.h"
