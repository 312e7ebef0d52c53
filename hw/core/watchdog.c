/*
 * What a watchdog does: see hw/core/watchdog.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/core/watchdog.h"
#include "hw/nmi.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "system/events.h"
#include "system/runstate.h"

static void reset(const char *who)
{
    g_autofree char *why = g_strdup_printf("the watchdog %s has run out", who);

    qemu_system_reset_request_because(SHUTDOWN_CAUSE_GUEST_RESET, g_intern_string(why));
}

static void ask_to_power_down(const char *who)
{
    qemu_system_powerdown_request();
}

static void power_off(const char *who)
{
    qemu_system_shutdown_request(SHUTDOWN_CAUSE_GUEST_SHUTDOWN);
}

static void pause_machine(const char *who)
{
    qemu_system_vmstop_request(RUN_STATE_WATCHDOG);
}

static void report(const char *who)
{
    error_report("watchdog: %s: timer fired", who);
}

static void do_nothing(const char *who)
{
}

static void inject_nmi(const char *who)
{
    Error *err = NULL;

    nmi_monitor_handle(0, &err);
    if (err) {
        error_report_err(err);
    }
}

static const struct WatchdogWay {
    const char *name;
    void (*act)(const char *who);
} ways[] = {
    { "reset", reset },        { "shutdown", ask_to_power_down }, { "poweroff", power_off },
    { "pause", pause_machine }, { "debug", report },              { "none", do_nothing },
    { "inject-nmi", inject_nmi },
};
static const struct WatchdogWay *chosen = ways;

bool watchdog_set_action(const char *name, Error **errp)
{
    for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
        if (g_str_equal(name, ways[i].name)) {
            chosen = &ways[i];
            return true;
        }
    }
    error_setg(errp, "Unknown -watchdog-action parameter '%s': expected reset, shutdown, poweroff, "
                     "pause, debug, none or inject-nmi", name);
    return false;
}

void watchdog_perform_action(const char *who)
{
    JsonObject *data = json_object_new();

    json_object_set_string_member(data, "action", chosen->name);
    event_send("WATCHDOG", data);
    chosen->act(who);
}
