/*
 * Limits of operations and bytes a second.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BLOCK_THROTTLE_H
#define BLOCK_THROTTLE_H

#include "block-int.h"

/* What is limited: names as in options, "bps-total". */
typedef enum ThrottleKind {
    THROTTLE_BPS_TOTAL,
    THROTTLE_BPS_READ,
    THROTTLE_BPS_WRITE,
    THROTTLE_IOPS_TOTAL,
    THROTTLE_IOPS_READ,
    THROTTLE_IOPS_WRITE,
    THROTTLE_KINDS
} ThrottleKind;

extern const char *const throttle_kind_names[THROTTLE_KINDS];

typedef struct ThrottleLimit {
    uint64_t average;    /* a second; 0: no limit */
    uint64_t max;        /* a second, during a burst; 0: no bursts */
    uint64_t max_length; /* of a burst, seconds */
} ThrottleLimit;

typedef struct ThrottleLimits {
    ThrottleLimit limit[THROTTLE_KINDS];
    uint64_t iops_size; /* so many bytes count as one operation; 0: any number */
} ThrottleLimits;

/*
 * Whether the options have any of "throttling.NAME", and takes them: averages, "NAME-max",
 * "NAME-max-length", "iops-size", and "group", a name that drives with common limits share. False
 * and an error.
 */
bool throttle_take_options(BlockOptions *o, ThrottleLimits *limits, char **group, bool *any,
                           Error **errp);
/*
 * A group of that name gets these limits, and is made if there is none. It lives until the last
 * node in it is closed.
 */
void throttle_set_limits(const char *group, const ThrottleLimits *limits);

/* Between these, nobody waits for a limit. Any thread. */
void throttle_hurry_begin(void);
void throttle_hurry_end(void);

#endif
