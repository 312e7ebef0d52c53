/*
 * The debug log: `-d items`, `-D file`, `-dfilter ranges`, the monitor's `log`.
 *
 * Items add up. `unimp` is on from the start. Without -D the log goes to stderr.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_LOG_H
#define QEMU_LOG_H

#include "qemu/osdep.h"
#include "qemu/atomic.h"

#define CPU_LOG_TB_OUT_ASM (1u << 0)
#define CPU_LOG_TB_IN_ASM  (1u << 1)
#define CPU_LOG_TB_OP      (1u << 2)
#define CPU_LOG_TB_OP_OPT  (1u << 3)
#define CPU_LOG_INT        (1u << 4)
#define CPU_LOG_EXEC       (1u << 5)
#define CPU_LOG_TB_CPU     (1u << 8)
#define CPU_LOG_RESET      (1u << 9)
#define LOG_UNIMP          (1u << 10)
#define LOG_GUEST_ERROR    (1u << 11)
#define CPU_LOG_MMU        (1u << 12)
#define CPU_LOG_TB_NOCHAIN (1u << 13)
#define CPU_LOG_PAGE       (1u << 14)
#define LOG_TRACE          (1u << 15) /* set while a trace point is on, see qemu/trace.h */
#define CPU_LOG_TB_FPU     (1u << 17)
#define LOG_IO             (1u << 18)

typedef struct QEMULogItem {
    unsigned mask;
    const char *name;
    const char *help;
} QEMULogItem;

/* Ends with a NULL name. */
extern const QEMULogItem qemu_log_items[];

extern unsigned qemu_loglevel;

static inline bool qemu_loglevel_mask(unsigned mask)
{
    return (qatomic_read(&qemu_loglevel) & mask) != 0;
}

/* Whether a log file has been opened or anything is enabled. */
bool qemu_log_enabled(void);

/*
 * Writes to the log. Lines from different threads may interleave; keep several together with
 * qemu_log_trylock() (the stream, or NULL when there is none) … qemu_log_unlock().
 */
void qemu_log(const char *fmt, ...) G_GNUC_PRINTF(1, 2) __attribute__((nonnull(1)));
FILE *qemu_log_trylock(void);
void qemu_log_unlock(FILE *f);

/*
 * Writes if any item of mask is enabled. LOG_UNIMP and LOG_GUEST_ERROR lines get the context prefix
 * (CPU, pc, symbol) and are written once. A CPU_LOG_INT line that equals the one before is left out,
 * and counted.
 */
#define qemu_log_mask(mask, fmt, ...)                                                              \
    do {                                                                                           \
        if (unlikely(qemu_loglevel_mask(mask))) {                                                  \
            qemu_log_masked(mask, fmt, ##__VA_ARGS__);                                             \
        }                                                                                          \
    } while (0)
void qemu_log_masked(unsigned mask, const char *fmt, ...) G_GNUC_PRINTF(2, 3)
    __attribute__((nonnull(2)));

/* The same for code translated from or data at addr, where -dfilter lets it through. */
#define qemu_log_mask_and_addr(mask, addr, fmt, ...)                                               \
    do {                                                                                           \
        if (unlikely(qemu_loglevel_mask(mask)) && qemu_log_in_addr_range(addr)) {                  \
            qemu_log_masked(mask, fmt, ##__VA_ARGS__);                                             \
        }                                                                                          \
    } while (0)

/*
 * What a device says about one of its registers: LOG_UNIMP (we lack it) or LOG_GUEST_ERROR (the
 * hardware forbids it). `dev` is the device's name or path, `reg` the register's name ("SR.TE") or
 * NULL; the message needs no newline. The line reads
 *     unimp: cpu0 pc=00001234 symbol+0x10: DEV REG: message
 * Lines with the same item, device, register, pc and message are written once; how many were left
 * out is written when the log ends. Any thread.
 */
void qemu_log_dev(unsigned mask, const char *dev, const char *reg, const char *fmt, ...)
    G_GNUC_PRINTF(4, 5);

/*
 * Who is acting: writes something like "cpu0 pc=fff00100 start+0x4" (and no more than size bytes)
 * about the calling thread's CPU into buf and returns true; false when no CPU is running on this
 * thread.
 */
typedef bool QemuLogContextHook(char *buf, size_t size);
void qemu_log_set_context_hook(QemuLogContextHook *hook);

/*
 * The bits for "a,b,c" ("all", "none" too); 0 with *errp set if a name is unknown. "io:PATTERN" and
 * "trace:PATTERN" turn trace points on.
 */
unsigned qemu_str_to_log_mask(const char *str, Error **errp);
/*
 * Adds up / takes away / replaces. Without LOG_TRACE all trace points are off. False with *errp set
 * if the log file can't be opened.
 */
bool qemu_log_add(unsigned mask, Error **errp);
bool qemu_log_remove(unsigned mask, Error **errp);
bool qemu_set_log(unsigned mask, Error **errp);
/* -D: at most one %d, which becomes the process id. NULL: stderr. The old file is closed. */
bool qemu_set_log_filename(const char *filename, Error **errp);
void qemu_print_log_usage(FILE *f);

/*
 * -dfilter: comma-separated START..END (inclusive), START+SIZE, START-SIZE, hexadecimal or decimal.
 * NULL: none.
 */
bool qemu_set_dfilter_ranges(const char *ranges, Error **errp);
bool qemu_log_in_addr_range(uint64_t addr);

/* Says how many repeats were folded, flushes, closes. Registered with atexit(). */
void qemu_log_close(void);
/* Starts folding afresh, saying what was folded: at a reset of the machine. */
void qemu_log_forget_repeats(void);

#endif
