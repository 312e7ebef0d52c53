/* The place where boards written for QEMU look for core/qdev-properties.h. */
/* SPDX-License-Identifier: MIT */
#include "core/qdev-properties.h"
