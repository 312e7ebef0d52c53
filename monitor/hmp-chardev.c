/*
 * Monitor commands that make and replace character devices.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "monitor-internal.h"
#include "qemu/error-report.h"
#include "qemu/option.h"

static void report(Error *err)
{
    if (err) {
        error_report_err(err);
    }
}

HMP_CMD(chardev_add)
{
    Error *err = NULL;
    QemuOpts *opts = qemu_opts_parse(&qemu_chardev_opts, hmp_arg_str(args, "args"), true, &err);

    if (opts) {
        qemu_chr_new_from_opts(opts, &err);
        qemu_opts_del(opts);
    }
    report(err);
}

/* Gives the front end of `old` to `fresh`. False with *errp set: nothing has changed. */
static bool move_front_end(Chardev *old, Chardev *fresh, Error **errp)
{
    CharBackend *be = old->be, saved;

    if (!be) {
        return true;
    }
    saved = *be;
    if (!saved.chr_be_change) {
        error_setg(errp, "the user of chardev '%s' can't change to another one while it runs",
                   old->label);
        return false;
    }
    qemu_chr_fe_deinit(be, false);
    if (!qemu_chr_fe_init(be, fresh, errp)) {
        qemu_chr_fe_init(be, old, NULL);
        fresh = old;
    }
    qemu_chr_fe_set_handlers(be, saved.chr_can_read, saved.chr_read, saved.chr_event,
                             saved.chr_be_change, saved.opaque, NULL, true);
    if (fresh == old) {
        return false;
    }
    saved.chr_be_change(saved.opaque);
    return true;
}

/* The old one stays as it was unless the new one can be made and used. */
static bool change(const char *id, const char *description, Error **errp)
{
    g_autofree char *temporary = g_strconcat(id, ".new", NULL);
    Chardev *old = qemu_chr_find(id), *fresh;
    QemuOpts *opts;

    if (!old) {
        error_setg(errp, "Chardev '%s' does not exist", id);
        return false;
    }
    if (object_dynamic_cast(OBJECT(old), TYPE_CHARDEV_MUX)) {
        error_setg(errp, "Chardev '%s' is shared by several users and can't be changed", id);
        return false;
    }
    opts = qemu_opts_parse(&qemu_chardev_opts, description, true, errp);
    if (!opts) {
        return false;
    }
    qemu_opts_set_id(opts, g_strdup(temporary));
    fresh = qemu_chr_new_from_opts(opts, errp);
    qemu_opts_del(opts);
    if (!fresh) {
        return false;
    }
    if (!move_front_end(old, fresh, errp)) {
        qemu_chr_remove(temporary, NULL);
        return false;
    }
    qemu_chr_remove(id, NULL);
    g_free(fresh->label);
    fresh->label = g_strdup(id);
    return true;
}

HMP_CMD(chardev_change)
{
    Error *err = NULL;

    change(hmp_arg_str(args, "id"), hmp_arg_str(args, "args"), &err);
    report(err);
}
