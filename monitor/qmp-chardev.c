/*
 * QMP commands about character devices.
 *
 * A description in JSON says the same as -chardev in a structure of its own: a table says which
 * option each of its members is.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "chardev/char-ringbuf.h"
#include "monitor/query.h"
#include "qemu/option.h"
#include "qmp.h"

JsonNode *query_chardev(void)
{
    g_autoptr(GPtrArray) chardevs = qemu_chr_query();
    JsonArray *list = json_array_new();

    for (guint i = 0; i < chardevs->len; i++) {
        const ChardevInfo *info = g_ptr_array_index(chardevs, i);
        JsonObject *o = json_object_new();

        json_object_set_string_member(o, "label", info->label);
        json_object_set_string_member(o, "filename", info->filename ? info->filename : "");
        json_object_set_boolean_member(o, "frontend-open", info->frontend_open);
        json_array_add_object_element(list, o);
    }
    return qmp_array(list);
}

static void add_backend(const char *name, void *opaque)
{
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "name", name);
    json_array_add_object_element(opaque, o);
}

JsonNode *query_chardev_backends(void)
{
    JsonArray *list = json_array_new();

    qemu_chr_foreach_backend(add_backend, list);
    return qmp_array(list);
}

/* The members of one of the description's objects that have another name as an option. */
static const struct {
    const char *member, *option;
} renamed[] = {
    { "in", "input-path" },
    { "out", "path" },
    { "device", "path" },
};

/* Members that hold others: of them only what is in them counts. */
static bool is_box(const char *name)
{
    return g_str_equal(name, "data") || g_str_equal(name, "addr");
}

/* What the checked description says, inner objects included. */
static bool set_options(QemuOpts *opts, JsonObject *description, Error **errp)
{
    static const char *const without[] = { "type", "data", "addr", NULL };
    g_autoptr(GPtrArray) pairs = qmp_to_options(description, without, errp);
    g_autoptr(GList) names = json_object_get_members(description);

    for (guint i = 0; pairs && i < pairs->len; i += 2) {
        const char *name = g_ptr_array_index(pairs, i);

        for (size_t j = 0; j < ARRAY_SIZE(renamed); j++) {
            if (g_str_equal(name, renamed[j].member)) {
                name = renamed[j].option;
                break;
            }
        }
        if (!qemu_opt_set(opts, name, g_ptr_array_index(pairs, i + 1), errp)) {
            return false;
        }
    }
    for (GList *l = names; l; l = l->next) {
        if (is_box(l->data) &&
            !set_options(opts, json_object_get_object_member(description, l->data), errp)) {
            return false;
        }
    }
    return pairs != NULL;
}

/* A socket listens unless it is told not to, and doesn't wait for its client. */
static bool set_socket_defaults(QemuOpts *opts, Error **errp)
{
    if (!qemu_opt_get(opts, "server") && !qemu_opt_set(opts, "server", "on", errp)) {
        return false;
    }
    return !qemu_opt_get_bool(opts, "server", false) || qemu_opt_get(opts, "wait") ||
           qemu_opt_set(opts, "wait", "off", errp);
}

static Chardev *add_chardev(const char *id, JsonObject *backend, Error **errp)
{
    const char *type = json_object_get_string_member(backend, "type");
    g_autoptr(QemuOpts) opts = NULL;

    if (qemu_chr_find(id)) {
        error_setg(errp, "Chardev with id '%s' already exists", id);
        return NULL;
    }
    opts = qemu_opts_create(&qemu_chardev_opts, id, true, errp);
    if (!opts || !qemu_opt_set(opts, "backend", type, errp) ||
        !set_options(opts, backend, errp) ||
        (g_str_equal(type, "socket") && !set_socket_defaults(opts, errp))) {
        return NULL;
    }
    if (qemu_opt_get_bool(opts, "wait", false)) {
        error_setg(errp, "Parameter 'backend.data.wait': the machine would stand still until a "
                         "client comes");
        return NULL;
    }
    return qemu_chr_new_from_opts(opts, errp);
}

QMP_CMD(chardev_add)
{
    JsonObject *backend = json_object_get_object_member(call->args, "backend"), *o;
    Chardev *chr = add_chardev(qmp_str(call, "id"), backend, errp);

    if (!chr) {
        return NULL;
    }
    o = json_object_new();
    if (object_dynamic_cast(OBJECT(chr), TYPE_CHARDEV_PTY)) {
        json_object_set_string_member(o, "pty", chr->filename + strlen("pty:"));
    }
    return qmp_object(o);
}

QMP_CMD(chardev_remove)
{
    qemu_chr_remove(qmp_str(call, "id"), errp);
    return NULL;
}

QMP_CMD(chardev_send_break)
{
    const char *id = qmp_str(call, "id");
    Chardev *chr = qemu_chr_find(id);

    if (chr) {
        qemu_chr_be_event(chr, CHR_EVENT_BREAK);
    } else {
        error_setg(errp, "Chardev '%s' not found", id);
    }
    return NULL;
}

/* Bytes that aren't text are replaced, unless they are wanted in base64. */
QMP_CMD(ringbuf_read)
{
    const char *id = qmp_str(call, "device");
    Chardev *chr = qemu_chr_find(id);
    g_autoptr(GByteArray) data = NULL;
    g_autofree char *text = NULL;

    if (!chr || !object_dynamic_cast(OBJECT(chr), TYPE_CHARDEV_RINGBUF)) {
        error_setg(errp, "Device '%s' is not a ringbuf chardev", id);
        return NULL;
    }
    data = ringbuf_chr_read(chr, MIN(qmp_int(call, "size", 0), 16 * MiB));
    if (!g_strcmp0(qmp_str(call, "format"), "base64")) {
        text = g_base64_encode(data->data, data->len);
    } else {
        text = g_utf8_make_valid(data->len ? (const char *)data->data : "", data->len);
    }
    return qmp_string(text);
}
