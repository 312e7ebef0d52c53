/*
 * What tells the host's profilers (perf) which guest code a host address belongs to.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ACCEL_TCG_HOST_PROFILER_H
#define ACCEL_TCG_HOST_PROFILER_H

#include "qemu/osdep.h"
#include "exec/translation-block.h"

/*
 * From now on what is translated is named in files: the thunks at once, each block when it is made.
 *
 * map: /tmp/perf-PID.map, which perf reads by itself, has address, size and name on a line each. It
 * knows no time: where the code buffer has been reused, the last name wins.
 * dump: jit-PID.dump in the current folder has the code itself, too, and when it was made, for
 * `perf record -k mono` and `perf inject --jit`.
 *
 * On the main thread, once, before anything is translated and after the process has got the pid that
 * it keeps. False with `errp` set if a file can't be made.
 */
bool host_profiler_open(bool map, bool dump, Error **errp);

/* Atomic: whether one of them is open, so that asking costs no call. */
extern bool host_profiler_on;

/* Names the code of `tb`, before it runs for the first time. Any thread. */
void host_profiler_note(const TranslationBlock *tb);

#endif
