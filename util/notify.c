/*
 * Lists of callbacks, on GLib's hooks: those may come and go while they are being called.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/notify.h"

void notifier_list_init(NotifierList *list)
{
    g_hook_list_init(&list->hooks, sizeof(GHook));
}

void notifier_list_add(NotifierList *list, Notifier *notifier)
{
    assert(!notifier->hook && "a notifier is in one list");
    if (!list->hooks.is_setup) {
        notifier_list_init(list);
    }
    notifier->list = list;
    notifier->hook = g_hook_alloc(&list->hooks);
    notifier->hook->data = notifier;
    g_hook_prepend(&list->hooks, notifier->hook);
}

void notifier_remove(Notifier *notifier)
{
    GHook *hook = g_steal_pointer(&notifier->hook);

    if (hook) {
        g_hook_destroy_link(&notifier->list->hooks, hook);
    }
}

static void tell(GHook *hook, gpointer news)
{
    Notifier *who = hook->data;

    who->notify(who, news);
}

void notifier_list_notify(NotifierList *list, void *data)
{
    if (list->hooks.is_setup) {
        g_hook_list_marshal(&list->hooks, TRUE, tell, data);
    }
}

bool notifier_list_empty(NotifierList *list)
{
    GHook *any = list->hooks.is_setup ? g_hook_first_valid(&list->hooks, TRUE) : NULL;

    if (any) {
        g_hook_unref(&list->hooks, any);
    }
    return !any;
}
