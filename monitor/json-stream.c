/*
 * JSON from and to text.
 *
 * The reader is a machine that takes a byte at a time. Outside of strings, numbers and words,
 * `expect` says what may come next; the arrays and objects that are open stand on a stack of our
 * own.
 *
 * Reference: RFC 8259.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <math.h>
#include "json-stream.h"

typedef enum Token {
    TOKEN_NONE,
    TOKEN_STRING,
    TOKEN_ESCAPE, /* in a string, behind \ */
    TOKEN_HEX,    /* and behind \u */
    TOKEN_NUMBER,
    TOKEN_WORD,
} Token;

/* What may come next; bits. */
enum {
    EXPECT_VALUE = 1 << 0,
    EXPECT_NAME = 1 << 1,
    EXPECT_COLON = 1 << 2,
    EXPECT_COMMA = 1 << 3,
    EXPECT_END = 1 << 4, /* of the innermost array or object */
};

typedef struct Open {
    JsonNode *node; /* an array, or an object */
    char *name;     /* of the member that comes next */
} Open;

struct JsonStream {
    const JsonStreamOps *ops;
    void *opaque;

    GArray *open; /* Open; the innermost last */
    unsigned expect;
    Token token;
    GString *text; /* of the token */
    char quote;
    unsigned hex, hex_digits; /* of \uXXXX */
    unsigned surrogate;       /* the first of a pair, 0: none */
    unsigned bytes, values;   /* of the outermost value so far */

    bool skipping;
    int64_t skip_depth; /* a line may have more brackets than an int counts */
};

/* ---- Reading ---- */

static void clear_open(void *data)
{
    Open *o = data;

    json_node_unref(o->node);
    g_free(o->name);
}

static void start_over(JsonStream *s)
{
    g_array_set_size(s->open, 0);
    g_string_truncate(s->text, 0);
    s->expect = EXPECT_VALUE;
    s->token = TOKEN_NONE;
    s->surrogate = 0;
    s->bytes = 0;
    s->values = 0;
}

JsonStream *json_stream_new(const JsonStreamOps *ops, void *opaque)
{
    JsonStream *s = g_new0(JsonStream, 1);

    s->ops = ops;
    s->opaque = opaque;
    s->open = g_array_new(FALSE, TRUE, sizeof(Open));
    g_array_set_clear_func(s->open, clear_open);
    s->text = g_string_new(NULL);
    start_over(s);
    return s;
}

void json_stream_free(JsonStream *s)
{
    g_array_unref(s->open);
    g_string_free(s->text, TRUE);
    g_free(s);
}

void json_stream_reset(JsonStream *s)
{
    start_over(s);
    s->skipping = false;
}

/* For brevity's sake: always false. */
static bool G_GNUC_PRINTF(2, 3) fail(JsonStream *s, const char *fmt, ...)
{
    g_autofree char *why = NULL;
    va_list ap;

    va_start(ap, fmt);
    why = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    s->skipping = true;
    s->skip_depth = s->open->len;
    start_over(s);
    s->ops->error(s->opaque, why);
    return false;
}

static Open *innermost(JsonStream *s)
{
    return s->open->len ? &g_array_index(s->open, Open, s->open->len - 1) : NULL;
}

/* A value is complete. Takes the node. */
static bool add_value(JsonStream *s, JsonNode *node)
{
    Open *in = innermost(s);

    if (!in) {
        start_over(s);
        s->ops->value(s->opaque, node);
        return true;
    }
    if (JSON_NODE_HOLDS_ARRAY(in->node)) {
        json_array_add_element(json_node_get_array(in->node), node);
    } else {
        json_object_set_member(json_node_get_object(in->node), in->name, node);
        g_clear_pointer(&in->name, g_free);
    }
    s->expect = EXPECT_COMMA | EXPECT_END;
    return true;
}

static bool begin_value(JsonStream *s)
{
    if (!(s->expect & EXPECT_VALUE)) {
        return fail(s, "a value where none can be");
    }
    if (++s->values > JSON_STREAM_MAX_VALUES) {
        return fail(s, "more than %d values in one", (int)JSON_STREAM_MAX_VALUES);
    }
    return true;
}

