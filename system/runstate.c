/*
 * Run state: running or stopped, requests to reset or end, the main loop around them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/cpu.h"
#include "qapi/error.h"
#include "qemu/atomic.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/queue.h"
#include "qemu/timer.h"
#include "system/cpus.h"
#include "system/events.h"
#include "system/reset.h"
#include "system/runstate.h"

static const char *const state_names[RUN_STATE__MAX] = {
    [RUN_STATE_DEBUG] = "debug",
    [RUN_STATE_INMIGRATE] = "inmigrate",
    [RUN_STATE_INTERNAL_ERROR] = "internal-error",
    [RUN_STATE_IO_ERROR] = "io-error",
    [RUN_STATE_PAUSED] = "paused",
    [RUN_STATE_POSTMIGRATE] = "postmigrate",
    [RUN_STATE_PRELAUNCH] = "prelaunch",
    [RUN_STATE_FINISH_MIGRATE] = "finish-migrate",
    [RUN_STATE_RESTORE_VM] = "restore-vm",
    [RUN_STATE_RUNNING] = "running",
    [RUN_STATE_SAVE_VM] = "save-vm",
    [RUN_STATE_SHUTDOWN] = "shutdown",
    [RUN_STATE_SUSPENDED] = "suspended",
    [RUN_STATE_WATCHDOG] = "watchdog",
    [RUN_STATE_GUEST_PANICKED] = "guest-panicked",
};

static const char *const cause_names[SHUTDOWN_CAUSE__MAX] = {
    [SHUTDOWN_CAUSE_NONE] = "none",
    [SHUTDOWN_CAUSE_HOST_ERROR] = "host-error",
    [SHUTDOWN_CAUSE_HOST_QMP_QUIT] = "host-qmp-quit",
    [SHUTDOWN_CAUSE_HOST_QMP_SYSTEM_RESET] = "host-qmp-system-reset",
    [SHUTDOWN_CAUSE_HOST_SIGNAL] = "host-signal",
    [SHUTDOWN_CAUSE_HOST_UI] = "host-ui",
    [SHUTDOWN_CAUSE_GUEST_SHUTDOWN] = "guest-shutdown",
    [SHUTDOWN_CAUSE_GUEST_RESET] = "guest-reset",
    [SHUTDOWN_CAUSE_GUEST_PANIC] = "guest-panic",
    [SHUTDOWN_CAUSE_SUBSYSTEM_RESET] = "subsystem-reset",
};

struct VMChangeStateEntry {
    VMChangeStateHandler *cb;
    void *opaque;
    int priority;
    QTAILQ_ENTRY(VMChangeStateEntry) node;
};

RebootAction reboot_action = REBOOT_ACTION_RESET;
ShutdownAction shutdown_action = SHUTDOWN_ACTION_POWEROFF;
void (*qemu_machine_reset_hook)(ShutdownCause reason);

static RunState current_state = RUN_STATE_PRELAUNCH;
static QTAILQ_HEAD(VMStateHandlers, VMChangeStateEntry)
    state_handlers = QTAILQ_HEAD_INITIALIZER(state_handlers);
static NotifierList powerdown_notifiers = NOTIFIER_LIST_INITIALIZER(powerdown_notifiers);
static NotifierList shutdown_notifiers = NOTIFIER_LIST_INITIALIZER(shutdown_notifiers);
static NotifierList suspend_notifiers = NOTIFIER_LIST_INITIALIZER(suspend_notifiers);
static NotifierList wakeup_notifiers = NOTIFIER_LIST_INITIALIZER(wakeup_notifiers);

/* Requests: written by any thread or a signal handler, taken by the main loop. */
static int reset_requested;    /* ShutdownCause */
static int shutdown_requested; /* ShutdownCause */
static const char *reset_why;  /* static text; NULL: the cause says it all */
static int reset_refused;      /* -no-reboot: the ShutdownCause of a reset that became an end */
static int shutdown_exit_code;
static int powerdown_requested;
static int suspend_requested;
static int wakeup_requested; /* WakeupReason */
static uint32_t wakeup_enabled = ~(1u << QEMU_WAKEUP_REASON_NONE);
static int debug_requested;
static int vmstop_requested = -1; /* RunState */
static int kill_signal;
static pid_t kill_pid;

bool runstate_check(RunState state)
{
    return current_state == state;
}

void runstate_set(RunState new_state)
{
    current_state = new_state;
}

