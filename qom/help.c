/*
 * What -device, -object and -machine print for "X,help": a line for each property that users set.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qom/object.h"

static char *property_line(const ObjectProperty *prop)
{
    g_autofree char *head = g_strdup_printf("  %s=<%s>", prop->name, prop->type);
    const char *description = prop->description ? prop->description : "";
    g_autofree char *defval = NULL;

    if (prop->defval.kind == QVALUE_NONE) {
        return prop->description ? g_strdup_printf("%-24s - %s", head, description)
                                 : g_strdup(head);
    }
    defval = qvalue_print(&prop->defval, prop->defval.kind == QVALUE_STR);
    return g_strdup_printf("%-24s - %s (default: %s)", head, description, defval);
}

static gint compare_lines(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool object_properties_help(GString *out, ObjectPropertyIterator *iter, const char *const *hidden)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    ObjectProperty *prop;

    while ((prop = object_property_iter_next(iter)) != NULL) {
        if (prop->set && !object_property_is_child(prop) &&
            !(hidden && g_strv_contains(hidden, prop->name))) {
            g_ptr_array_add(lines, property_line(prop));
        }
    }
    g_ptr_array_sort(lines, compare_lines);
    for (guint i = 0; i < lines->len; i++) {
        g_string_append_printf(out, "%s\n", (char *)g_ptr_array_index(lines, i));
    }
    return lines->len;
}