static bool begin_container(JsonStream *s, bool is_object)
{
    Open o = { NULL, NULL };

    if (!begin_value(s)) {
        return false;
    }
    if (s->open->len == JSON_STREAM_MAX_DEPTH) {
        return fail(s, "more than %d arrays and objects in each other", JSON_STREAM_MAX_DEPTH);
    }
    o.node = json_node_alloc();
    if (is_object) {
        json_node_init_object(o.node, NULL);
        json_node_take_object(o.node, json_object_new());
    } else {
        json_node_init_array(o.node, NULL);
        json_node_take_array(o.node, json_array_new());
    }
    g_array_append_val(s->open, o);
    s->expect = EXPECT_END | (is_object ? EXPECT_NAME : EXPECT_VALUE);
    return true;
}

static bool end_container(JsonStream *s, char bracket)
{
    Open *in = innermost(s);
    JsonNode *node;

    if (!in || !(s->expect & EXPECT_END) || JSON_NODE_HOLDS_OBJECT(in->node) != (bracket == '}')) {
        return fail(s, "'%c' where it can't be", bracket);
    }
    node = g_steal_pointer(&in->node);
    g_free(in->name);
    g_array_set_clear_func(s->open, NULL); /* what is removed has been taken */
    g_array_set_size(s->open, s->open->len - 1);
    g_array_set_clear_func(s->open, clear_open);
    return add_value(s, node);
}

static bool end_string(JsonStream *s)
{
    Open *in = innermost(s);
    JsonNode *node;

    s->token = TOKEN_NONE;
    if (!g_utf8_validate(s->text->str, s->text->len, NULL)) {
        return fail(s, "a string that isn't UTF-8");
    }
    if (!(s->expect & EXPECT_NAME)) {
        node = json_node_init_string(json_node_alloc(), s->text->str);
        return add_value(s, node);
    }
    if (json_object_has_member(json_node_get_object(in->node), s->text->str)) {
        return fail(s, "two members of one name");
    }
    in->name = g_strdup(s->text->str);
    s->expect = EXPECT_COLON;
    return true;
}

/* RFC 8259, section 6. */
static bool is_number(const char *p, bool *is_integer)
{
    p += *p == '-';
    if (!g_ascii_isdigit(*p) || (*p == '0' && g_ascii_isdigit(p[1]))) {
        return false;
    }
    p += strspn(p, "0123456789");
    *is_integer = !*p;
    if (*p == '.') {
        if (!g_ascii_isdigit(*++p)) {
            return false;
        }
        p += strspn(p, "0123456789");
    }
    if (*p == 'e' || *p == 'E') {
        p++;
        p += *p == '-' || *p == '+';
        if (!g_ascii_isdigit(*p)) {
            return false;
        }
        p += strspn(p, "0123456789");
    }
    return !*p;
}

static bool end_number(JsonStream *s)
{
    const char *text = s->text->str;
    bool is_integer;
    gint64 integer;
    double real;

    s->token = TOKEN_NONE;
    if (!is_number(text, &is_integer)) {
        return fail(s, "'%.40s' is no number", text);
    }
    if (is_integer) {
        if (!g_ascii_string_to_signed(text, 10, INT64_MIN, INT64_MAX, &integer, NULL)) {
            return fail(s, "the integer '%.40s' doesn't fit in 64 bits with a sign", text);
        }
        return add_value(s, json_node_init_int(json_node_alloc(), integer));
    }
    real = g_ascii_strtod(text, NULL);
    if (!isfinite(real)) {
        return fail(s, "the number '%.40s' is too large", text);
    }
    return add_value(s, json_node_init_double(json_node_alloc(), real));
}

static bool end_word(JsonStream *s)
{
    const char *text = s->text->str;

    s->token = TOKEN_NONE;
    if (!strcmp(text, "true") || !strcmp(text, "false")) {
        return add_value(s, json_node_init_boolean(json_node_alloc(), *text == 't'));
    }
    if (!strcmp(text, "null")) {
        return add_value(s, json_node_init_null(json_node_alloc()));
    }
    return fail(s, "'%.40s' is no value", text);
}

