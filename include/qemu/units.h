/*
 * Binary multiples. KiB, MiB and GiB come with qemu/osdep.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_UNITS_H
#define QEMU_UNITS_H

#include "qemu/compiler.h"

#define TiB (UINT64_C(1024) * GiB)
#define PiB (UINT64_C(1024) * TiB)
#define EiB (UINT64_C(1024) * PiB)

#endif
