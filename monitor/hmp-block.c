/*
 * Monitor commands for drives and their images.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "monitor-internal.h"
#include "qemu/error-report.h"
#include "qemu/option.h"
#include "system/block-backend.h"
#include "system/block-commands.h"
#include "system/iothread.h"

static void report(Error *err)
{
    if (err) {
        error_report_err(err);
    }
}

void complete_drives(GPtrArray *matches, const char *word)
{
    for (BlockBackend *blk = blk_next(NULL); blk; blk = blk_next(blk)) {
        if (*blk_name(blk) && g_str_has_prefix(blk_name(blk), word)) {
            g_ptr_array_add(matches, g_strdup(blk_name(blk)));
        }
    }
}

/* --- info --- */

static bool flag(JsonObject *o, const char *name)
{
    return json_object_has_member(o, name) && json_object_get_boolean_member(o, name);
}

/* "FILE (FORMAT, read-only)" and the lines about how it is used. */
static void print_node(JsonObject *node, GString *out)
{
    JsonObject *cache = json_object_get_object_member(node, "cache");

    g_string_append_printf(out, "    Cache mode:       %s%s%s\n",
                           flag(cache, "writeback") ? "writeback" : "writethrough",
                           flag(cache, "direct") ? ", direct" : "",
                           flag(cache, "no-flush") ? ", ignore flushes" : "");
    if (json_object_has_member(node, "backing_file")) {
        g_string_append_printf(out, "    Backing file:     %s (chain depth: %" PRId64 ")\n",
                               json_object_get_string_member(node, "backing_file"),
                               json_object_get_int_member(node, "backing_file_depth"));
    }
    if (g_strcmp0(json_object_get_string_member(node, "detect_zeroes"), "off")) {
        g_string_append_printf(out, "    Detect zeroes:    %s\n",
                               json_object_get_string_member(node, "detect_zeroes"));
    }
}

static void print_title(JsonObject *node, GString *out)
{
    g_string_append_printf(out, ": %s (%s%s)\n", json_object_get_string_member(node, "file"),
                           json_object_get_string_member(node, "drv"),
                           flag(node, "ro") ? ", read-only" : "");
}

static void print_drive(JsonObject *drive, bool verbose, GString *out)
{
    const char *name = json_object_get_string_member(drive, "device");
    JsonObject *node = json_object_has_member(drive, "inserted")
                           ? json_object_get_object_member(drive, "inserted") : NULL;
    const char *node_name = node ? json_object_get_string_member(node, "node-name") : "";

    g_string_append_printf(out, "%s%s", out->len ? "\n" : "", *name ? name : node_name);
    if (node) {
        if (*name) {
            g_string_append_printf(out, " (%s)", node_name);
        }
        print_title(node, out);
    } else {
        g_string_append(out, ": [not inserted]\n");
    }
    if (json_object_has_member(drive, "qdev")) {
        g_string_append_printf(out, "    Attached to:      %s\n",
                               json_object_get_string_member(drive, "qdev"));
    }
    if (flag(drive, "removable")) {
        g_string_append_printf(out, "    Removable device: %slocked, tray %s\n",
                               flag(drive, "locked") ? "" : "not ",
                               flag(drive, "tray_open") ? "open" : "closed");
    }
    if (g_strcmp0(json_object_get_string_member(drive, "io-status"), "ok")) {
        g_string_append_printf(out, "    I/O status:       %s\n",
                               json_object_get_string_member(drive, "io-status"));
    }
    if (node) {
        print_node(node, out);
    }
    if (node && verbose) {
        g_autofree char *text = block_describe_image(*name ? name : node_name);

        g_string_append_printf(out, "\nImages:\n%s", text ? text : "");
    }
}

static void print_nodes(const char *wanted, GString *out)
{
    g_autoptr(JsonNode) answer = block_query_nodes();
    JsonArray *list = json_node_get_array(answer);

    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *node = json_array_get_object_element(list, i);
        const char *name = json_object_get_string_member(node, "node-name");

        if (!wanted || g_str_equal(wanted, name)) {
            g_string_append_printf(out, "%s%s", out->len ? "\n" : "", name);
            print_title(node, out);
            print_node(node, out);
        }
    }
}