static bool begin_token(JsonStream *s, Token token, char c)
{
    bool is_name = token == TOKEN_STRING && (s->expect & EXPECT_NAME);

    if (!is_name && !begin_value(s)) {
        return false;
    }
    s->token = token;
    s->quote = c;
    g_string_truncate(s->text, 0);
    if (token != TOKEN_STRING) {
        g_string_append_c(s->text, c);
    }
    return true;
}

static bool end_hex(JsonStream *s)
{
    unsigned c = s->hex;

    s->token = TOKEN_STRING;
    if (s->surrogate) {
        if (c < 0xdc00 || c > 0xdfff) {
            return fail(s, "half of a surrogate pair");
        }
        c = 0x10000 + ((s->surrogate - 0xd800) << 10) + (c - 0xdc00);
        s->surrogate = 0;
    } else if (c >= 0xd800 && c <= 0xdbff) {
        s->surrogate = c;
        return true;
    } else if (c >= 0xdc00 && c <= 0xdfff) {
        return fail(s, "half of a surrogate pair");
    } else if (c == 0) {
        return fail(s, "\\u0000 in a string");
    }
    g_string_append_unichar(s->text, c);
    return true;
}

static bool take_in_string(JsonStream *s, char c)
{
    static const char escapes[][2] = { { '"', '"' }, { '\'', '\'' }, { '\\', '\\' }, { '/', '/' },
                                       { 'b', '\b' }, { 'f', '\f' }, { 'n', '\n' }, { 'r', '\r' },
                                       { 't', '\t' } };

    if (s->token == TOKEN_HEX) {
        if (!g_ascii_isxdigit(c)) {
            return fail(s, "\\u without four hexadecimal digits");
        }
        s->hex = s->hex << 4 | g_ascii_xdigit_value(c);
        return --s->hex_digits || end_hex(s);
    }
    if (s->surrogate && c != (s->token == TOKEN_ESCAPE ? 'u' : '\\')) {
        return fail(s, "half of a surrogate pair");
    }
    if (s->token == TOKEN_ESCAPE) {
        if (c == 'u') {
            s->token = TOKEN_HEX;
            s->hex = 0;
            s->hex_digits = 4;
            return true;
        }
        for (size_t i = 0; i < ARRAY_SIZE(escapes); i++) {
            if (escapes[i][0] == c) {
                g_string_append_c(s->text, escapes[i][1]);
                s->token = TOKEN_STRING;
                return true;
            }
        }
        return fail(s, "an unknown escape in a string");
    }
    if (c == s->quote) {
        return end_string(s);
    }
    if (c == '\\') {
        s->token = TOKEN_ESCAPE;
    } else if ((uint8_t)c < 0x20) {
        return fail(s, "a control character in a string");
    } else {
        g_string_append_c(s->text, c);
    }
    return true;
}

static bool take_between_tokens(JsonStream *s, char c)
{
    switch (c) {
    case '{':
    case '[':
        return begin_container(s, c == '{');
    case '}':
    case ']':
        return end_container(s, c);
    case '"':
    case '\'':
        return begin_token(s, TOKEN_STRING, c);
    case ':':
        if (!(s->expect & EXPECT_COLON)) {
            return fail(s, "':' where it can't be");
        }
        s->expect = EXPECT_VALUE;
        return true;
    case ',':
        if (!(s->expect & EXPECT_COMMA)) {
            return fail(s, "',' where it can't be");
        }
        s->expect = JSON_NODE_HOLDS_OBJECT(innermost(s)->node) ? EXPECT_NAME : EXPECT_VALUE;
        return true;
    }
    if (g_ascii_isdigit(c) || c == '-') {
        return begin_token(s, TOKEN_NUMBER, c);
    }
    if (g_ascii_isalpha(c)) {
        return begin_token(s, TOKEN_WORD, c);
    }
    return fail(s, "the byte 0x%02x where it can't be", (uint8_t)c);
}

static bool belongs_to_token(Token token, char c)
{
    return g_ascii_isalnum(c) || (token == TOKEN_NUMBER && strchr("+-.", c) && c);
}

