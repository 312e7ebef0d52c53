/*
 * Options of nodes: flat names with dots ("file.filename") and values as text.
 *
 * -drive, -blockdev (key=value and JSON), "json:" file names and drive_add all end up in this form.
 * Whoever knows an option takes it out; what is left over in the end nobody knew, and is refused.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BLOCK_OPTIONS_H
#define BLOCK_OPTIONS_H

#include "qemu/osdep.h"

/* Names and values are owned by the table. */
typedef GHashTable BlockOptions;

BlockOptions *block_options_new(void);
void block_options_free(BlockOptions *o);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BlockOptions, block_options_free)
void block_options_set(BlockOptions *o, const char *name, const char *value);
/*
 * Adds "key=value,key=value" (a key alone is "on", and of several the last counts; ",," is a comma)
 * or a JSON object. False and an error for what is neither, and for a name that JSON has twice.
 */
bool block_options_parse(BlockOptions *o, const char *text, Error **errp);
/* The value without taking it, or NULL; owned by @o. */
const char *block_options_peek(BlockOptions *o, const char *name);
/* The value, which the caller frees, or NULL. */
char *block_options_take(BlockOptions *o, const char *name);
/*
 * Leave *value alone if the option isn't there. False and an error that names the option and what
 * was expected if it is no such thing.
 */
bool block_options_take_bool(BlockOptions *o, const char *name, bool *value, Error **errp);
bool block_options_take_number(BlockOptions *o, const char *name, uint64_t max, uint64_t *value,
                               Error **errp);
bool block_options_take_size(BlockOptions *o, const char *name, uint64_t *value, Error **errp);
/* One of @words (NULL at the end): its index. */
bool block_options_take_word(BlockOptions *o, const char *name, const char *const *words,
                             unsigned *index, Error **errp);
/* Moves all "@prefix.NAME" as NAME to a new table, which is empty if there are none. */
BlockOptions *block_options_take_group(BlockOptions *o, const char *prefix);
/* Nothing is left; otherwise false and an error that names one option and @who. */
bool block_options_all_known(BlockOptions *o, const char *who, Error **errp);

#endif
