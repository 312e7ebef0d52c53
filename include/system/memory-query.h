/*
 * The memory map as data: what the monitor prints and scripts draw.
 *
 * All functions give a new JsonNode that the caller unrefs; big lock. Addresses and sizes are
 * strings of hexadecimal digits ("0x00000000fff00100"), because JSON's numbers don't hold 64 bits;
 * `last` is inclusive. A region is an object:
 *
 *     { "name", "kind", "priority", "enabled", "start", "last" }
 *
 * with kind container, i/o, ram, ramd (a device of the host's), rom, romd or alias, and start and
 * last where the address space (or the tree) shows it. An alias has "target" and "target-offset"
 * besides.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_MEMORY_QUERY_H
#define SYSTEM_MEMORY_QUERY_H

#include <json-glib/json-glib.h>
#include "system/memory.h"

/* The address space of that name, or NULL. */
AddressSpace *address_space_by_name(const char *name);

/*
 * { "trees": [{ "spaces": [name], "root": region with "children": [region] }],
 *   "views": [{ "spaces": [name], "ranges": [{ "start", "last", "name", "kind", "offset",
 *                                              "priority" }] }] }
 */
JsonNode *memory_query_map(void);

/*
 * Who is at `addr`, front first. Each is a path from the root to a leaf:
 *
 *     { "space", "address",
 *       "found": [{ "path": [region with "offset" of addr in it], "enabled",
 *                   "behind": { "region", "by", "reason" } }] }
 *
 * The first enabled one answers and has no "behind". For the others it says which region on their
 * path lies behind which one on the path of what answers, and why: "priority", "order" (of equal
 * priority, added earlier) or "container" (a region lies behind its own children).
 */
JsonNode *memory_query_why(AddressSpace *as, hwaddr addr);

/*
 * What is hidden without a priority saying so: of two siblings of equal priority, the one added
 * later lies in front.
 *
 *     [{ "space", "start", "last", "hidden", "by", "region", "region-by", "whole" }]
 *
 * hidden and by are leaves, region and region-by the siblings that decide; whole: nothing of the
 * leaf shows anywhere in that space.
 */
JsonNode *memory_query_overlaps(void);

/* [{ "name", "page-size", "offset", "used", "total" }], largest first. */
JsonNode *memory_query_ramblocks(void);

/* The same as text, appended to `out`. */
void memory_print_why(AddressSpace *as, hwaddr addr, GString *out);
void memory_print_overlaps(GString *out);
void memory_print_ramblocks(GString *out);

#endif