RunState runstate_get(void)
{
    return current_state;
}

bool runstate_is_running(void)
{
    return runstate_check(RUN_STATE_RUNNING);
}

bool runstate_needs_reset(void)
{
    return runstate_check(RUN_STATE_INTERNAL_ERROR) || runstate_check(RUN_STATE_SHUTDOWN);
}

const char *RunState_str(RunState state)
{
    return state_names[state];
}

VMChangeStateEntry *qemu_add_vm_change_state_handler_prio(VMChangeStateHandler *cb, void *opaque,
                                                          int priority)
{
    VMChangeStateEntry *e = g_new0(VMChangeStateEntry, 1), *other;

    e->cb = cb;
    e->opaque = opaque;
    e->priority = priority;
    QTAILQ_FOREACH(other, &state_handlers, node) {
        if (other->priority > priority) {
            QTAILQ_INSERT_BEFORE(other, e, node);
            return e;
        }
    }
    QTAILQ_INSERT_TAIL(&state_handlers, e, node);
    return e;
}

VMChangeStateEntry *qemu_add_vm_change_state_handler(VMChangeStateHandler *cb, void *opaque)
{
    return qemu_add_vm_change_state_handler_prio(cb, opaque, 0);
}

void qemu_del_vm_change_state_handler(VMChangeStateEntry *e)
{
    QTAILQ_REMOVE(&state_handlers, e, node);
    g_free(e);
}

void vm_state_notify(bool running, RunState state)
{
    VMChangeStateEntry *e, *next;

    if (running) {
        QTAILQ_FOREACH_SAFE(e, &state_handlers, node, next) {
            e->cb(e->opaque, running, state);
        }
    } else {
        for (e = QTAILQ_LAST(&state_handlers, VMStateHandlers); e; e = next) {
            next = QTAILQ_PREV(e, VMStateHandlers, node);
            e->cb(e->opaque, running, state);
        }
    }
}

void vm_start(void)
{
    if (runstate_is_running()) {
        return;
    }
    event_send("RESUME", NULL);
    runstate_set(RUN_STATE_RUNNING);
    cpu_enable_ticks();
    vm_state_notify(true, RUN_STATE_RUNNING);
    cpus_set_vm_running(true);
    resume_all_vcpus();
}

/* One that is stopped only for a while, to be saved, stays so; whoever did that looks. */
static void do_vm_stop(RunState state, bool tell)
{
    if (runstate_check(RUN_STATE_SAVE_VM)) {
        runstate_set(state);
        vm_state_notify(false, state);
    }
    if (!runstate_is_running()) {
        return;
    }
    pause_all_vcpus();
    cpus_set_vm_running(false);
    cpu_disable_ticks();
    runstate_set(state);
    vm_state_notify(false, state);
    if (tell) {
        event_send("STOP", NULL);
    }
}

int vm_stop(RunState state)
{
    if (current_cpu && qemu_cpu_is_self(current_cpu)) {
        qemu_system_vmstop_request(state);
        cpu_stop_current();
        return 0;
    }
    do_vm_stop(state, true);
    return 0;
}

/* SHUTDOWN has been told. */
int vm_shutdown(void)
{
    do_vm_stop(RUN_STATE_SHUTDOWN, false);
    return 0;
}

/* ---- Requests ---- */

void qemu_system_reset_request(ShutdownCause reason)
{
    qemu_system_reset_request_because(reason, NULL);
}

void qemu_system_reset_request_because(ShutdownCause reason, const char *why)
{
    qatomic_set(&reset_why, why);
    if (reboot_action == REBOOT_ACTION_SHUTDOWN && reason != SHUTDOWN_CAUSE_SUBSYSTEM_RESET) {
        qatomic_set(&reset_refused, reason);
        qatomic_store_release(&shutdown_requested, reason);
    } else {
        qatomic_store_release(&reset_requested, reason);
    }
    if (current_cpu) {
        cpu_stop_current();
    }
    qemu_notify_event();
}

void qemu_system_shutdown_request_with_code(ShutdownCause reason, int exit_code)
{
    shutdown_exit_code = exit_code;
    qemu_system_shutdown_request(reason);
}

void qemu_system_shutdown_request(ShutdownCause reason)
{
    qatomic_set(&shutdown_requested, reason);
    if (current_cpu) {
        cpu_stop_current();
    }
    qemu_notify_event();
}

