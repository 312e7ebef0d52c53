/*
 * QMP commands that start block jobs and look after them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qmp.h"
#include "system/block-jobs.h"

/* Options whose other values aren't there: what isn't what we do is refused, not ignored. */
static const struct {
    const char *name, *only, *reason;
} fixed[] = {
    { "on-error", "report", "a job ends with its first error" },
    { "on-source-error", "report", "a job ends with its first error" },
    { "on-target-error", "report", "a job ends with its first error" },
    { "copy-mode", "background", "writes are copied afterwards" },
    { "auto-finalize", NULL, "a job that has ended is finished at once" },
};

static bool check_fixed(const QmpCall *call, Error **errp)
{
    for (size_t i = 0; i < G_N_ELEMENTS(fixed); i++) {
        const char *name = fixed[i].name;

        if (!qmp_has(call, name)) {
            continue;
        }
        if (fixed[i].only ? !g_str_equal(qmp_str(call, name), fixed[i].only)
                          : !qmp_bool(call, name, true)) {
            error_setg(errp, "Parameter '%s' expects '%s': %s", name,
                       fixed[i].only ? fixed[i].only : "true", fixed[i].reason);
            return false;
        }
    }
    return true;
}

static BlockJobOptions common(const QmpCall *call)
{
    return (BlockJobOptions){
        .id = qmp_str(call, "job-id"),
        .device = qmp_str(call, "device"),
        .speed = qmp_int(call, "speed", 0),
        .keep = !qmp_bool(call, "auto-dismiss", true),
    };
}

static bool get_sync(const QmpCall *call, BlockSync *sync, Error **errp)
{
    static const char *const names[] = {
        [BLOCK_SYNC_FULL] = "full", [BLOCK_SYNC_TOP] = "top", [BLOCK_SYNC_NONE] = "none",
    };
    const char *wanted = qmp_str(call, "sync");

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_str_equal(wanted, names[i])) {
            *sync = i;
            return true;
        }
    }
    error_setg(errp, "Parameter 'sync' expects full, top or none: there are no dirty bitmaps");
    return false;
}

static BlockJobTarget node_target(const QmpCall *call)
{
    return (BlockJobTarget){ .node = qmp_str(call, "target") };
}

static BlockJobTarget file_target(const QmpCall *call)
{
    const char *mode = qmp_str(call, "mode");

    return (BlockJobTarget){
        .filename = qmp_str(call, "target"),
        .format = qmp_str(call, "format"),
        .node_name = qmp_str(call, "node-name"),
        .existing = mode && g_str_equal(mode, "existing"),
    };
}

static void back_up(const QmpCall *call, BlockJobTarget target, Error **errp)
{
    BlockJobOptions options = common(call);
    BlockSync sync;

    if (check_fixed(call, errp) && get_sync(call, &sync, errp)) {
        block_backup(&options, &target, sync, errp);
    }
}

QMP_CMD(blockdev_backup)
{
    back_up(call, node_target(call), errp);
    return NULL;
}

QMP_CMD(drive_backup)
{
    back_up(call, file_target(call), errp);
    return NULL;
}

static void mirror(const QmpCall *call, BlockJobTarget target, Error **errp)
{
    BlockJobOptions options = common(call);
    BlockSync sync;

    if (check_fixed(call, errp) && get_sync(call, &sync, errp)) {
        block_mirror(&options, &target, sync, qmp_int(call, "granularity", 0), errp);
    }
}

QMP_CMD(blockdev_mirror)
{
    mirror(call, node_target(call), errp);
    return NULL;
}

QMP_CMD(drive_mirror)
{
    mirror(call, file_target(call), errp);
    return NULL;
}

/* Images can be told by their nodes or by their files. */
static const char *either(const QmpCall *call, const char *node, const char *file, Error **errp)
{
    if (qmp_has(call, node) && qmp_has(call, file)) {
        error_setg(errp, "Parameters '%s' and '%s' exclude each other", node, file);
    }
    return qmp_has(call, node) ? qmp_str(call, node) : qmp_str(call, file);
}

QMP_CMD(block_stream)
{
    BlockJobOptions options = common(call);
    const char *base;
    ERRP_GUARD();

    base = either(call, "base-node", "base", errp);
    if (!*errp && check_fixed(call, errp)) {
        block_stream(&options, base, errp);
    }
    return NULL;
}

QMP_CMD(block_commit)
{
    BlockJobOptions options = common(call);
    const char *base, *top;
    ERRP_GUARD();

    base = either(call, "base-node", "base", errp);
    top = *errp ? NULL : either(call, "top-node", "top", errp);
    if (!*errp && check_fixed(call, errp)) {
        block_commit_job(&options, top, base, errp);
    }
    return NULL;
}

QMP_CMD(block_job_set_speed)
{
    block_job_set_speed(qmp_str(call, "device"), qmp_int(call, "speed", 0), errp);
    return NULL;
}

QMP_CMD(block_job_cancel)
{
    block_job_cancel(qmp_str(call, "device"), qmp_bool(call, "force", false), errp);
    return NULL;
}

QMP_CMD(block_job_pause)
{
    block_job_pause(qmp_str(call, "device"), errp);
    return NULL;
}

QMP_CMD(block_job_resume)
{
    block_job_resume(qmp_str(call, "device"), errp);
    return NULL;
}

QMP_CMD(block_job_complete)
{
    block_job_complete(qmp_str(call, "device"), errp);
    return NULL;
}

QMP_CMD(block_job_dismiss)
{
    block_job_dismiss(qmp_str(call, "id"), errp);
    return NULL;
}
