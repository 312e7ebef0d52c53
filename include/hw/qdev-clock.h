/* The place where boards written for QEMU look for core/qdev-clock.h. */
/* SPDX-License-Identifier: MIT */
#include "core/qdev-clock.h"
