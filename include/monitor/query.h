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
/* [{ "cpu-index", "qom-path", "thread-id", "target" }] */
JsonNode *query_cpus_fast(void);
/* [{ "id", "size", "merge", "dump", "prealloc", "share", "reserve", "host-nodes", "policy" }] */
JsonNode *query_memdev(void);
/* [{ "node", "size", "plugged", "memdev" }], sizes in bytes. */
JsonNode *query_numa(void);

#endif
