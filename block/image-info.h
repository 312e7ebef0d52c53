/*
 * What an image is, as data and as text: for `sysemu-img info` and `info block -v`.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BLOCK_IMAGE_INFO_H
#define BLOCK_IMAGE_INFO_H

#include <json-glib/json-glib.h>
#include "block-int.h"

/* With the members that QMP's ImageInfo has; the caller unrefs it. */
JsonObject *block_image_info(BlockDriverState *bs);
void block_image_print(BlockDriverState *bs, GString *out);
/* A list of BlockSnapshot as a table. */
void block_snapshots_print(const GPtrArray *list, GString *out);

#endif
