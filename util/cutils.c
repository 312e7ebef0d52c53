/*
 * Strings and numbers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <math.h>
#include "qemu/cutils.h"
#include "qemu/host-utils.h"

void pstrcpy(char *buf, int buf_size, const char *str)
{
    if (buf_size > 0) {
        g_strlcpy(buf, str, buf_size);
    }
}

char *pstrcat(char *buf, int buf_size, const char *s)
{
    if (buf_size > 0) {
        g_strlcat(buf, s, buf_size);
    }
    return buf;
}

void strpadcpy(char *buf, int buf_size, const char *str, char pad)
{
    for (int i = 0; i < buf_size; i++) {
        buf[i] = *str ? *str++ : pad;
    }
}

typedef int ComparePrefix(const char *a, const char *b, size_t len);

static bool begins_with(ComparePrefix *compare, const char *str, const char *prefix,
                        const char **rest)
{
    size_t len = strlen(prefix);
    bool yes = compare(str, prefix, len) == 0;

    if (yes && rest) {
        *rest = str + len;
    }
    return yes;
}

bool strstart(const char *str, const char *val, const char **ptr)
{
    return begins_with(strncmp, str, val, ptr);
}

bool stristart(const char *str, const char *val, const char **ptr)
{
    return begins_with(strncasecmp, str, val, ptr);
}

/* The common end of all conversions: where it stopped, and what that means. */
static int check_end(const char *nptr, const char *end, const char **endptr, int err)
{
    if (endptr) {
        *endptr = end;
    }
    if (end == nptr) {
        return -EINVAL;
    }
    if (!endptr && *end) {
        return -EINVAL;
    }
    return -err;
}

int qemu_strtoi64(const char *nptr, const char **endptr, int base, int64_t *result)
{
    char *end;

    *result = 0;
    if (!nptr) {
        return -EINVAL;
    }
    errno = 0;
    *result = strtoll(nptr, &end, base);
    return check_end(nptr, end, endptr, errno);
}

int qemu_strtou64(const char *nptr, const char **endptr, int base, uint64_t *result)
{
    const char *p = nptr;
    char *end;

    *result = 0;
    while (p && g_ascii_isspace(*p)) {
        p++;
    }
    if (!p || *p == '-') {
        return check_end(nptr, nptr, endptr, 0);
    }
    errno = 0;
    *result = strtoull(nptr, &end, base);
    return check_end(nptr, end, endptr, errno);
}

int qemu_strtoi(const char *nptr, const char **endptr, int base, int *result)
{
    int64_t v;
    int ret = qemu_strtoi64(nptr, endptr, base, &v);

    *result = (int)CLAMP(v, INT_MIN, INT_MAX);
    return ret ? ret : (*result == v ? 0 : -ERANGE);
}

int qemu_strtoui(const char *nptr, const char **endptr, int base, unsigned int *result)
{
    uint64_t v;
    int ret = qemu_strtou64(nptr, endptr, base, &v);

    *result = (unsigned)MIN(v, UINT_MAX);
    return ret ? ret : (*result == v ? 0 : -ERANGE);
}

int qemu_strtod(const char *nptr, const char **endptr, double *result)
{
    char *end;

    *result = 0;
    if (!nptr) {
        return -EINVAL;
    }
    errno = 0;
    *result = g_ascii_strtod(nptr, &end);
    return check_end(nptr, end, endptr, errno);
}

/* The shift that a suffix stands for; -1 for another character. */
static int suffix_shift(char c)
{
    static const char suffixes[] = "BKMGTPE";
    const char *p = c ? strchr(suffixes, g_ascii_toupper(c)) : NULL;

    return p ? (int)(p - suffixes) * 10 : -1;
}

