/*
 * What every source file includes first: the C library, GLib and the small macros of this tree.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_OSDEP_H
#define QEMU_OSDEP_H

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>
/*
 * GLib's headers include <dirent.h>. Its name DIR is left to devices, whose data-direction registers
 * are called that; directories are read with GDir.
 */
#define DIR HostDirectory
#include <dirent.h>
#undef DIR
#include <glib.h>

#include "qemu/compiler.h"
#include "qemu/typedefs.h"

#endif
