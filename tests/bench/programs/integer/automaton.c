/*
 * A state machine by a table: the words, numbers, strings and comments of a text are counted, one
 * look-up for each character.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(3400);

enum { SIZE = 32768 };

typedef enum Class { SPACE, LETTER, DIGIT, QUOTE, SLASH, STAR, BACKSLASH, OTHER, CLASSES } Class;
typedef enum State {
    BETWEEN, WORD, NUMBER, STRING, ESCAPE, MAYBE_COMMENT, COMMENT, MAYBE_END, STATES
} State;

static const uint8_t next_state[STATES][CLASSES] = {
    [BETWEEN] = { BETWEEN, WORD, NUMBER, STRING, MAYBE_COMMENT, BETWEEN, BETWEEN, BETWEEN },
    [WORD] = { BETWEEN, WORD, WORD, STRING, MAYBE_COMMENT, BETWEEN, BETWEEN, BETWEEN },
    [NUMBER] = { BETWEEN, WORD, NUMBER, STRING, MAYBE_COMMENT, BETWEEN, BETWEEN, BETWEEN },
    [STRING] = { STRING, STRING, STRING, BETWEEN, STRING, STRING, ESCAPE, STRING },
    [ESCAPE] = { STRING, STRING, STRING, STRING, STRING, STRING, STRING, STRING },
    [MAYBE_COMMENT] = { BETWEEN, WORD, NUMBER, STRING, MAYBE_COMMENT, COMMENT, BETWEEN, BETWEEN },
    [COMMENT] = { COMMENT, COMMENT, COMMENT, COMMENT, COMMENT, MAYBE_END, COMMENT, COMMENT },
    [MAYBE_END] = { COMMENT, COMMENT, COMMENT, COMMENT, BETWEEN, MAYBE_END, COMMENT, COMMENT },
};

static uint8_t classes[256], text[SIZE];
static uint32_t entered[STATES];

static void make_classes(void)
{
    for (int c = 0; c < 256; c++) {
        classes[c] = (c >= 'a' && c <= 'z') || c == '_' ? LETTER
                     : c >= '0' && c <= '9'             ? DIGIT
                     : c == ' ' || c == '\n'            ? SPACE
                                                        : OTHER;
    }
    classes['"'] = QUOTE;
    classes['/'] = SLASH;
    classes['*'] = STAR;
    classes['\\'] = BACKSLASH;
}

static NOINLINE void scan(void)
{
    State state = BETWEEN;

    for (int i = 0; i < SIZE; i++) {
        State next = next_state[state][classes[text[i]]];

        if (next != state) {
            entered[next]++;
        }
        state = next;
    }
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 61, sum = 0;

    make_classes();
    for (int i = 0; i < SIZE; i++) {
        uint32_t dice = next_random(&seed) >> 4;

        text[i] = (dice % 16 ? "abcd_xyz  012345" : "\"/**/\\+-\"/**(=;\n")[dice >> 8 & 15];
    }
    while (rounds--) {
        scan();
        text[entered[WORD] % SIZE] = " a1\"/*;_"[rounds & 7];
    }
    for (int i = 0; i < STATES; i++) {
        sum = mix(sum, entered[i]);
    }
    return sum;
}
