/*
 * A line editor for the monitor: editing keys, history, completion.
 *
 * It knows nothing of where its bytes come from or go to, so it works on a terminal, a pty, a
 * telnet connection and a pipe. Typing at the end of the line echoes the character and nothing
 * else; what comes through a pipe stays readable.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef MONITOR_READLINE_H
#define MONITOR_READLINE_H

#include "qemu/osdep.h"

#define READLINE_MAX_LINE    4095
#define READLINE_MAX_HISTORY 64

typedef struct ReadLine ReadLine;

typedef struct ReadLineOps {
    void (*write)(void *opaque, const char *text);
    /* A line has been entered. May free nothing of the editor. */
    void (*line)(void *opaque, const char *line);
    /* Adds to `matches` (of char *, owned by it) what the last word of `line` may become;
     * *word_start: where that word begins. */
    void (*complete)(void *opaque, const char *line, GPtrArray *matches, size_t *word_start);
} ReadLineOps;

ReadLine *readline_new(const char *prompt, const ReadLineOps *ops, void *opaque);
void readline_free(ReadLine *rl);

/* One byte of input. */
void readline_handle_byte(ReadLine *rl, uint8_t ch);
/* Prints the prompt and what has been typed after it. */
void readline_show_prompt(ReadLine *rl);
/* Forgets what has been typed. */
void readline_restart(ReadLine *rl);
/* The n-th line of history, oldest first; NULL behind the end. */
const char *readline_get_history(ReadLine *rl, unsigned n);

#endif
