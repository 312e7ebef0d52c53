/*
 * Drives as data.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-core.h"
#include "monitor/query.h"
#include "qmp.h"
#include "system/block-backend.h"

JsonNode *query_block(void)
{
    JsonArray *list = json_array_new();

    for (BlockBackend *blk = blk_next(NULL); blk; blk = blk_next(blk)) {
        JsonObject *o = json_object_new(), *inserted;
        BlockBackendInfo info;

        blk_get_info(blk, &info);
        json_object_set_string_member(o, "device", info.name);
        if (info.device) {
            g_autofree char *path = object_get_canonical_path(OBJECT(info.device));

            json_object_set_string_member(o, "qdev", path);
        }
        json_object_set_string_member(o, "type", "unknown");
        json_object_set_boolean_member(o, "removable", false);
        json_object_set_boolean_member(o, "locked", false);
        if (info.filename) {
            inserted = json_object_new();
            json_object_set_string_member(inserted, "file", info.filename);
            json_object_set_string_member(inserted, "drv", info.format);
            json_object_set_boolean_member(inserted, "ro", info.read_only);
            json_object_set_boolean_member(inserted, "encrypted", false);
            json_object_set_object_member(o, "inserted", inserted);
        }
        json_array_add_object_element(list, o);
    }
    return qmp_array(list);
}
