/*
 * Binary multiples. KiB, MiB and GiB come with qemu/osdep.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_UNITS_H
#define QEMU_UNITS_H

#include "qemu/compiler.h"

#define TiB (1024ULL * GiB)
#define PiB (1024ULL * TiB)
#define EiB (1024ULL * PiB)

#endif