/* False: *s has failed at this byte. */
static bool take(JsonStream *s, char c)
{
    bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';

    if (s->token == TOKEN_NONE && blank && !s->open->len) {
        return true;
    }
    if (++s->bytes > JSON_STREAM_MAX_BYTES) {
        return fail(s, "more than %d bytes", (int)JSON_STREAM_MAX_BYTES);
    }
    if (s->token == TOKEN_NUMBER || s->token == TOKEN_WORD) {
        if (belongs_to_token(s->token, c)) {
            g_string_append_c(s->text, c);
            return true;
        }
        if (!(s->token == TOKEN_NUMBER ? end_number(s) : end_word(s))) {
            return false;
        }
    } else if (s->token != TOKEN_NONE) {
        return take_in_string(s, c);
    }
    return blank || take_between_tokens(s, c);
}

static void skip(JsonStream *s, char c)
{
    if (c == '{' || c == '[') {
        s->skip_depth++;
    } else if (c == '}' || c == ']') {
        s->skipping = --s->skip_depth > 0;
    }
    if (c == '\n') {
        s->skipping = false;
    }
}

void json_stream_feed(JsonStream *s, const void *data, size_t size)
{
    const char *bytes = data;

    for (size_t i = 0; i < size; i++) {
        if (s->skipping || !take(s, bytes[i])) {
            skip(s, bytes[i]);
        }
    }
}

/* ---- Writing ---- */

static void append_string(GString *out, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);

    g_string_append_c(out, '"');
    for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        if (c == '"' || c == '\\') {
            g_string_append_printf(out, "\\%c", c);
        } else if (c == '\n' || c == '\r' || c == '\t') {
            g_string_append_printf(out, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
        } else if (c >= 0x20 && c < 0x7f) {
            g_string_append_c(out, c);
        } else if (c > 0xffff) {
            g_string_append_printf(out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
                                   0xdc00 + ((c - 0x10000) & 0x3ff));
        } else {
            g_string_append_printf(out, "\\u%04x", c);
        }
    }
    g_string_append_c(out, '"');
}

static void append_scalar(GString *out, JsonNode *node)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];

    if (JSON_NODE_HOLDS_NULL(node)) {
        g_string_append(out, "null");
    } else if (json_node_get_value_type(node) == G_TYPE_STRING) {
        append_string(out, json_node_get_string(node));
    } else if (json_node_get_value_type(node) == G_TYPE_BOOLEAN) {
        g_string_append(out, json_node_get_boolean(node) ? "true" : "false");
    } else if (json_node_get_value_type(node) == G_TYPE_DOUBLE) {
        g_string_append(out, g_ascii_dtostr(number, sizeof(number), json_node_get_double(node)));
    } else {
        g_string_append_printf(out, "%" PRId64, (int64_t)json_node_get_int(node));
    }
}

static void append_gap(GString *out, bool first, int indent)
{
    g_string_append(out, first ? "" : ",");
    if (indent >= 0) {
        g_string_append_printf(out, "\n%*s", indent, "");
    } else if (!first) {
        g_string_append_c(out, ' ');
    }
}

/* indent < 0: all in one line. */
static void append_value(GString *out, JsonNode *node, int indent)
{
    int inside = indent < 0 ? indent : indent + 4;
    bool first = true;

    if (JSON_NODE_HOLDS_OBJECT(node)) {
        JsonObjectIter iter;
        const char *name;
        JsonNode *member;

        g_string_append_c(out, '{');
        json_object_iter_init_ordered(&iter, json_node_get_object(node));
        while (json_object_iter_next_ordered(&iter, &name, &member)) {
            append_gap(out, first, inside);
            append_string(out, name);
            g_string_append(out, ": ");
            append_value(out, member, inside);
            first = false;
        }
    } else if (JSON_NODE_HOLDS_ARRAY(node)) {
        JsonArray *array = json_node_get_array(node);

        g_string_append_c(out, '[');
        for (guint i = 0; i < json_array_get_length(array); i++) {
            append_gap(out, first, inside);
            append_value(out, json_array_get_element(array, i), inside);
            first = false;
        }
    } else {
        append_scalar(out, node);
        return;
    }
    if (!first && indent >= 0) {
        append_gap(out, true, indent);
    }
    g_string_append_c(out, JSON_NODE_HOLDS_OBJECT(node) ? '}' : ']');
}

void json_append_text(GString *out, JsonNode *node, bool pretty)
{
    append_value(out, node, pretty ? 0 : -1);
}
