/*
 * Options in JSON, as management programs write them: -netdev '{"type":"user","id":"net0"}'.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_JSON_OPTIONS_H
#define SYSTEM_JSON_OPTIONS_H

#include "qemu/option.h"

/*
 * An option's argument, in JSON if it begins with '{', else as qemu_opts_parse() takes it with an
 * implied first key.
 *
 * In JSON a member of a member is the key "outer.inner", an element of an array repeats its key, and
 * an element {"str": "text"} is that text. NULL with *errp set if it is malformed, or the list
 * doesn't know a key.
 */
QemuOpts *opts_parse_text_or_json(QemuOptsList *list, const char *text, Error **errp);
/* The same of something that has to have an id: *id, which is the options' own. */
QemuOpts *opts_parse_with_id(QemuOptsList *list, const char *text, const char **id, Error **errp);

#endif
