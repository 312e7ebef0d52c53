/*
 * What becomes of a failed request: rerror= and werror=.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "block-int.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "system/events.h"
#include "system/runstate.h"

static const char *const on_error_names[] = {
    [BLOCKDEV_ON_ERROR_REPORT] = "report",
    [BLOCKDEV_ON_ERROR_IGNORE] = "ignore",
    [BLOCKDEV_ON_ERROR_ENOSPC] = "enospc",
    [BLOCKDEV_ON_ERROR_STOP] = "stop",
    [BLOCKDEV_ON_ERROR_AUTO] = "auto",
};

bool blk_parse_on_error(const char *option, const char *value, BlockdevOnError *action,
                        Error **errp)
{
    for (size_t i = 0; i < G_N_ELEMENTS(on_error_names); i++) {
        if (g_str_equal(value, on_error_names[i])) {
            *action = i;
            return true;
        }
    }
    error_setg(errp, "Parameter '%s' expects one of: report, ignore, enospc, stop, auto", option);
    return false;
}

void blk_set_on_error(BlockBackend *blk, BlockdevOnError on_read_error,
                      BlockdevOnError on_write_error)
{
    blk->on_read_error = on_read_error;
    blk->on_write_error = on_write_error;
}

BlockdevOnError blk_get_on_error(BlockBackend *blk, bool is_read)
{
    return is_read ? blk->on_read_error : blk->on_write_error;
}

BlockErrorAction blk_get_error_action(BlockBackend *blk, bool is_read, int error)
{
    BlockdevOnError wanted = blk_get_on_error(blk, is_read);

    if (wanted == BLOCKDEV_ON_ERROR_AUTO) {
        wanted = is_read ? BLOCKDEV_ON_ERROR_REPORT : BLOCKDEV_ON_ERROR_ENOSPC;
    }
    if (wanted == BLOCKDEV_ON_ERROR_ENOSPC) {
        wanted = error == ENOSPC ? BLOCKDEV_ON_ERROR_STOP : BLOCKDEV_ON_ERROR_REPORT;
    }
    return wanted == BLOCKDEV_ON_ERROR_STOP     ? BLOCK_ERROR_ACTION_STOP
           : wanted == BLOCKDEV_ON_ERROR_IGNORE ? BLOCK_ERROR_ACTION_IGNORE
                                                : BLOCK_ERROR_ACTION_REPORT;
}

static void send_event(void *opaque)
{
    event_send("BLOCK_IO_ERROR", opaque);
}

/* Devices on I/O threads come here without the big lock, which events need. */
static void tell_error(BlockBackend *blk, BlockErrorAction action, bool is_read, int error)
{
    static const char *const names[] = {
        [BLOCK_ERROR_ACTION_REPORT] = "report",
        [BLOCK_ERROR_ACTION_IGNORE] = "ignore",
        [BLOCK_ERROR_ACTION_STOP] = "stop",
    };
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "device", blk->name);
    if (blk->root) {
        json_object_set_string_member(o, "node-name", blk->root->bs->node_name);
    }
    json_object_set_string_member(o, "operation", is_read ? "read" : "write");
    json_object_set_string_member(o, "action", names[action]);
    json_object_set_boolean_member(o, "nospace", error == ENOSPC);
    json_object_set_string_member(o, "reason", g_strerror(error));
    if (bql_locked()) {
        send_event(o);
    } else {
        qemu_bh_schedule_oneshot(send_event, o);
    }
}

void blk_error_action(BlockBackend *blk, BlockErrorAction action, bool is_read, int error)
{
    tell_error(blk, action, is_read, error);
    if (action != BLOCK_ERROR_ACTION_STOP) {
        return;
    }
    if (!blk->io_status) {
        error_report("drive '%s': the machine is stopped because a %s failed: %s; 'cont' tries "
                     "again", blk->name, is_read ? "read" : "write", g_strerror(error));
    }
    blk->io_status = error;
    qemu_system_vmstop_request(RUN_STATE_IO_ERROR);
}

void blk_iostatus_reset(BlockBackend *blk)
{
    blk->io_status = 0;
}
