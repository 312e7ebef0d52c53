/*
 * Strings and numbers: bounded copies, prefixes, strict parsing, sizes with units.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_CUTILS_H
#define QEMU_CUTILS_H

#include "qemu/osdep.h"

/* Copies at most buf_size - 1 bytes and always terminates. */
void pstrcpy(char *buf, int buf_size, const char *str);
char *pstrcat(char *buf, int buf_size, const char *s);
/* Fills exactly buf_size bytes: the string, then zeros; no terminator if it fits exactly. */
void strpadcpy(char *buf, int buf_size, const char *str, char pad);

/*
 * Whether str begins with val (stristart: in any case); *ptr (if not NULL) then points behind it.
 */
bool strstart(const char *str, const char *val, const char **ptr);
bool stristart(const char *str, const char *val, const char **ptr);

/*
 * Strict numbers. Return 0, -EINVAL (no number, or with endptr NULL text behind it) or -ERANGE
 * (*result is then the nearest limit). Unsigned results refuse a minus sign.
 */
int qemu_strtoi(const char *nptr, const char **endptr, int base, int *result);
int qemu_strtoui(const char *nptr, const char **endptr, int base, unsigned int *result);
int qemu_strtoi64(const char *nptr, const char **endptr, int base, int64_t *result);
int qemu_strtou64(const char *nptr, const char **endptr, int base, uint64_t *result);
int qemu_strtod(const char *nptr, const char **endptr, double *result);

/*
 * A size: decimal (fractions allowed) or hexadecimal number with an optional suffix B K M G T P E
 * (any case; 1024 to the n-th). Without a suffix the unit is bytes; for _MiB it is MiB. 0, -EINVAL
 * or -ERANGE.
 */
int qemu_strtosz(const char *nptr, const char **endptr, uint64_t *result);
int qemu_strtosz_MiB(const char *nptr, const char **endptr, uint64_t *result);

/* "on"/"yes"/"true"/"y" and "off"/"no"/"false"/"n"; false if str is neither. */
bool qemu_parse_bool(const char *str, bool *result);

/* "1.5 GiB"; newly allocated. */
char *size_to_str(uint64_t val);

/* Lower-case hex dump, 16 bytes a line with ASCII, each line starting with prefix. */
void qemu_hexdump(FILE *fp, const char *prefix, const void *buf, size_t size);

#endif
