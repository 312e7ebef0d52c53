/*
 * State tables: walking, saving, loading.
 *
 * Saved form of one table: version (32 bits), its fields in order, then for each subsection that is
 * needed a byte 1, its name (length byte, text) and its own saved form; a byte 0 at the end.
 * Numbers are big-endian.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/bswap.h"

/* --- fields --- */

static bool has_field(const VMStateField *f, void *opaque, int version_id)
{
    return f->field_exists ? f->field_exists(opaque, version_id) : f->version_id <= version_id;
}

static size_t number_at(const VMStateField *f, const void *opaque)
{
    const void *p = (const char *)opaque + f->num_offset;

    if (f->flags & (VMS_VARRAY_UINT32 | VMS_VBUFFER)) {
        return *(const uint32_t *)p;
    }
    if (f->flags & VMS_VARRAY_INT32) {
        return MAX(*(const int32_t *)p, 0);
    }
    return f->flags & VMS_VARRAY_UINT16 ? *(const uint16_t *)p : *(const uint8_t *)p;
}

#define VMS_VARRAY (VMS_VARRAY_UINT32 | VMS_VARRAY_INT32 | VMS_VARRAY_UINT16 | VMS_VARRAY_UINT8)

static size_t element_count(const VMStateField *f, const void *opaque)
{
    if (f->flags & VMS_VARRAY) {
        return number_at(f, opaque);
    }
    return f->flags & VMS_ARRAY ? f->num : 1;
}

static size_t element_size(const VMStateField *f, const void *opaque)
{
    return f->flags & VMS_VBUFFER ? number_at(f, opaque) : f->size;
}

static void *element(const VMStateField *f, void *opaque, size_t i)
{
    char *base = (char *)opaque + f->offset;

    if (f->flags & VMS_POINTER) {
        base = *(char **)base;
    }
    if (f->flags & VMS_ARRAY_OF_POINTER) {
        return ((void **)base)[i];
    }
    return base + f->size * i;
}

/* --- walking --- */

static int walk(const VMStateDescription *vmsd, void *opaque, const char *prefix,
                VMStateFieldFunc *fn, void *fn_opaque)
{
    int ret = 0;

    for (const VMStateField *f = vmsd->fields; f && f->kind != VMS_KIND_END && !ret; f++) {
        size_t n;

        if (f->kind == VMS_KIND_UNUSED || !has_field(f, opaque, vmsd->version_id)) {
            continue;
        }
        n = element_count(f, opaque);
        for (size_t i = 0; i < n && !ret; i++) {
            g_autofree char *index = n > 1 ? g_strdup_printf("[%zu]", i) : g_strdup("");
            g_autofree char *path = g_strdup_printf("%s%s%s", prefix, f->name, index);
            void *data = element(f, opaque, i);

            ret = fn(path, f, data, element_size(f, opaque), fn_opaque);
            if (!ret && f->kind == VMS_KIND_STRUCT) {
                g_autofree char *inner = g_strdup_printf("%s.", path);

                ret = walk(f->vmsd, data, inner, fn, fn_opaque);
            }
        }
    }
    for (size_t i = 0; !ret && vmsd->subsections && vmsd->subsections[i]; i++) {
        const VMStateDescription *sub = vmsd->subsections[i];

        if (!sub->needed || sub->needed(opaque)) {
            ret = walk(sub, opaque, prefix, fn, fn_opaque);
        }
    }
    return ret;
}

int vmstate_foreach_field(const VMStateDescription *vmsd, void *opaque, VMStateFieldFunc *fn,
                          void *fn_opaque)
{
    return walk(vmsd, opaque, "", fn, fn_opaque);
}

/* --- numbers --- */

static void put_number(GByteArray *out, uint64_t value, size_t size)
{
    uint8_t bytes[8];

    stn_be_p(bytes, (int)size, value);
    g_byte_array_append(out, bytes, (guint)size);
}

static bool get_bytes(VMStateReader *in, void *buf, size_t size, Error **errp)
{
    if (in->size - in->pos < size) {
        error_setg(errp, "state ends too early: %zu more bytes expected at offset %zu", size,
                   in->pos);
        return false;
    }
    if (size) {
        memcpy(buf, in->data + in->pos, size);
    }
    in->pos += size;
    return true;
}

static bool get_number(VMStateReader *in, size_t size, uint64_t *value, Error **errp)
{
    uint8_t bytes[8];

    if (!get_bytes(in, bytes, size, errp)) {
        return false;
    }
    *value = ldn_be_p(bytes, (int)size);
    return true;
}

