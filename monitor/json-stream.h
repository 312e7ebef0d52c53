/*
 * JSON as it comes from a client: any number of values, in pieces of any size, from anybody.
 *
 * Only for strict RFC 8259 in UTF-8, with one addition: a string may stand in single quotes. What a
 * value may take is bounded (the limits below), and so is the memory; nothing recurses. json-glib's
 * own parser wants the whole text, follows nesting with the stack, and changes large integers
 * silently.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef MONITOR_JSON_STREAM_H
#define MONITOR_JSON_STREAM_H

#include "qemu/osdep.h"
#include <json-glib/json-glib.h>
#include "qemu/units.h"

/* Of one value with all that is in it: bytes of text, values, arrays and objects in each other. */
#define JSON_STREAM_MAX_BYTES  (4 * MiB)
#define JSON_STREAM_MAX_VALUES (64 * KiB)
#define JSON_STREAM_MAX_DEPTH  512

typedef struct JsonStream JsonStream;

typedef struct JsonStreamOps {
    /* A value is complete; the node belongs to the receiver. */
    void (*value)(void *opaque, JsonNode *value);
    /* What came isn't a value; `why` is a part of a sentence. The stream has skipped it. */
    void (*error)(void *opaque, const char *why);
} JsonStreamOps;

/* The operations are called from json_stream_feed(), and must not call the stream. */
JsonStream *json_stream_new(const JsonStreamOps *ops, void *opaque);
void json_stream_free(JsonStream *s);
/*
 * After a mistake, what follows is left out up to the end of the line, or up to the bracket that
 * closes the outermost one, whatever comes first.
 */
void json_stream_feed(JsonStream *s, const void *data, size_t size);
/* Forgets a value that has begun: somebody else writes from now on. */
void json_stream_reset(JsonStream *s);

/*
 * The other way: appends the value's text. In one line as `{"a": 1, "b": [2]}`, or with `pretty`
 * one member a line, indented by four. Strings come out in ASCII. Integers are those of 64 bits
 * with a sign.
 */
void json_append_text(GString *out, JsonNode *node, bool pretty);

#endif
