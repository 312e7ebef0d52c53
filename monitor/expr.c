/*
 * Integer expressions of the monitor: a recursive-descent parser.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "expr.h"
#include "qapi/error.h"

/* Parentheses and signs deeper than this are no expression that a person writes. */
#define MAX_DEPTH 64

typedef struct Parser {
    const char *start;
    const char *p;
    ExprRegister get_register;
    void *opaque;
    int depth;
    Error *err;
} Parser;

static int64_t parse_sum(Parser *s);

static void skip_blanks(Parser *s)
{
    while (g_ascii_isspace(*s->p)) {
        s->p++;
    }
}

static int64_t fail(Parser *s, const char *message)
{
    if (!s->err) {
        error_setg(&s->err, "%s", message);
    }
    return 0;
}

static bool accept(Parser *s, char ch)
{
    if (s->err || *s->p != ch) {
        return false;
    }
    s->p++;
    skip_blanks(s);
    return true;
}

static int64_t parse_char(Parser *s)
{
    int64_t value = (uint8_t)*s->p;

    if (!*s->p) {
        return fail(s, "character constant expected");
    }
    s->p++;
    return accept(s, '\'') ? value : fail(s, "missing terminating \' character");
}

static int64_t parse_register(Parser *s)
{
    char name[64];
    size_t n = 0;
    uint64_t value;

    while (g_ascii_isalnum(*s->p) || *s->p == '_' || *s->p == '.') {
        if (n < sizeof(name) - 1) {
            name[n++] = *s->p;
        }
        s->p++;
    }
    name[n] = 0;
    skip_blanks(s);
    if (!s->get_register || !s->get_register(s->opaque, name, &value)) {
        return fail(s, "unknown register");
    }
    return value;
}

static int64_t parse_number(Parser *s)
{
    char *end;
    uint64_t value;

    if (!*s->p) {
        return fail(s, "unexpected end of expression");
    }
    if (!g_ascii_isdigit(*s->p)) {
        if (!s->err) {
            error_setg(&s->err, "invalid char '%c' in expression", *s->p);
        }
        return 0;
    }
    errno = 0;
    value = strtoull(s->p, &end, 0);
    if (errno == ERANGE) {
        return fail(s, "number too large");
    }
    s->p = end;
    skip_blanks(s);
    return value;
}

static int64_t parse_unary(Parser *s)
{
    int64_t value;

    if (++s->depth > MAX_DEPTH) {
        return fail(s, "expression is nested too deeply");
    }
    if (accept(s, '+')) {
        value = parse_unary(s);
    } else if (accept(s, '-')) {
        value = -(uint64_t)parse_unary(s);
    } else if (accept(s, '~')) {
        value = ~parse_unary(s);
    } else if (accept(s, '(')) {
        value = parse_sum(s);
        if (!accept(s, ')')) {
            fail(s, "')' expected");
        }
    } else if (*s->p == '\'') {
        s->p++;
        value = parse_char(s);
    } else if (*s->p == '$') {
        s->p++;
        value = parse_register(s);
    } else {
        value = parse_number(s);
    }
    s->depth--;
    return value;
}

static int64_t divide(Parser *s, int64_t a, int64_t b, bool modulo)
{
    if (b == 0) {
        return fail(s, "division by zero");
    }
    if (b == -1) { /* INT64_MIN / -1 would trap */
        return modulo ? 0 : -(uint64_t)a;
    }
    return modulo ? a % b : a / b;
}

/* In "4096 /tmp/file" the slash begins the next argument: no expression goes on like that. */
static bool at_file_name(Parser *s)
{
    return s->p > s->start && s->p[-1] == ' ' && s->p[0] == '/' &&
           (g_ascii_isalpha(s->p[1]) || s->p[1] == '.' || s->p[1] == '_');
}

static int64_t parse_product(Parser *s)
{
    int64_t value = parse_unary(s);

    for (;;) {
        if (accept(s, '*')) {
            value = (uint64_t)value * (uint64_t)parse_unary(s);
        } else if (!at_file_name(s) && accept(s, '/')) {
            value = divide(s, value, parse_unary(s), false);
        } else if (accept(s, '%')) {
            value = divide(s, value, parse_unary(s), true);
        } else {
            return value;
        }
    }
}

static int64_t parse_logic(Parser *s)
{
    int64_t value = parse_product(s);

    for (;;) {
        if (accept(s, '&')) {
            value &= parse_product(s);
        } else if (accept(s, '|')) {
            value |= parse_product(s);
        } else if (accept(s, '^')) {
            value ^= parse_product(s);
        } else {
            return value;
        }
    }
}

static int64_t parse_sum(Parser *s)
{
    int64_t value = parse_logic(s);

    for (;;) {
        if (accept(s, '+')) {
            value = (uint64_t)value + (uint64_t)parse_logic(s);
        } else if (accept(s, '-')) {
            value = (uint64_t)value - (uint64_t)parse_logic(s);
        } else {
            return value;
        }
    }
}

bool monitor_expr(const char **pp, int64_t *value, ExprRegister get_register, void *opaque,
                  Error **errp)
{
    Parser s = { .start = *pp, .p = *pp, .get_register = get_register, .opaque = opaque };

    skip_blanks(&s);
    *value = parse_sum(&s);
    *pp = s.p;
    if (s.err) {
        error_propagate(errp, s.err);
        return false;
    }
    return true;
}
