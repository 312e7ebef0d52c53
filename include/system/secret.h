/*
 * Secrets that options refer to by id, so that they needn't stand on the command line: -object
 * secret.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_SECRET_H
#define SYSTEM_SECRET_H

#include "qom/object.h"

#define TYPE_SECRET "secret"

/* The secret of that id; *errp if there is none. The caller frees it. Big lock. */
GBytes *secret_lookup(const char *id, Error **errp);

#endif
