/* The place where boards written for QEMU look for core/qdev-core.h. */
/* SPDX-License-Identifier: MIT */
#include "core/qdev-core.h"