/* --- saving --- */

static int save_element(GByteArray *out, const VMStateField *f, void *data, size_t size,
                        Error **errp)
{
    switch (f->kind) {
    case VMS_KIND_UINT:
    case VMS_KIND_INT:
    case VMS_KIND_FLOAT64:
        put_number(out, ldn_he_p(data, (int)size), size);
        return 0;
    case VMS_KIND_BOOL:
        put_number(out, *(bool *)data, 1);
        return 0;
    case VMS_KIND_BUFFER:
        g_byte_array_append(out, data, (guint)size);
        return 0;
    case VMS_KIND_TIMER:
        put_number(out, (uint64_t)timer_expire_time_ns(data), 8);
        return 0;
    case VMS_KIND_STRUCT:
        return vmstate_save_state(out, f->vmsd, data, errp);
    case VMS_KIND_UNUSED:
        for (size_t i = 0; i < size; i++) {
            put_number(out, 0, 1);
        }
        return 0;
    case VMS_KIND_CUSTOM:
        f->info->put(out, data, size, f);
        return 0;
    default:
        g_assert_not_reached();
    }
}

static int save_fields(GByteArray *out, const VMStateDescription *vmsd, void *opaque, Error **errp)
{
    int ret = 0;

    for (const VMStateField *f = vmsd->fields; f && f->kind != VMS_KIND_END && !ret; f++) {
        size_t n;

        if (!has_field(f, opaque, vmsd->version_id)) {
            continue;
        }
        n = element_count(f, opaque);
        if (f->flags & (VMS_VARRAY | VMS_VBUFFER)) {
            put_number(out, number_at(f, opaque), 4);
        }
        for (size_t i = 0; i < n && !ret; i++) {
            void *data = f->kind == VMS_KIND_UNUSED ? NULL : element(f, opaque, i);

            ret = save_element(out, f, data, element_size(f, opaque), errp);
        }
    }
    return ret;
}

static int save_subsections(GByteArray *out, const VMStateDescription *vmsd, void *opaque,
                            Error **errp)
{
    int ret = 0;

    for (size_t i = 0; !ret && vmsd->subsections && vmsd->subsections[i]; i++) {
        const VMStateDescription *sub = vmsd->subsections[i];

        if (sub->needed && !sub->needed(opaque)) {
            continue;
        }
        put_number(out, 1, 1);
        put_number(out, strlen(sub->name), 1);
        g_byte_array_append(out, (const guint8 *)sub->name, strlen(sub->name));
        ret = vmstate_save_state(out, sub, opaque, errp);
    }
    put_number(out, 0, 1);
    return ret;
}

int vmstate_save_state(GByteArray *out, const VMStateDescription *vmsd, void *opaque, Error **errp)
{
    int ret = vmsd->pre_save ? vmsd->pre_save(opaque) : 0;

    if (ret) {
        error_setg(errp, "pre-save failed: %s", vmsd->name);
        return ret;
    }
    put_number(out, vmsd->version_id, 4);
    ret = save_fields(out, vmsd, opaque, errp);
    if (!ret) {
        ret = save_subsections(out, vmsd, opaque, errp);
    }
    if (vmsd->post_save) {
        int post = vmsd->post_save(opaque);

        ret = ret ? ret : post;
    }
    return ret;
}

/* --- loading --- */

static int load_bool(VMStateReader *in, bool *data, Error **errp)
{
    uint64_t v;

    if (!get_number(in, 1, &v, errp)) {
        return -EINVAL;
    }
    if (v > 1) {
        error_setg(errp, "a boolean is neither 0 nor 1 at offset %zu", in->pos - 1);
        return -EINVAL;
    }
    *data = v;
    return 0;
}

static int load_timer(VMStateReader *in, QEMUTimer *ts, Error **errp)
{
    uint64_t v;

    if (!get_number(in, 8, &v, errp)) {
        return -EINVAL;
    }
    if ((int64_t)v < 0) {
        timer_del(ts);
    } else {
        timer_mod_ns(ts, (int64_t)v);
    }
    return 0;
}

