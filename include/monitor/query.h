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
/* { "UUID" }, of -uuid. */
JsonNode *query_uuid(void);
/* { "qemu": { "major", "minor", "micro" }, "package" }: the first is the interface's version. */
JsonNode *query_version(void);
/* { "arch" } */
JsonNode *query_target(void);
/* { "enabled", "present" } */
JsonNode *query_kvm(void);
/* What -machine and -cpu list: MachineInfo and CpuDefinitionInfo of monitor/qmp-types.c. */
JsonNode *query_machines(void);
JsonNode *query_cpu_definitions(void);
/* { "base-memory", "plugged-memory" }, bytes */
JsonNode *query_memory_size_summary(void);
/* [{ "type", "data" }]: modules of memory by address; MemoryDeviceInfo of monitor/qmp-types.c */
JsonNode *query_memory_devices(void);
/* [{ "type", "vcpus-count", "props", "qom-path" }]; NULL with *errp set if CPUs don't come and go. */
JsonNode *query_hotpluggable_cpus(Error **errp);
/* { "guid" }; NULL with *errp set: no vmgenid. */
JsonNode *query_vm_generation_id(Error **errp);
/* What the guest said last about each slot and CPU: ACPIOSTInfo of monitor/qmp-types.c */
JsonNode *query_acpi_ospm_status(void);
/* [{ "name", "enabled", "description" }]: the log's items */
JsonNode *query_log(void);
/* [{ "name", "state" }]: trace points that match; NULL: all */
JsonNode *query_trace_events(const char *pattern);
/* [{ "bus", "devices" }]: PciInfo of monitor/qmp-types.c */
JsonNode *query_pci(void);
/* { "formats" } */
JsonNode *query_dump_guest_memory_capability(void);
/* [{ "label", "filename", "frontend-open" }] and [{ "name" }] */
JsonNode *query_chardev(void);
JsonNode *query_chardev_backends(void);
/* [{ "name", "index", "current", "absolute" }]: pointing devices, the current one first */
JsonNode *query_mice(void);
/* { "actual" }: bytes of memory that the guest has; NULL with *errp set without a balloon. */
JsonNode *query_balloon(Error **errp);
/* [{ "cpu-index", "qom-path", "thread-id", "target" }] */
JsonNode *query_cpus_fast(void);
/* [{ "fdset-id", "fds" }]: what -add-fd made. */
JsonNode *query_fdsets(void);
/* [{ "id", "size", "merge", "dump", "prealloc", "share", "reserve", "host-nodes", "policy" }] */
JsonNode *query_memdev(void);
/*
 * [{ "name", "type", "index", "info", "link-up", "peer", "hub", "filters" }]: both ends of every
 * network cable, in the order of their making. "peer" is the name of the other end; "hub" is there
 * in a hub's ports only; "filters" is [{ "id", "type", "info" }].
 */
JsonNode *query_network(void);
/* [{ "node", "size", "plugged", "cpus", "memdev" }], sizes in bytes. */
JsonNode *query_numa(void);

#endif
