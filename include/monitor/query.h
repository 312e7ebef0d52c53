/*
 * Answers of the monitor as data. The members have the names that QMP gives them; the human monitor
 * prints from the same data.
 *
 * Each function gives a new JsonNode that the caller unrefs; big lock.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef MONITOR_QUERY_H
#define MONITOR_QUERY_H

#include <json-glib/json-glib.h>

/* { "status", "running", "singlestep" } */
JsonNode *query_status(void);
/* { "name" }; no member without -name. */
JsonNode *query_name(void);
/* { "actual" }: bytes of memory that the guest has; NULL with *errp set without a balloon. */
JsonNode *query_balloon(Error **errp);
/* [{ "cpu-index", "qom-path", "thread-id", "target" }] */
JsonNode *query_cpus_fast(void);
/* [{ "id", "size", "merge", "dump", "prealloc", "share", "reserve", "host-nodes", "policy" }] */
JsonNode *query_memdev(void);
/*
 * [{ "name", "type", "index", "info", "link-up", "peer", "hub", "filters" }]: both ends of every
 * network cable, in the order of their making. "peer" is the name of the other end; "hub" is there
 * in a hub's ports only; "filters" is [{ "id", "type", "info" }].
 */
JsonNode *query_network(void);
/* [{ "node", "size", "plugged", "memdev" }], sizes in bytes. */
JsonNode *query_numa(void);

#endif