static int load_element(VMStateReader *in, const VMStateField *f, void *data, size_t size,
                        Error **errp)
{
    uint64_t v;

    switch (f->kind) {
    case VMS_KIND_UINT:
    case VMS_KIND_INT:
    case VMS_KIND_FLOAT64:
        if (!get_number(in, size, &v, errp)) {
            return -EINVAL;
        }
        stn_he_p(data, (int)size, v);
        return 0;
    case VMS_KIND_BOOL:
        return load_bool(in, data, errp);
    case VMS_KIND_BUFFER:
        return get_bytes(in, data, size, errp) ? 0 : -EINVAL;
    case VMS_KIND_TIMER:
        return load_timer(in, data, errp);
    case VMS_KIND_STRUCT:
        return vmstate_load_state(in, f->vmsd, data, errp);
    case VMS_KIND_UNUSED:
        for (size_t i = 0; i < size; i++) {
            if (!get_number(in, 1, &v, errp)) {
                return -EINVAL;
            }
        }
        return 0;
    case VMS_KIND_CUSTOM:
        return f->info->get(in, data, size, f, errp);
    default:
        g_assert_not_reached();
    }
}

/* The stored number of elements or bytes must be what there is room for now. */
static bool check_count(VMStateReader *in, const VMStateField *f, void *opaque, Error **errp)
{
    size_t now = number_at(f, opaque);
    uint64_t stored;

    if (!get_number(in, 4, &stored, errp)) {
        return false;
    }
    if (stored != now || (f->num && now > f->num)) {
        error_setg(errp, "field '%s' has %" PRIu64 " elements, expected %zu", f->name, stored, now);
        return false;
    }
    return true;
}

static int load_fields(VMStateReader *in, const VMStateDescription *vmsd, void *opaque,
                       int version_id, Error **errp)
{
    int ret = 0;

    for (const VMStateField *f = vmsd->fields; f && f->kind != VMS_KIND_END && !ret; f++) {
        size_t n;

        if (!has_field(f, opaque, version_id)) {
            continue;
        }
        if ((f->flags & (VMS_VARRAY | VMS_VBUFFER)) && !check_count(in, f, opaque, errp)) {
            return -EINVAL;
        }
        n = element_count(f, opaque);
        for (size_t i = 0; i < n && !ret; i++) {
            void *data = f->kind == VMS_KIND_UNUSED ? NULL : element(f, opaque, i);

            ret = load_element(in, f, data, element_size(f, opaque), errp);
        }
    }
    return ret;
}

static const VMStateDescription *find_subsection(const VMStateDescription *vmsd, const char *name)
{
    for (size_t i = 0; vmsd->subsections && vmsd->subsections[i]; i++) {
        if (!strcmp(vmsd->subsections[i]->name, name)) {
            return vmsd->subsections[i];
        }
    }
    return NULL;
}

static int load_subsections(VMStateReader *in, const VMStateDescription *vmsd, void *opaque,
                            Error **errp)
{
    for (;;) {
        const VMStateDescription *sub;
        uint64_t more, len;
        char name[256];
        int ret;

        if (!get_number(in, 1, &more, errp)) {
            return -EINVAL;
        }
        if (!more) {
            return 0;
        }
        if (!get_number(in, 1, &len, errp) || !get_bytes(in, name, len, errp)) {
            return -EINVAL;
        }
        name[len] = 0;
        sub = find_subsection(vmsd, name);
        if (!sub) {
            error_setg(errp, "'%s' has no part '%s'", vmsd->name, name);
            return -ENOENT;
        }
        ret = vmstate_load_state(in, sub, opaque, errp);
        if (ret) {
            return ret;
        }
    }
}

int vmstate_load_state(VMStateReader *in, const VMStateDescription *vmsd, void *opaque,
                       Error **errp)
{
    ERRP_GUARD();
    uint64_t version;
    int ret = 0;

    if (!get_number(in, 4, &version, errp)) {
        return -EINVAL;
    }
    if (version > (uint64_t)vmsd->version_id || version < (uint64_t)vmsd->minimum_version_id) {
        error_setg(errp, "'%s' has version %" PRIu64 ", expected %d to %d", vmsd->name, version,
                   vmsd->minimum_version_id, vmsd->version_id);
        return -EINVAL;
    }
    if (vmsd->pre_load) {
        ret = vmsd->pre_load(opaque);
    }
    if (!ret) {
        ret = load_fields(in, vmsd, opaque, (int)version, errp);
    }
    if (!ret) {
        ret = load_subsections(in, vmsd, opaque, errp);
    }
    if (!ret && vmsd->post_load) {
        ret = vmsd->post_load(opaque, (int)version);
    }
    if (ret && !*errp) {
        error_setg(errp, "'%s' refuses the state", vmsd->name);
    }
    return ret;
}
