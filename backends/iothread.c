/*
 * -object iothread.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "qom/object_interfaces.h"
#include "system/iothread.h"

/* Properties about how to wait. The thread sleeps until there is work, whatever they are. */
typedef enum Tunable { POLL_MAX_NS, POLL_GROW, POLL_SHRINK, AIO_MAX_BATCH, NUM_TUNABLES } Tunable;
static const char *const tunables[NUM_TUNABLES] = {
    [POLL_MAX_NS] = "poll-max-ns", [POLL_GROW] = "poll-grow", [POLL_SHRINK] = "poll-shrink",
    [AIO_MAX_BATCH] = "aio-max-batch",
};

struct IOThread {
    Object parent_obj;

    WorkContext *context;
    unsigned users;
    int64_t values[NUM_TUNABLES];
};

WorkContext *iothread_use(IOThread *thread)
{
    if (!thread) {
        return NULL;
    }
    thread->users++;
    return thread->context;
}

void iothread_done(IOThread *thread)
{
    if (thread) {
        thread->users--;
    }
}

static int add_description(Object *obj, void *opaque)
{
    IOThread *thread = (IOThread *)object_dynamic_cast(obj, TYPE_IOTHREAD);
    g_autofree char *path = NULL;
    JsonObject *o;

    if (!thread) {
        return 0;
    }
    path = object_get_canonical_path(obj);
    o = json_object_new();
    json_object_set_string_member(o, "id", strrchr(path, '/') + 1);
    json_object_set_int_member(o, "thread-id", work_context_thread_id(thread->context));
    for (int i = 0; i < NUM_TUNABLES; i++) {
        json_object_set_int_member(o, tunables[i], thread->values[i]);
    }
    json_array_add_object_element(opaque, o);
    return 0;
}

JsonNode *iothread_query(void)
{
    JsonArray *list = json_array_new();
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);

    object_child_foreach(object_get_objects_root(), add_description, list);
    json_node_take_array(node, list);
    return node;
}

/* --- the object --- */

static Tunable which(const char *name)
{
    int i = 0;

    while (i < NUM_TUNABLES && !g_str_equal(tunables[i], name)) {
        i++;
    }
    assert(i < NUM_TUNABLES);
    return i;
}

static void get_tunable(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    qvalue_set_int(v, IOTHREAD(obj)->values[which(name)]);
}

static void set_tunable(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    int64_t value;

    if (qvalue_to_int(v, name, 0, INT64_MAX, &value, errp)) {
        IOTHREAD(obj)->values[which(name)] = value;
    }
}

/* The name of the thread is that of the object, as far as the kernel's 15 characters go. */
static void complete(UserCreatable *uc, Error **errp)
{
    g_autofree char *path = object_get_canonical_path(OBJECT(uc));
    g_autofree char *name = g_strdup_printf("IO %s", path ? strrchr(path, '/') + 1 : "thread");

    IOTHREAD(uc)->context = work_context_new(name);
}

static bool can_be_deleted(UserCreatable *uc)
{
    return IOTHREAD(uc)->users == 0;
}

static void init(Object *obj)
{
    IOTHREAD(obj)->values[POLL_MAX_NS] = 32768; /* what is said elsewhere, too */
}

static void finalize(Object *obj)
{
    g_clear_pointer(&IOTHREAD(obj)->context, work_context_free);
}

static void class_init(ObjectClass *oc, void *data)
{
    USER_CREATABLE_CLASS(oc)->complete = complete;
    USER_CREATABLE_CLASS(oc)->can_be_deleted = can_be_deleted;
    for (int i = 0; i < NUM_TUNABLES; i++) {
        object_class_property_add(oc, tunables[i], "int", get_tunable, set_tunable, NULL, NULL);
        object_class_property_set_description(oc, tunables[i], "Kept, and without effect");
    }
}

static const TypeInfo iothread_types[] = {
    {
        .name = TYPE_IOTHREAD,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(IOThread),
        .instance_init = init,
        .instance_finalize = finalize,
        .class_init = class_init,
        .interfaces = (InterfaceInfo[]){ { TYPE_USER_CREATABLE }, { NULL } },
    },
};

DEFINE_TYPES(iothread_types)
