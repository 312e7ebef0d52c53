/* The place where boards written for QEMU look for these. */
/* SPDX-License-Identifier: MIT */
#include "core/qdev-core.h"
#include "core/qdev-properties.h"