/* "12", "12.5" or "0x1000"; the fraction as a double below one. */
static int parse_size_number(const char *nptr, char **end, uint64_t *whole, double *fraction)
{
    bool hex = nptr[0] == '0' && (nptr[1] == 'x' || nptr[1] == 'X');

    *fraction = 0;
    if (!g_ascii_isdigit(*nptr) && *nptr != '.') {
        return -EINVAL;
    }
    errno = 0;
    *end = (char *)nptr;
    *whole = g_ascii_isdigit(*nptr) ? strtoull(nptr, end, hex ? 16 : 10) : 0;
    if (errno) {
        return -errno;
    }
    if (**end == '.' && !hex) {
        char *dot = *end;

        if (!g_ascii_isdigit(dot[1])) {
            if (dot == nptr) {
                return -EINVAL;
            }
            *end = dot + 1;
            return 0;
        }
        for (*end = dot + 1; g_ascii_isdigit(**end); (*end)++) {
            ;
        }
        g_autofree char *digits = g_strdup_printf("0%.*s", (int)(*end - dot), dot);
        *fraction = g_ascii_strtod(digits, NULL);
    }
    return 0;
}

static int strtosz(const char *nptr, const char **endptr, int default_shift, uint64_t *result)
{
    uint64_t whole = 0;
    double fraction, part;
    char *end = (char *)nptr;
    int shift, ret;

    *result = 0;
    if (!nptr) {
        return -EINVAL;
    }
    while (g_ascii_isspace(*nptr)) {
        nptr++;
    }
    ret = parse_size_number(nptr, &end, &whole, &fraction);
    if (ret) {
        *result = ret == -ERANGE ? UINT64_MAX : 0;
        return check_end(nptr, ret == -ERANGE ? end : nptr, endptr, -ret);
    }
    shift = suffix_shift(*end);
    if (shift >= 0) {
        end++;
    } else {
        shift = default_shift;
    }
    part = ldexp(fraction, shift);
    if ((fraction > 0 && shift == 0) || (shift && whole > UINT64_MAX >> shift)) {
        *result = fraction > 0 && shift == 0 ? 0 : UINT64_MAX;
        return check_end(nptr, end, endptr, *result ? ERANGE : EINVAL);
    }
    *result = (whole << shift) + (uint64_t)(part + 0.5);
    return check_end(nptr, end, endptr, 0);
}

int qemu_strtosz(const char *nptr, const char **endptr, uint64_t *result)
{
    return strtosz(nptr, endptr, 0, result);
}

int qemu_strtosz_MiB(const char *nptr, const char **endptr, uint64_t *result)
{
    return strtosz(nptr, endptr, 20, result);
}

bool qemu_parse_bool(const char *str, bool *result)
{
    static const char *const yes[] = { "on", "yes", "true", "y" };
    static const char *const no[] = { "off", "no", "false", "n" };

    for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
        if (!strcmp(str, yes[i]) || !strcmp(str, no[i])) {
            *result = !strcmp(str, yes[i]);
            return true;
        }
    }
    return false;
}

char *size_to_str(uint64_t val)
{
    static const char *const units[] = { "", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei" };
    unsigned i = val ? (63 - clz64(val)) / 10 : 0;

    /* 1000 to 1023 of a unit would need four digits: show them as a fraction of the next. */
    if (i + 1 < ARRAY_SIZE(units) && (val >> (i * 10)) >= 1000) {
        i++;
    }
    return g_strdup_printf("%0.3g %sB", (double)val / (double)(1ULL << (i * 10)), units[i]);
}

void qemu_hexdump(FILE *fp, const char *prefix, const void *buf, size_t size)
{
    const uint8_t *p = buf;

    for (size_t line = 0; line < size; line += 16) {
        fprintf(fp, "%s: %04zx:", prefix, line);
        for (size_t i = line; i < line + 16; i++) {
            if (i % 4 == 0) {
                fputc(' ', fp);
            }
            if (i < size) {
                fprintf(fp, " %02x", p[i]);
            } else {
                fputs("   ", fp);
            }
        }
        fputc(' ', fp);
        for (size_t i = line; i < MIN(line + 16, size); i++) {
            fputc(g_ascii_isprint(p[i]) ? p[i] : '.', fp);
        }
        fputc('\n', fp);
    }
}
