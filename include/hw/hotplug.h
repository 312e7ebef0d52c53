/* The place where boards written for QEMU look for core/hotplug.h. */
/* SPDX-License-Identifier: MIT */
#include "core/hotplug.h"
