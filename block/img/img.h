/*
 * sysemu-img: what its commands share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BLOCK_IMG_IMG_H
#define BLOCK_IMG_IMG_H

#include "qemu/osdep.h"
#include <json-glib/json-glib.h>
#include "block/block-int.h"

/* What options of a command line were given; texts belong to argv. */
typedef struct ImgOptions {
    const char *format, *out_format; /* -f, -O */
    const char *backing, *backing_format; /* -b, -F (-B of convert: backing) */
    const char *cache;               /* -t */
    const char *snapshot;            /* -l of convert */
    const char *repair;              /* -r */
    GPtrArray *creation;             /* texts of -o */
    char action;                     /* snapshot: l, c, a, d */
    const char *action_name;
    bool json, quiet, progress, unsafe, force_share, strict, no_create, backing_chain, compress,
         shrink, image_opts;
    bool keep;                       /* -d of commit */
    const char *const *args;
    int nb_args;
} ImgOptions;

typedef struct ImgCommand {
    const char *name;
    const char *letters;    /* short options, as getopt() has them */
    int min_args, max_args;
    const char *synopsis;   /* options and arguments */
    const char *help;
    /* The exit status. Errors that are in *errp afterwards are reported, and make it 1. */
    int (*run)(const ImgOptions *o, Error **errp);
} ImgCommand;

int img_info(const ImgOptions *o, Error **errp);
int img_map(const ImgOptions *o, Error **errp);
int img_check(const ImgOptions *o, Error **errp);
int img_snapshot(const ImgOptions *o, Error **errp);
int img_create(const ImgOptions *o, Error **errp);
int img_resize(const ImgOptions *o, Error **errp);
int img_commit(const ImgOptions *o, Error **errp);
int img_rebase(const ImgOptions *o, Error **errp);
int img_convert(const ImgOptions *o, Error **errp);
int img_compare(const ImgOptions *o, Error **errp);

/* Opens an image named on the command line, as -f, -U and --image-opts say. NULL and an error. */
BlockDriverState *img_open(const ImgOptions *o, const char *name, const char *format,
                           bool writable, Error **errp);
/* All of -o; with the creation options checked for the form only. NULL and an error. */
BlockOptions *img_creation_options(const ImgOptions *o, Error **errp);
/* A line "(12.34/100%)" with -p. */
void img_progress(const ImgOptions *o, double part);
/* Prints a value indented by four, and frees it. */
void img_print_json(JsonNode *node);

#endif
