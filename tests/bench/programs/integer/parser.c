/*
 * Text to numbers, an expression by recursive descent, and numbers to text again: calls, switches,
 * divisions by ten.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(91000);

enum { LONGEST = 1 << 12, DEPTH = 5 };

static char source[LONGEST];
static char *end;
static const char *next;

static NOINLINE void put_number(uint32_t n)
{
    char digits[10];
    int nb = 0;

    do {
        digits[nb++] = '0' + n % 10;
        n /= 10;
    } while (n);
    while (nb) {
        *end++ = digits[--nb];
    }
}

static void make_expression(uint32_t *seed, int depth)
{
    uint32_t dice = next_random(seed) >> 3;

    if (!depth) {
        put_number(dice >> (dice & 15));
        return;
    }
    *end++ = '(';
    make_expression(seed, depth - 1);
    for (unsigned i = 0; i <= (dice & 1); i++) {
        *end++ = ' ';
        *end++ = "+-*/%^&|"[dice >> (4 + 3 * i) & 7];
        *end++ = ' ';
        make_expression(seed, depth - 1 - (dice >> 20) % 2 * (depth > 1));
    }
    *end++ = ')';
}

static uint32_t expression(int lowest);

static uint32_t primary(void)
{
    uint32_t value = 0;

    while (*next == ' ') {
        next++;
    }
    if (*next == '(') {
        next++;
        value = expression(0);
        if (*next++ != ')') {
            bench_fail("no closing parenthesis");
        }
    } else {
        while (*next >= '0' && *next <= '9') {
            value = value * 10 + (*next++ - '0');
        }
    }
    while (*next == ' ') {
        next++;
    }
    return value;
}

static int precedence(char operator)
{
    switch (operator) {
    case '|':
    case '^':
        return 1;
    case '&':
        return 2;
    case '+':
    case '-':
        return 3;
    case '*':
    case '/':
    case '%':
        return 4;
    default:
        return 0;
    }
}

static uint32_t apply(char operator, uint32_t a, uint32_t b)
{
    switch (operator) {
    case '|':
        return a | b;
    case '^':
        return a ^ b;
    case '&':
        return a & b;
    case '+':
        return a + b;
    case '-':
        return a - b;
    case '*':
        return a * b;
    case '/':
        return b ? a / b : a;
    default:
        return b ? a % b : b;
    }
}

/* Operators that bind more than `lowest`. */
static NOINLINE uint32_t expression(int lowest)
{
    uint32_t value = primary();

    while (precedence(*next) > lowest) {
        char operator = *next++;

        value = apply(operator, value, expression(precedence(operator)));
    }
    return value;
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 71, sum = 0;

    while (rounds--) {
        end = source;
        make_expression(&seed, DEPTH);
        *end = 0;
        next = source;
        sum = mix(sum, expression(0));
        if (next != end) {
            bench_fail("the expression goes on");
        }
    }
    return sum;
}
