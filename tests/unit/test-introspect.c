/*
 * Every type that there is can be asked what it is, without a machine.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/boards.h"
#include "hw/core/device-add.h"
#include "hw/qdev-core.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qom/object_interfaces.h"
#include "system/address-spaces.h"

/* Reads all properties of a new object: one whose value isn't there yet says so and no more. */
static void look_at(const char *type)
{
    g_autoptr(Object) obj = object_new(type);
    ObjectPropertyIterator iter;
    ObjectProperty *prop;

    object_property_iter_init(&iter, obj);
    while ((prop = object_property_iter_next(&iter))) {
        if (prop->get) {
            g_free(object_property_print(obj, prop->name, true, NULL));
        }
        g_assert_nonnull(prop->type);
    }
}

static void look_at_all(const char *of_type)
{
    GSList *list = object_class_get_list_sorted(of_type, false);

    g_assert_nonnull(list);
    for (GSList *l = list; l; l = l->next) {
        look_at(object_class_get_name(l->data));
    }
    g_slist_free(list);
}

static void test_devices(void)
{
    GSList *list = object_class_get_list_sorted(TYPE_DEVICE, true);

    look_at_all(TYPE_DEVICE);
    for (GSList *l = list; l; l = l->next) {
        g_autofree char *text = g_strconcat(object_class_get_name(l->data), ",help", NULL);
        g_autoptr(GString) out = g_string_new(NULL);

        g_assert_true(device_help(text, out, &error_abort));
        g_assert_nonnull(strstr(out->str, object_class_get_name(l->data)));
    }
    g_slist_free(list);
}

static void test_machines(void)
{
    look_at_all(TYPE_MACHINE);
}

static void test_objects(void)
{
    GSList *list = object_class_get_list_sorted(TYPE_USER_CREATABLE, false);

    for (GSList *l = list; l; l = l->next) {
        g_autofree char *text = g_strconcat(object_class_get_name(l->data), ",help", NULL);
        g_autofree char *help = user_creatable_help(text);

        look_at(object_class_get_name(l->data));
        g_assert_nonnull(strstr(help, object_class_get_name(l->data)));
    }
    g_slist_free(list);
}

/* What boards set is checked where it is set: a description never stays empty. */
static void test_machines_say_what_they_are(void)
{
    GSList *list = machine_class_list(NULL);

    for (GSList *l = list; l; l = l->next) {
        MachineClass *mc = l->data;

        g_assert_cmpstr(mc->desc, !=, NULL);
        g_assert_cmpint(mc->min_cpus, <=, mc->default_cpus);
        g_assert_cmpint(mc->default_cpus, <=, mc->max_cpus);
    }
    g_slist_free(list);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qemu_init_main_loop(&error_abort);
    module_call_init(MODULE_INIT_QOM);
    memory_map_init();
    g_test_add_func("/introspect/every-device", test_devices);
    g_test_add_func("/introspect/every-machine", test_machines);
    g_test_add_func("/introspect/every-user-creatable-object", test_objects);
    g_test_add_func("/introspect/machines-say-what-they-are", test_machines_say_what_they_are);
    return g_test_run();
}
