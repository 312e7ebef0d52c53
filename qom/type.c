/*
 * The type registry, classes and casts.
 *
 * A class starts as a copy of its parent's class, then class_init changes what differs. For each
 * interface that it implements, a class has an InterfaceClass of its own, which starts as a copy of
 * the parent's one.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "object-internal.h"

static GHashTable *type_table; /* name -> TypeImpl */

static void G_NORETURN G_GNUC_PRINTF(1, 2) type_fatal(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    abort();
}

void type_missing(const char *name, const char *what_for, const char *whose)
{
    /* Not error_report(): if a monitor command is running, its line would end with the program. */
    fprintf(stderr, "%s: unknown type '%s'", g_get_prgname() ? g_get_prgname() : "qom", name);
    if (whose) {
        fprintf(stderr, ", %s of '%s'", what_for, whose);
    }
    fprintf(stderr, ": no file of this build registers it\n");
    exit(1);
}

Type type_get_by_name(const char *name)
{
    return name && type_table ? g_hash_table_lookup(type_table, name) : NULL;
}

Type type_must_exist(const char *name)
{
    Type type = type_get_by_name(name);

    if (!type) {
        type_missing(name, NULL, NULL);
    }
    return type;
}

Type type_register(const TypeInfo *info)
{
    Type type;

    assert(info->name && "a type needs a name");
    if (type_get_by_name(info->name)) {
        type_fatal("Type '%s' is registered twice", info->name);
    }
    type = g_new0(TypeImpl, 1);
    type->info = *info;
    type->info.name = g_strdup(info->name);
    type->info.parent = g_strdup(info->parent);
    if (!type_table) {
        type_table = g_hash_table_new(g_str_hash, g_str_equal);
    }
    g_hash_table_insert(type_table, (gpointer)type->info.name, type);
    return type;
}

Type type_register_static(const TypeInfo *info)
{
    return type_register(info);
}

void type_register_static_array(const TypeInfo *infos, int nr_infos)
{
    for (int i = 0; i < nr_infos; i++) {
        type_register_static(&infos[i]);
    }
}

Type type_get_parent(Type type)
{
    if (!type->parent_known) {
        type->parent = type_get_by_name(type->info.parent);
        if (type->info.parent && !type->parent) {
            type_missing(type->info.parent, "the parent", type->info.name);
        }
        type->parent_known = true;
    }
    return type->parent;
}

bool type_is_a(Type type, Type target)
{
    for (Type t = type; t; t = type_get_parent(t)) {
        if (t == target) {
            return true;
        }
        for (const InterfaceInfo *i = t->info.interfaces; i && i->type; i++) {
            Type interface = type_get_by_name(i->type);

            if (interface && type_is_a(interface, target)) {
                return true;
            }
        }
    }
    return false;
}

/* Interfaces have no objects. */
static bool type_is_abstract(Type type)
{
    Type root = type;

    while (type_get_parent(root)) {
        root = type_get_parent(root);
    }
    return type->info.abstract || !strcmp(root->info.name, TYPE_INTERFACE);
}

/* --- classes --- */

/* A class that starts as a copy of another; what is found or made for each class is not copied. */
static void *copy_class(const void *from, size_t from_size, size_t size)
{
    ObjectClass *klass = g_malloc0(size);

    memcpy(klass, from, from_size);
    *klass = (ObjectClass){ .type = klass->type, .unparent = klass->unparent };
    return klass;
}

static void add_interface(ObjectClass *klass, InterfaceClass *from)
{
    size_t size = from->interface_type->class_size;
    InterfaceClass *ic = copy_class(from, size, size);

    ic->concrete_class = klass;
    klass->interfaces = g_slist_append(klass->interfaces, ic);
}

static bool implements_already(ObjectClass *klass, Type interface)
{
    for (GSList *l = klass->interfaces; l; l = l->next) {
        InterfaceClass *ic = l->data;

        if (type_is_a(ic->interface_type, interface)) {
            return true;
        }
    }
    return false;
}

static void init_interfaces(Type type, ObjectClass *parent_class)
{
    for (GSList *l = parent_class ? parent_class->interfaces : NULL; l; l = l->next) {
        add_interface(type->class, l->data);
    }
    for (const InterfaceInfo *i = type->info.interfaces; i && i->type; i++) {
        Type interface = type_get_by_name(i->type);

        if (!interface) {
            type_missing(i->type, "an interface", type->info.name);
        }
        type_initialize(interface);
        if (!implements_already(type->class, interface)) {
            ((InterfaceClass *)interface->class)->interface_type = interface;
            add_interface(type->class, (InterfaceClass *)interface->class);
        }
    }
}

static void compute_sizes(Type type, Type parent)
{
    const TypeInfo *info = &type->info;

    type->class_size = info->class_size;
    type->instance_size = info->instance_size;
    type->instance_align = info->instance_align;
    if (parent) {
        type->class_size = type->class_size ? type->class_size : parent->class_size;
        type->instance_size = type->instance_size ? type->instance_size : parent->instance_size;
        type->instance_align = MAX(type->instance_align, parent->instance_align);
        if (type->class_size < parent->class_size || type->instance_size < parent->instance_size) {
            type_fatal("Type '%s' is smaller than its parent '%s'", info->name, info->parent);
        }
    }
    type->class_size = MAX(type->class_size, sizeof(ObjectClass));
}

void type_initialize(Type type)
{
    Type parent;

    if (type->class) {
        return;
    }
    parent = type_get_parent(type);
    if (parent) {
        type_initialize(parent);
    }
    compute_sizes(type, parent);
    type->class = parent ? copy_class(parent->class, parent->class_size, type->class_size)
                         : g_malloc0(type->class_size);
    type->class->type = type;
    init_interfaces(type, parent ? parent->class : NULL);

    for (Type t = parent; t; t = type_get_parent(t)) {
        if (t->info.class_base_init) {
            t->info.class_base_init(type->class, type->info.class_data);
        }
    }
    if (type->info.class_init) {
        type->info.class_init(type->class, type->info.class_data);
    }
}

