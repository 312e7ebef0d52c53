/*
 * Commands about block jobs.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "monitor-internal.h"
#include "qemu/error-report.h"
#include "qemu/option.h"
#include "system/block-jobs.h"

static void report(Error *err)
{
    if (err) {
        error_report_err(err);
    }
}

HMP_INFO(block_jobs)
{
    g_autoptr(JsonNode) answer = block_jobs_query();
    JsonArray *list = json_node_get_array(answer);

    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *o = json_array_get_object_element(list, i);

        g_string_append_printf(out, "Type %s, device %s: completed %" PRId64 " of %" PRId64
                               " bytes, speed limit %" PRId64 " bytes/s, %s\n",
                               json_object_get_string_member(o, "type"),
                               json_object_get_string_member(o, "device"),
                               (int64_t)json_object_get_int_member(o, "offset"),
                               (int64_t)json_object_get_int_member(o, "len"),
                               (int64_t)json_object_get_int_member(o, "speed"),
                               json_object_get_string_member(o, "status"));
    }
    if (!json_array_get_length(list)) {
        g_string_append(out, "No active jobs\n");
    }
}

/* "speed" in bytes, or with k, M, G …; left out: 0. */
static bool get_speed(const HMPArgs *args, BlockJobOptions *options)
{
    const char *text = hmp_arg_str(args, "speed");
    Error *err = NULL;
    uint64_t speed = 0;

    if (text && parse_option_size("speed", text, &speed, &err) && speed > INT64_MAX) {
        error_setg(&err, "Parameter 'speed' expects less than 8 EiB/s");
    }
    report(err);
    options->speed = speed;
    return !err;
}

HMP_CMD(block_stream)
{
    BlockJobOptions options = { .device = hmp_arg_str(args, "device") };
    Error *err = NULL;

    if (get_speed(args, &options)) {
        block_stream(&options, hmp_arg_str(args, "base"), &err);
        report(err);
    }
}

static BlockJobTarget target_of(const HMPArgs *args)
{
    return (BlockJobTarget){
        .filename = hmp_arg_str(args, "target"),
        .format = hmp_arg_str(args, "format"),
        .existing = hmp_arg_bool(args, "reuse"),
    };
}

HMP_CMD(drive_backup)
{
    BlockJobOptions options = { .device = hmp_arg_str(args, "device") };
    BlockJobTarget target = target_of(args);
    Error *err = NULL;

    block_backup(&options, &target, hmp_arg_bool(args, "full") ? BLOCK_SYNC_FULL : BLOCK_SYNC_TOP,
                 &err);
    report(err);
}

HMP_CMD(drive_mirror)
{
    BlockJobOptions options = { .device = hmp_arg_str(args, "device") };
    BlockJobTarget target = target_of(args);
    Error *err = NULL;

    block_mirror(&options, &target, hmp_arg_bool(args, "full") ? BLOCK_SYNC_FULL : BLOCK_SYNC_TOP,
                 0, &err);
    report(err);
}

HMP_CMD(block_job_set_speed)
{
    BlockJobOptions options = { 0 };
    Error *err = NULL;

    if (get_speed(args, &options)) {
        block_job_set_speed(hmp_arg_str(args, "device"), options.speed, &err);
        report(err);
    }
}

HMP_CMD(block_job_cancel)
{
    Error *err = NULL;

    block_job_cancel(hmp_arg_str(args, "device"), hmp_arg_bool(args, "force"), &err);
    report(err);
}

HMP_CMD(block_job_pause)
{
    Error *err = NULL;

    block_job_pause(hmp_arg_str(args, "device"), &err);
    report(err);
}

HMP_CMD(block_job_resume)
{
    Error *err = NULL;

    block_job_resume(hmp_arg_str(args, "device"), &err);
    report(err);
}

HMP_CMD(block_job_complete)
{
    Error *err = NULL;

    block_job_complete(hmp_arg_str(args, "device"), &err);
    report(err);
}
