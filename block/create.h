/*
 * Making images.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BLOCK_CREATE_H
#define BLOCK_CREATE_H

#include "block-int.h"

/*
 * Makes the image @filename, replacing what is there, of @format (raw, qcow2) with the options @o,
 * which it takes: "size", and for qcow2 backing_file, backing_fmt, cluster_size, compat,
 * compression_type, data_file, data_file_raw, lazy_refcounts, refcount_bits. False and an error.
 */
bool block_create(const char *filename, const char *format, BlockOptions *o, Error **errp);
/*
 * A qcow2 image on top of @base, whose reference it takes: writes go there, and are lost when it is
 * closed. NULL and an error.
 */
BlockDriverState *block_open_temporary(BlockDriverState *base, const BlockFlags *flags,
                                       Error **errp);

#endif