void qemu_system_powerdown_request(void)
{
    qatomic_set(&powerdown_requested, 1);
    qemu_notify_event();
}

void qemu_system_suspend_request(void)
{
    qatomic_set(&suspend_requested, 1);
    if (current_cpu) {
        cpu_stop_current();
    }
    qemu_notify_event();
}

void qemu_system_wakeup_request(WakeupReason reason, Error **errp)
{
    if (!runstate_check(RUN_STATE_SUSPENDED)) {
        error_setg(errp, "the guest isn't suspended: there is nothing to wake up");
    } else if (qatomic_read(&wakeup_enabled) >> reason & 1) {
        qatomic_set(&wakeup_requested, reason);
        qemu_notify_event();
    }
}

void qemu_system_wakeup_enable(WakeupReason reason, bool enabled)
{
    uint32_t bit = 1u << reason;

    qatomic_set(&wakeup_enabled, enabled ? wakeup_enabled | bit : wakeup_enabled & ~bit);
}

void qemu_register_suspend_notifier(Notifier *notifier)
{
    notifier_list_add(&suspend_notifiers, notifier);
}

void qemu_register_wakeup_notifier(Notifier *notifier)
{
    notifier_list_add(&wakeup_notifiers, notifier);
}

void qemu_system_vmstop_request(RunState reason)
{
    qatomic_set(&vmstop_requested, (int)reason);
    qemu_notify_event();
}

void qemu_system_debug_request(void)
{
    qatomic_set(&debug_requested, 1);
    qemu_notify_event();
}

void qemu_system_killed(int signal, pid_t pid)
{
    qatomic_set(&kill_pid, pid);
    qatomic_store_release(&kill_signal, signal); /* with its pid */
    qatomic_set(&shutdown_action, SHUTDOWN_ACTION_POWEROFF);
    qatomic_set(&shutdown_requested, SHUTDOWN_CAUSE_HOST_SIGNAL);
    qemu_notify_event();
}

const char *const panic_action_names[PANIC_ACTION__MAX] = { "pause", "shutdown", "exit-failure",
                                                            "none" };
PanicAction panic_action = PANIC_ACTION_SHUTDOWN;

static void tell_crash(const char *event, const char *action)
{
    JsonObject *data = json_object_new();

    json_object_set_string_member(data, "action", action);
    event_send(event, data);
}

void qemu_system_guest_panicked(void)
{
    PanicAction action = panic_action;

    if (action == PANIC_ACTION_SHUTDOWN && shutdown_action == SHUTDOWN_ACTION_PAUSE) {
        action = PANIC_ACTION_PAUSE;
    }
    if (action == PANIC_ACTION_NONE) {
        tell_crash("GUEST_PANICKED", "run");
    } else if (action == PANIC_ACTION_PAUSE) {
        tell_crash("GUEST_PANICKED", "pause");
        vm_stop(RUN_STATE_GUEST_PANICKED);
    } else {
        tell_crash("GUEST_PANICKED", "poweroff");
        qemu_system_shutdown_request_with_code(SHUTDOWN_CAUSE_GUEST_PANIC,
                                               action == PANIC_ACTION_EXIT_FAILURE);
    }
}

void qemu_system_guest_crashloaded(void)
{
    tell_crash("GUEST_CRASHLOADED", "run");
}

void qemu_register_powerdown_notifier(Notifier *notifier)
{
    notifier_list_add(&powerdown_notifiers, notifier);
}

void qemu_register_shutdown_notifier(Notifier *notifier)
{
    notifier_list_add(&shutdown_notifiers, notifier);
}

void qemu_system_reset(ShutdownCause reason)
{
    if (qemu_machine_reset_hook) {
        qemu_machine_reset_hook(reason);
    } else {
        qemu_devices_reset(reason);
    }
}

/* ---- The main loop ---- */

static void report_signal(void)
{
    g_autofree char *path = NULL, *name = NULL;
    int signal = qatomic_xchg(&kill_signal, 0);
    int pid = qatomic_read(&kill_pid);

    if (!signal) {
        return;
    }
    if (pid == 0) { /* from the terminal */
        error_report("terminating on signal %d", signal);
    } else {
        path = g_strdup_printf("/proc/%d/comm", pid);
        g_file_get_contents(path, &name, NULL, NULL);
        error_report("terminating on signal %d from pid %d (%s)", signal, pid,
                     name ? g_strchomp(name) : "<unknown process>");
    }
}