ObjectClass *object_class_by_name(const char *type_name)
{
    Type type = type_get_by_name(type_name);

    if (!type) {
        return NULL;
    }
    type_initialize(type);
    return type->class;
}

ObjectClass *object_class_get_parent(ObjectClass *klass)
{
    Type parent = type_get_parent(klass->type);

    if (!parent) {
        return NULL;
    }
    type_initialize(parent);
    return parent->class;
}

const char *object_class_get_name(ObjectClass *klass)
{
    return klass->type->info.name;
}

bool object_class_is_abstract(ObjectClass *klass)
{
    return type_is_abstract(klass->type);
}

/* --- casts --- */

static ObjectClass *find_interface(ObjectClass *klass, Type target)
{
    for (GSList *l = klass->interfaces; l; l = l->next) {
        InterfaceClass *ic = l->data;

        if (type_is_a(ic->interface_type, target)) {
            return &ic->parent_class;
        }
    }
    return NULL;
}

ObjectClass *object_class_dynamic_cast(ObjectClass *klass, const char *type_name)
{
    Type target;

    if (!klass) {
        return NULL;
    }
    if (klass->type->info.name == type_name) {
        return klass;
    }
    target = type_get_by_name(type_name);
    if (!target) {
        return NULL;
    }
    for (Type t = klass->type; t; t = type_get_parent(t)) {
        if (t == target) {
            return klass;
        }
    }
    return find_interface(klass, target);
}

Object *object_dynamic_cast(Object *obj, const char *type_name)
{
    return obj && object_class_dynamic_cast(obj->class, type_name) ? obj : NULL;
}

/*
 * A cast's type name is a literal: comparing its address with those of earlier casts nearly always
 * finds it.
 */
static bool is_known(const ObjectClass *klass, const char *type_name)
{
    bool found = false;

    for (size_t i = 0; i < ARRAY_SIZE(klass->known_casts) && !found; i++) {
        found = qatomic_read(&klass->known_casts[i]) == type_name;
    }
    return found;
}

static void make_known(ObjectClass *klass, const char *type_name)
{
    unsigned slot = qatomic_fetch_inc(&klass->next_known) % ARRAY_SIZE(klass->known_casts);

    qatomic_set(&klass->known_casts[slot], type_name);
}

/* klass as that type, which for an interface is another class. `what` is klass or its object. */
static ObjectClass *must_be(ObjectClass *klass, const char *type_name, const void *what,
                            const SourceSite *site)
{
    ObjectClass *as;

    if (is_known(klass, type_name)) {
        return klass;
    }
    as = object_class_dynamic_cast(klass, type_name);
    if (!as) {
        type_fatal("%s:%d:%s: %s %p of type '%s' is not an instance of type '%s'", site->file,
                   site->line, site->func, what == klass ? "Class" : "Object", what,
                   object_class_get_name(klass), type_name);
    }
    if (as == klass) {
        make_known(klass, type_name);
    }
    return as;
}

Object *object_cast(void *ptr, const char *type_name, const SourceSite *site)
{
    Object *obj = ptr;

    if (obj) {
        must_be(obj->class, type_name, obj, site);
    }
    return obj;
}

ObjectClass *object_class_cast(void *klass, const char *type_name, const SourceSite *site)
{
    return klass ? must_be(klass, type_name, klass, site) : NULL;
}

/* --- lists --- */

GSList *object_class_get_list(const char *implements_type, bool include_abstract)
{
    Type target = type_get_by_name(implements_type);
    GSList *list = NULL;
    GHashTableIter iter;
    gpointer value;

    if (implements_type && !target) {
        return NULL;
    }
    g_hash_table_iter_init(&iter, type_table);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Type type = value;

        if ((!target || type_is_a(type, target)) && (include_abstract || !type_is_abstract(type))) {
            list = g_slist_prepend(list, type);
        }
    }
    /* Classes are initialized only now: that may look up types. */
    for (GSList *l = list; l; l = l->next) {
        Type type = l->data;

        type_initialize(type);
        l->data = type->class;
    }
    return list;
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return strcasecmp(object_class_get_name((ObjectClass *)a),
                      object_class_get_name((ObjectClass *)b));
}

GSList *object_class_get_list_sorted(const char *implements_type, bool include_abstract)
{
    return g_slist_sort(object_class_get_list(implements_type, include_abstract), compare_names);
}

void object_class_foreach(void (*fn)(ObjectClass *klass, void *opaque), const char *implements_type,
                          bool include_abstract, void *opaque)
{
    GSList *list = object_class_get_list(implements_type, include_abstract);

    for (GSList *l = list; l; l = l->next) {
        fn(l->data, opaque);
    }
    g_slist_free(list);
}

/* --- the roots --- */

static char *object_get_type(Object *obj, Error **errp)
{
    return g_strdup(object_get_typename(obj));
}

static void object_class_init(ObjectClass *klass, void *data)
{
    object_class_property_add_str(klass, "type", object_get_type, NULL);
}

static const TypeInfo root_types[] = {
    { .name = TYPE_INTERFACE, .class_size = sizeof(InterfaceClass), .abstract = true },
    {
        .name = TYPE_OBJECT,
        .instance_size = sizeof(Object),
        .abstract = true,
        .class_init = object_class_init,
    },
    { .name = TYPE_CONTAINER, .parent = TYPE_OBJECT, .instance_size = sizeof(Object) },
};

DEFINE_TYPES(root_types)
