/*
 * Places in the source, for messages about bugs: one constant each, passed by address.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_SOURCE_SITE_H
#define QEMU_SOURCE_SITE_H

typedef struct SourceSite {
    const char *func;
    const char *file;
    int line;
} SourceSite;

/* Where it stands; inside a function. */
#define SOURCE_SITE()                                                                              \
    ({                                                                                             \
        static const SourceSite site_ = { __func__, __FILE__, __LINE__ };                          \
        &site_;                                                                                    \
    })

#endif
