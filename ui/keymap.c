/*
 * Keyboard layouts: which key types a symbol, by the data of xkb.
 *
 * Who sits at a VNC viewer sends symbols (X keysyms), and the guest wants keys. A layout is the
 * assumption of what is printed on the keys of that guest's keyboard. The viewer sends Shift and
 * AltGr as keys of their own, so that the key alone is what is looked for.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <xkbcommon/xkbcommon.h>
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "ui/input.h"

/* In rule set "evdev", X's key codes are Linux's plus this. */
#define X_CODE_OFFSET 8

/* Names that -k is known to take, where xkb has another one. */
static const struct {
    const char *name, *layout, *variant;
} layout_names[] = {
    { "en-us", "us" },        { "en-gb", "gb" },         { "ar", "ara" },
    { "bepo", "fr", "bepo" }, { "da", "dk" },            { "de-ch", "ch" },
    { "et", "ee" },           { "fr-be", "be" },         { "fr-ca", "ca", "fr" },
    { "fr-ch", "ch", "fr" },  { "ja", "jp" },            { "nl-be", "be" },
    { "pt-br", "br" },        { "sl", "si" },            { "sv", "se" },
};

static GHashTable *keys_by_symbol; /* keysym -> key; NULL: no layout yet */

typedef struct Collecting {
    GHashTable *keys;
    xkb_level_index_t level;
} Collecting;

/* The lowest level has the first choice, and the key with the lowest code. */
static void collect(struct xkb_keymap *map, xkb_keycode_t code, void *opaque)
{
    Collecting *c = opaque;
    const xkb_keysym_t *symbols;
    int n;

    if (code <= X_CODE_OFFSET || !input_key_name(code - X_CODE_OFFSET) ||
        !xkb_keymap_num_layouts_for_key(map, code) ||
        c->level >= xkb_keymap_num_levels_for_key(map, code, 0)) {
        return; /* no keyboard that a machine has here has that key */
    }
    n = xkb_keymap_key_get_syms_by_level(map, code, 0, c->level, &symbols);
    for (int i = 0; i < n; i++) {
        if (!g_hash_table_contains(c->keys, GUINT_TO_POINTER(symbols[i]))) {
            g_hash_table_insert(c->keys, GUINT_TO_POINTER(symbols[i]),
                                GUINT_TO_POINTER(code - X_CODE_OFFSET));
        }
    }
}

/* xkb says what is wrong on standard error, unless it is told to be silent: we say it ourselves. */
static struct xkb_keymap *load(const char *layout, const char *variant)
{
    struct xkb_rule_names names = { .rules = "evdev", .model = "pc105", .layout = layout,
                                    .variant = variant };
    struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_ENVIRONMENT_NAMES);
    struct xkb_keymap *map = NULL;

    if (context) {
        xkb_context_set_log_level(context, XKB_LOG_LEVEL_CRITICAL);
        xkb_context_set_log_verbosity(context, -1);
        map = xkb_keymap_new_from_names(context, &names, XKB_KEYMAP_COMPILE_NO_FLAGS);
        xkb_context_unref(context);
    }
    return map;
}

bool input_set_layout(const char *name, Error **errp)
{
    g_auto(GStrv) parts = g_strsplit_set(name, "()", 3); /* "layout(variant)" */
    const char *layout = parts[0] ? parts[0] : "", *variant = parts[0] ? parts[1] : NULL;
    Collecting c;
    struct xkb_keymap *map;

    for (size_t i = 0; i < ARRAY_SIZE(layout_names); i++) {
        if (g_str_equal(layout_names[i].name, name)) {
            layout = layout_names[i].layout;
            variant = layout_names[i].variant;
        }
    }
    map = *layout ? load(layout, variant) : NULL;
    if (!map) {
        error_setg(errp, "no keyboard layout '%s': expected a name like en-us, de or fr(bepo) that "
                         "xkb has (Debian's package xkb-data)", name);
        return false;
    }
    c = (Collecting){ g_hash_table_new(NULL, NULL), 0 };
    for (; c.level < 4; c.level++) {
        xkb_keymap_key_for_each(map, collect, &c);
    }
    xkb_keymap_unref(map);
    g_clear_pointer(&keys_by_symbol, g_hash_table_unref);
    keys_by_symbol = c.keys;
    return true;
}

unsigned input_key_for_keysym(uint32_t keysym)
{
    static bool reported;
    Error *err = NULL;
    gpointer key;

    if (!keys_by_symbol && !reported && !input_set_layout("en-us", &err)) {
        reported = true;
        warn_report_err(err);
    }
    key = keys_by_symbol ? g_hash_table_lookup(keys_by_symbol, GUINT_TO_POINTER(keysym)) : NULL;
    return GPOINTER_TO_UINT(key);
}