/* RESET and SHUTDOWN */
static void send_with_cause(const char *event, ShutdownCause cause)
{
    JsonObject *data = json_object_new();

    json_object_set_boolean_member(data, "guest", shutdown_caused_by_guest(cause));
    json_object_set_string_member(data, "reason", cause_names[cause]);
    event_send(event, data);
}

/* What the cause alone doesn't say, and why -no-reboot ends the machine. */
static void report_reset(ShutdownCause cause, bool refused)
{
    const char *why = qatomic_xchg(&reset_why, NULL);

    if (!why && refused) {
        why = cause == SHUTDOWN_CAUSE_GUEST_RESET ? "the guest has reset the machine"
                                                  : "a reset was asked for from outside";
    }
    if (why) {
        info_report("%s%s", why, refused ? ": ending, as -no-reboot says" : ": reset");
    }
}

/* True: the main loop is to end. */
static bool handle_shutdown(ShutdownCause cause)
{
    int refused = qatomic_xchg(&reset_refused, SHUTDOWN_CAUSE_NONE);

    report_signal();
    if (refused && (int)cause == refused) {
        report_reset(cause, true);
    }
    send_with_cause("SHUTDOWN", cause);
    notifier_list_notify(&shutdown_notifiers, &cause);
    if (shutdown_caused_by_guest(cause) &&
        qatomic_read(&shutdown_action) == SHUTDOWN_ACTION_PAUSE) {
        vm_stop(RUN_STATE_SHUTDOWN);
        return false;
    }
    return true;
}

static void handle_reset(ShutdownCause cause)
{
    report_reset(cause, false);
    pause_all_vcpus();
    qemu_log_forget_repeats();
    qemu_system_reset(cause);
    send_with_cause("RESET", cause);
    if (runstate_check(RUN_STATE_SUSPENDED)) {
        runstate_set(RUN_STATE_RUNNING);
        cpus_set_vm_running(true);
    }
    resume_all_vcpus();
    if (!runstate_is_running() && runstate_needs_reset()) {
        runstate_set(RUN_STATE_PRELAUNCH);
    }
}

/* Clocks and devices go on, so that something can wake it up. */
static void handle_suspend(void)
{
    if (!runstate_is_running()) {
        return;
    }
    pause_all_vcpus();
    cpus_set_vm_running(false);
    runstate_set(RUN_STATE_SUSPENDED);
    notifier_list_notify(&suspend_notifiers, NULL);
    event_send("SUSPEND", NULL);
}

static void handle_wakeup(WakeupReason reason)
{
    if (!runstate_check(RUN_STATE_SUSPENDED)) {
        return;
    }
    qemu_system_reset(SHUTDOWN_CAUSE_SUBSYSTEM_RESET);
    notifier_list_notify(&wakeup_notifiers, &reason);
    runstate_set(RUN_STATE_RUNNING);
    cpus_set_vm_running(true);
    resume_all_vcpus();
    event_send("WAKEUP", NULL);
}

static bool main_loop_should_exit(void)
{
    int request;

    if (qatomic_xchg(&debug_requested, 0)) {
        vm_stop(RUN_STATE_DEBUG);
    }
    request = qatomic_xchg(&shutdown_requested, SHUTDOWN_CAUSE_NONE);
    if (request && handle_shutdown(request)) {
        return true;
    }
    request = qatomic_xchg(&reset_requested, SHUTDOWN_CAUSE_NONE);
    if (request) {
        handle_reset(request);
    }
    if (qatomic_xchg(&powerdown_requested, 0)) {
        event_send("POWERDOWN", NULL);
        notifier_list_notify(&powerdown_notifiers, NULL);
    }
    if (qatomic_xchg(&suspend_requested, 0)) {
        handle_suspend();
    }
    request = qatomic_xchg(&wakeup_requested, QEMU_WAKEUP_REASON_NONE);
    if (request) {
        handle_wakeup(request);
    }
    request = qatomic_xchg(&vmstop_requested, -1);
    if (request >= 0) {
        vm_stop(request);
    }
    return false;
}

int qemu_shutdown_exit_code(void)
{
    return shutdown_exit_code;
}

int qemu_main_loop(void)
{
    while (!main_loop_should_exit()) {
        main_loop_wait(false);
    }
    return shutdown_exit_code;
}