HMP_INFO(block)
{
    g_autoptr(JsonNode) answer = NULL;
    const char *wanted = hmp_arg_str(args, "device");
    JsonArray *list;

    if (hmp_arg_bool(args, "nodes")) {
        print_nodes(wanted, out);
        return;
    }
    answer = block_query();
    list = json_node_get_array(answer);
    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *drive = json_array_get_object_element(list, i);

        if (!wanted || g_str_equal(wanted, json_object_get_string_member(drive, "device"))) {
            print_drive(drive, hmp_arg_bool(args, "verbose"), out);
        }
    }
}

HMP_INFO(blockstats)
{
    static const char *const members[] = {
        "rd_bytes", "wr_bytes", "rd_operations", "wr_operations", "flush_operations",
        "wr_total_time_ns", "rd_total_time_ns", "flush_total_time_ns",
    };
    g_autoptr(JsonNode) answer = block_query_stats();
    JsonArray *list = json_node_get_array(answer);

    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *drive = json_array_get_object_element(list, i);
        JsonObject *stats = json_object_get_object_member(drive, "stats");

        g_string_append_printf(out, "%s:", json_object_get_string_member(drive, "device"));
        for (size_t k = 0; k < G_N_ELEMENTS(members); k++) {
            g_string_append_printf(out, " %s=%" PRId64, members[k],
                                   json_object_get_int_member(stats, members[k]));
        }
        g_string_append_c(out, '\n');
    }
}

/* --- commands --- */

HMP_CMD(block_resize)
{
    Error *err = NULL;
    uint64_t size;

    if (parse_option_size("size", hmp_arg_str(args, "size"), &size, &err) && size > INT64_MAX) {
        error_setg(&err, "Parameter 'size' expects less than 8 EiB");
    }
    if (!err) {
        block_resize(hmp_arg_str(args, "device"), size, &err);
    }
    report(err);
}

HMP_CMD(commit)
{
    Error *err = NULL;

    block_commit(hmp_arg_str(args, "device"), &err);
    report(err);
}

HMP_CMD(eject)
{
    Error *err = NULL;

    block_eject(hmp_arg_str(args, "device"), hmp_arg_bool(args, "force"), &err);
    report(err);
}

/* "vnc password PASSWORD" is no drive. */
static void change_vnc_password(const HMPArgs *args, Error **errp)
{
    const char *what = hmp_arg_str(args, "target"), *password = hmp_arg_str(args, "format");

    if (strcmp(what, "password") && strcmp(what, "passwd")) {
        error_setg(errp, "vnc %s: expected 'vnc password PASSWORD'", what);
    } else if (!password) {
        error_setg(errp, "the password is expected on the same line: change vnc password PASSWORD");
    } else {
        monitor_set_password("vnc", NULL, password, NULL, errp);
    }
}

HMP_CMD(change)
{
    Error *err = NULL;

    if (g_str_equal(hmp_arg_str(args, "device"), "vnc")) {
        change_vnc_password(args, &err);
        report(err);
        return;
    }
    block_change_medium(hmp_arg_str(args, "device"), hmp_arg_str(args, "target"),
                        hmp_arg_str(args, "format"), hmp_arg_str(args, "read-only-mode"),
                        hmp_arg_bool(args, "force"), &err);
    report(err);
}

/* The first argument was once a PCI address for if=scsi and if=virtio; only if=none is left. */
HMP_CMD(drive_add)
{
    const char *text = hmp_arg_str(args, "opts");
    Error *err = NULL;

    if (!drive_hot_add(text, &err)) {
        report(err);
        return;
    }
    monitor_printf(mon, "OK\n");
}

HMP_CMD(drive_del)
{
    Error *err = NULL;

    drive_del(hmp_arg_str(args, "id"), &err);
    report(err);
}

HMP_INFO(iothreads)
{
    static const char *const values[] = { "poll-max-ns", "poll-grow", "poll-shrink",
                                          "aio-max-batch" };
    g_autoptr(JsonNode) answer = iothread_query();
    JsonArray *list = json_node_get_array(answer);

    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *o = json_array_get_object_element(list, i);

        g_string_append_printf(out, "%s:\n  thread_id=%d\n", json_object_get_string_member(o, "id"),
                               (int)json_object_get_int_member(o, "thread-id"));
        for (size_t v = 0; v < G_N_ELEMENTS(values); v++) {
            g_string_append_printf(out, "  %s=%" PRId64 "\n", values[v],
                                   (int64_t)json_object_get_int_member(o, values[v]));
        }
    }
}
