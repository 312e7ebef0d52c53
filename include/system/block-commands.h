/*
 * What users ask of the block layer while a machine runs: for the monitors and -blockdev.
 *
 * All of it with the big lock held. Functions that give a bool set *errp if it is false; nothing
 * has changed then. JSON values have the members that QMP gives them, and belong to the caller.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_BLOCK_COMMANDS_H
#define SYSTEM_BLOCK_COMMANDS_H

#include <json-glib/json-glib.h>

/* All drives, with what is inserted (query-block). */
JsonNode *block_query(void);
/* How much each drive has read and written (query-blockstats). */
JsonNode *block_query_stats(void);
/* The same for each node (its query-nodes): requests are counted where a drive is on the node. */
JsonNode *block_query_node_stats(void);
/* All nodes (query-named-block-nodes). */
JsonNode *block_query_nodes(void);
/* Everything about the image in a drive or the node of that name; NULL if there is none. */
char *block_describe_image(const char *name);

/* "-blockdev @text": key=value or JSON. The node lives until blockdev_del(). */
bool blockdev_add(const char *text, Error **errp);
bool blockdev_del(const char *node_name, Error **errp);
/*
 * Other options for the nodes that @list describes as blockdev_add() does (objects with node-name
 * and driver): what isn't given is as when such a node is opened. All of them, or none.
 */
bool blockdev_reopen(JsonArray *list, Error **errp);
/* A drive's or node's image gets another length. */
bool block_resize(const char *name, int64_t size, Error **errp);
/* What drive @name, or "all", has goes to its backing file. */
bool block_commit(const char *name, Error **errp);
/* Takes the medium out; @force: also if the guest has locked it. */
bool block_eject(const char *name, bool force, Error **errp);
/*
 * Another medium. @format NULL: probed; @read_only_mode "retain" (NULL as well), "read-only" or
 * "read-write".
 */
bool block_change_medium(const char *name, const char *filename, const char *format,
                         const char *read_only_mode, bool force, Error **errp);
/* Takes a drive away from its device, which sees no medium any more, and closes it. */
bool drive_del(const char *name, Error **errp);

#endif
