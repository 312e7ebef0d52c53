/*
 * What the monitor says about the memory map: the data of query.c as text.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "internal.h"
#include "system/memory-query.h"

static const char *str(JsonObject *o, const char *name)
{
    return json_object_get_string_member(o, name);
}

static int priority(JsonObject *o)
{
    return json_object_get_int_member(o, "priority");
}

/* Without "0x": as `info mtree` prints addresses. */
static const char *hex(JsonObject *o, const char *name)
{
    return str(o, name) + 2;
}

static JsonObject *last_element(JsonArray *array)
{
    return json_array_get_object_element(array, json_array_get_length(array) - 1);
}

/* ---- Why ---- */

static void print_step(JsonObject *r, unsigned level, GString *out)
{
    g_string_append_printf(out, "%*s%s-%s (prio %d, %s): %s", (int)level * 2, "", hex(r, "start"),
                           hex(r, "last"), priority(r), str(r, "kind"), str(r, "name"));
    if (json_object_has_member(r, "target")) {
        g_string_append_printf(out, " of %s from %s", str(r, "target"), hex(r, "target-offset"));
    }
    g_string_append(out, json_object_get_boolean_member(r, "enabled") ? "\n" : " [disabled]\n");
}

static void print_reason(JsonObject *behind, GString *out)
{
    JsonObject *region = json_object_get_object_member(behind, "region");
    JsonObject *by = json_object_get_object_member(behind, "by");
    const char *reason = str(behind, "reason");

    if (!strcmp(reason, "priority")) {
        g_string_append_printf(out, "'%s' (prio %d) lies behind '%s' (prio %d)",
                               str(region, "name"), priority(region), str(by, "name"),
                               priority(by));
    } else if (!strcmp(reason, "order")) {
        g_string_append_printf(out, "'%s' was added before '%s', of equal priority",
                               str(region, "name"), str(by, "name"));
    } else {
        g_string_append_printf(out, "'%s' lies behind what it contains", str(region, "name"));
    }
}

static void print_found(JsonObject *found, JsonObject *why, GString *out)
{
    JsonArray *path = json_object_get_array_member(found, "path");
    JsonObject *leaf = last_element(path);
    bool enabled = json_object_get_boolean_member(found, "enabled");

    if (!enabled) {
        g_string_append_printf(out, "disabled: %s", str(leaf, "name"));
    } else if (json_object_has_member(found, "behind")) {
        g_string_append_printf(out, "hidden: %s: ", str(leaf, "name"));
        print_reason(json_object_get_object_member(found, "behind"), out);
    } else {
        g_string_append_printf(out, "%s: %s (%s) at offset %s", hex(why, "address"),
                               str(leaf, "name"), str(leaf, "kind"), hex(leaf, "offset"));
    }
    g_string_append_c(out, '\n');
    for (unsigned i = 0; i < json_array_get_length(path); i++) {
        print_step(json_array_get_object_element(path, i), i + 1, out);
    }
}

void memory_print_why(AddressSpace *as, hwaddr addr, GString *out)
{
    g_autoptr(JsonNode) node = memory_query_why(as, addr);
    JsonObject *why = json_node_get_object(node);
    JsonArray *found = json_object_get_array_member(why, "found");
    bool answered = false;

    for (unsigned i = 0; i < json_array_get_length(found); i++) {
        answered |= json_object_get_boolean_member(json_array_get_object_element(found, i),
                                                   "enabled");
    }
    if (!answered) {
        g_string_append_printf(out, "%s: nothing answers in '%s'\n", hex(why, "address"),
                               str(why, "space"));
    }
    /* What answers first, then what it hides, then what is disabled. */
    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < json_array_get_length(found); i++) {
            JsonObject *o = json_array_get_object_element(found, i);
            if (json_object_get_boolean_member(o, "enabled") == !pass) {
                print_found(o, why, out);
            }
        }
    }
}

/* ---- Overlaps ---- */

void memory_print_overlaps(GString *out)
{
    g_autoptr(JsonNode) node = memory_query_overlaps();
    JsonArray *list = json_node_get_array(node);

    for (unsigned i = 0; i < json_array_get_length(list); i++) {
        JsonObject *o = json_array_get_object_element(list, i);

        g_string_append_printf(out, "%s: %s-%s: '%s' is hidden %s by '%s': ", str(o, "space"),
                               hex(o, "start"), hex(o, "last"), str(o, "hidden"),
                               json_object_get_boolean_member(o, "whole") ? "wholly" : "partly",
                               str(o, "by"));
        g_string_append_printf(out, "'%s' was added before '%s', of equal priority\n",
                               str(o, "region"), str(o, "region-by"));
    }
    if (!json_array_get_length(list)) {
        g_string_append(out, "Nothing is hidden without a priority saying so\n");
    }
}

/* ---- RAM blocks ---- */

void memory_print_ramblocks(GString *out)
{
    g_autoptr(JsonNode) node = memory_query_ramblocks();
    JsonArray *list = json_node_get_array(node);

    g_string_append_printf(out, "%24s %8s  %18s %18s %18s\n", "Block Name", "PSize", "Offset",
                           "Used", "Total");
    for (unsigned i = 0; i < json_array_get_length(list); i++) {
        JsonObject *o = json_array_get_object_element(list, i);
        g_autofree char *page =
            g_strdup_printf("%u KiB", (unsigned)json_object_get_int_member(o, "page-size") / 1024);

        g_string_append_printf(out, "%24s %8s  %18s %18s %18s\n", str(o, "name"), page,
                               str(o, "offset"), str(o, "used"), str(o, "total"));
    }
}
