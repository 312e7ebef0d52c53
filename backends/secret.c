/*
 * secret: bytes from a file or the command line, raw or in base64. A secret that is itself
 * encrypted with another one (keyid, iv) is refused.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qom/object_interfaces.h"
#include "system/secret.h"

/* A password or a key, not a file system. */
#define MAX_SECRET_BYTES (1024 * 1024)

OBJECT_DECLARE_SIMPLE_TYPE(Secret, SECRET)

struct Secret {
    Object parent_obj;

    char *data, *file; /* one of them */
    char *keyid, *iv;
    bool base64;
    GBytes *bytes;
};

GBytes *secret_lookup(const char *id, Error **errp)
{
    Object *obj = object_resolve_path_component(object_get_objects_root(), id);

    if (!obj || !object_dynamic_cast(obj, TYPE_SECRET)) {
        error_setg(errp, "no secret with id '%s' (see -object secret)", id);
        return NULL;
    }
    return g_bytes_ref(SECRET(obj)->bytes);
}

/* No more of the file than is allowed: it may be a device without an end. */
static GBytes *read_secret(Secret *s, Error **errp)
{
    g_autofree char *text = NULL;
    size_t len;
    FILE *f;
    bool failed;

    if (s->data) {
        return g_bytes_new(s->data, strlen(s->data));
    }
    f = fopen(s->file, "re");
    if (!f) {
        error_setg_errno(errp, errno, "secret: could not open '%s'", s->file);
        return NULL;
    }
    text = g_malloc(MAX_SECRET_BYTES + 1);
    len = fread(text, 1, MAX_SECRET_BYTES + 1, f);
    failed = ferror(f);
    if (failed) {
        error_setg_errno(errp, errno, "secret: could not read '%s'", s->file);
    } else if (len > MAX_SECRET_BYTES) {
        error_setg(errp, "secret: '%s' has more than %d bytes", s->file, MAX_SECRET_BYTES);
    }
    fclose(f);
    return failed || len > MAX_SECRET_BYTES ? NULL : g_bytes_new(text, len);
}

/* GLib's decoder leaves out what isn't base64: a damaged secret isn't another one. */
static GBytes *decode(GBytes *bytes, Error **errp)
{
    gsize len;
    const char *data = g_bytes_get_data(bytes, &len);
    g_autofree char *text = g_strndup(data ? data : "", len);
    bool fine = g_regex_match_simple("^([A-Za-z0-9+/]{4})*"
                                     "([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\\s*$", text, 0, 0);
    guchar *decoded;

    if (!fine) {
        error_setg(errp, "secret: format=base64, and it is no base64");
        return NULL;
    }
    decoded = g_base64_decode(text, &len);
    return g_bytes_new_take(decoded, len);
}

static void complete(UserCreatable *uc, Error **errp)
{
    Secret *s = SECRET(uc);
    g_autoptr(GBytes) raw = NULL;

    if (s->keyid || s->iv) {
        error_setg(errp, "secret: 'keyid' and 'iv' (an encrypted secret) are not supported yet");
        return;
    }
    if (!s->data == !s->file) {
        error_setg(errp, "secret: expected one of 'data' and 'file'");
        return;
    }
    raw = read_secret(s, errp);
    if (raw) {
        s->bytes = s->base64 ? decode(raw, errp) : g_bytes_ref(raw);
    }
}

/* Write-only: who may look at properties needn't know them. */
#define DEFINE_SETTER(member)                                                                      \
    static void set_##member(Object *obj, const char *value, Error **errp)                         \
    {                                                                                              \
        g_free(SECRET(obj)->member);                                                               \
        SECRET(obj)->member = g_strdup(value);                                                     \
    }
DEFINE_SETTER(data)
DEFINE_SETTER(file)
DEFINE_SETTER(keyid)
DEFINE_SETTER(iv)

static char *get_format(Object *obj, Error **errp)
{
    return g_strdup(SECRET(obj)->base64 ? "base64" : "raw");
}

static void set_format(Object *obj, const char *value, Error **errp)
{
    if (strcmp(value, "raw") && strcmp(value, "base64")) {
        error_setg(errp, "Parameter 'format' does not accept value '%s': expected raw or base64",
                   value);
        return;
    }
    SECRET(obj)->base64 = *value == 'b';
}

static void finalize(Object *obj)
{
    Secret *s = SECRET(obj);

    if (s->data) {
        explicit_bzero(s->data, strlen(s->data));
    }
    g_free(s->data);
    g_free(s->file);
    g_free(s->keyid);
    g_free(s->iv);
    g_clear_pointer(&s->bytes, g_bytes_unref);
}

static void class_init(ObjectClass *oc, void *data)
{
    static const struct {
        const char *name;
        void (*set)(Object *obj, const char *value, Error **errp);
        const char *description;
    } properties[] = {
        { "data", set_data, "The secret itself (others see a command line)" },
        { "file", set_file, "The file that it is in" },
        { "keyid", set_keyid, "Not supported yet" },
        { "iv", set_iv, "Not supported yet" },
    };

    USER_CREATABLE_CLASS(oc)->complete = complete;
    for (size_t i = 0; i < ARRAY_SIZE(properties); i++) {
        object_class_property_add_str(oc, properties[i].name, NULL, properties[i].set);
        object_class_property_set_description(oc, properties[i].name, properties[i].description);
    }
    object_class_property_add_str(oc, "format", get_format, set_format);
    object_class_property_set_description(oc, "format", "raw or base64");
}

static const TypeInfo secret_types[] = {
    {
        .name = TYPE_SECRET,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(Secret),
        .instance_finalize = finalize,
        .class_init = class_init,
        .interfaces = (InterfaceInfo[]){ { TYPE_USER_CREATABLE }, { } },
    },
};

DEFINE_TYPES(secret_types)
