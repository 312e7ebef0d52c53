/*
 * Is the machine running, stopped, being reset or going away?
 *
 * Requests (qemu_system_*_request) may come from any thread and take effect on the main loop;
 * everything else is called on the main loop's thread with the big lock held.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_RUNSTATE_H
#define SYSTEM_RUNSTATE_H

#include "qemu/osdep.h"
#include "qemu/notify.h"

typedef enum RunState {
    RUN_STATE_DEBUG,
    RUN_STATE_INMIGRATE,
    RUN_STATE_INTERNAL_ERROR,
    RUN_STATE_IO_ERROR,
    RUN_STATE_PAUSED,
    RUN_STATE_POSTMIGRATE,
    RUN_STATE_PRELAUNCH,
    RUN_STATE_FINISH_MIGRATE,
    RUN_STATE_RESTORE_VM,
    RUN_STATE_RUNNING,
    RUN_STATE_SAVE_VM,
    RUN_STATE_SHUTDOWN,
    RUN_STATE_SUSPENDED,
    RUN_STATE_WATCHDOG,
    RUN_STATE_GUEST_PANICKED,
    RUN_STATE__MAX,
} RunState;

typedef enum ShutdownCause {
    SHUTDOWN_CAUSE_NONE,
    SHUTDOWN_CAUSE_HOST_ERROR,
    SHUTDOWN_CAUSE_HOST_QMP_QUIT,
    SHUTDOWN_CAUSE_HOST_QMP_SYSTEM_RESET,
    SHUTDOWN_CAUSE_HOST_SIGNAL,
    SHUTDOWN_CAUSE_HOST_UI,
    SHUTDOWN_CAUSE_GUEST_SHUTDOWN,
    SHUTDOWN_CAUSE_GUEST_RESET,
    SHUTDOWN_CAUSE_GUEST_PANIC,
    SHUTDOWN_CAUSE_SUBSYSTEM_RESET,
    SHUTDOWN_CAUSE__MAX,
} ShutdownCause;

static inline bool shutdown_caused_by_guest(ShutdownCause cause)
{
    return cause >= SHUTDOWN_CAUSE_GUEST_SHUTDOWN;
}

bool runstate_check(RunState state);
void runstate_set(RunState new_state);
RunState runstate_get(void);
bool runstate_is_running(void);
/* The machine can't go on before a reset. */
bool runstate_needs_reset(void);
/* "running", "paused", ...: as `info status` prints it. */
const char *RunState_str(RunState state);

/* Called after each change between running and stopped, before CPUs start and after they have
 * stopped. */
typedef void VMChangeStateHandler(void *opaque, bool running, RunState state);
typedef struct VMChangeStateEntry VMChangeStateEntry;
VMChangeStateEntry *qemu_add_vm_change_state_handler(VMChangeStateHandler *cb, void *opaque);
/* Lower priorities are called first on start and last on stop; the plain call has priority 0. */
VMChangeStateEntry *qemu_add_vm_change_state_handler_prio(VMChangeStateHandler *cb, void *opaque,
                                                          int priority);
void qemu_del_vm_change_state_handler(VMChangeStateEntry *e);
void vm_state_notify(bool running, RunState state);

/* Lets the guest run / stops it; all CPUs are stopped on return. vm_stop(): 0, or -errno. From a
 * CPU's thread vm_stop() stops that CPU and has the main loop stop the rest. */
void vm_start(void);
int vm_stop(RunState state);
/* Stops and leaves the machine in RUN_STATE_SHUTDOWN on the way out. */
int vm_shutdown(void);

/* From any thread. */
void qemu_system_reset_request(ShutdownCause reason);
/* The same, and the user is told `why`, a text that stays: "the watchdog has run out". */
void qemu_system_reset_request_because(ShutdownCause reason, const char *why);
void qemu_system_shutdown_request(ShutdownCause reason);
void qemu_system_shutdown_request_with_code(ShutdownCause reason, int exit_code);
/* The status that the process will end with, as far as it is known. */
int qemu_shutdown_exit_code(void);
void qemu_system_powerdown_request(void);
/*
 * The guest has crashed: tells GUEST_PANICKED and does what panic_action says. Or it has, and a
 * program of its own sees to that: GUEST_CRASHLOADED. Big lock.
 */
void qemu_system_guest_panicked(void);
void qemu_system_guest_crashloaded(void);
void qemu_system_vmstop_request(RunState reason);
/* A CPU hit a breakpoint: stop for the debugger. */
void qemu_system_debug_request(void);
/* From a signal handler too. */
void qemu_system_killed(int signal, pid_t pid);

/*
 * Suspend to RAM, as the guest asks a board for: the CPUs stop, devices and clocks go on. A wake-up
 * resets the machine, RAM aside. Requests for a reason that isn't enabled, and of a machine that isn't
 * suspended, do nothing; *errp says so of the latter. From any thread.
 */
typedef enum WakeupReason {
    QEMU_WAKEUP_REASON_NONE,
    QEMU_WAKEUP_REASON_RTC,
    QEMU_WAKEUP_REASON_PMTIMER,
    QEMU_WAKEUP_REASON_OTHER,
} WakeupReason;
void qemu_system_suspend_request(void);
void qemu_system_wakeup_request(WakeupReason reason, Error **errp);
/* All but QEMU_WAKEUP_REASON_NONE are enabled at the start. With the big lock. */
void qemu_system_wakeup_enable(WakeupReason reason, bool enabled);
/* Called when all CPUs have stopped; when the machine has been reset, before they start: data is a
 * WakeupReason *. */
void qemu_register_suspend_notifier(Notifier *notifier);
void qemu_register_wakeup_notifier(Notifier *notifier);

void qemu_register_powerdown_notifier(Notifier *notifier);
void qemu_register_shutdown_notifier(Notifier *notifier);

/* Resets the whole machine now: the machine's reset, or every registered handler
 * (system/reset.h). */
void qemu_system_reset(ShutdownCause reason);
/* Set by the start-up code: how the current machine resets itself. NULL: qemu_devices_reset(). */
extern void (*qemu_machine_reset_hook)(ShutdownCause reason);

/* -no-reboot, -no-shutdown */
typedef enum RebootAction { REBOOT_ACTION_RESET, REBOOT_ACTION_SHUTDOWN } RebootAction;
typedef enum ShutdownAction { SHUTDOWN_ACTION_POWEROFF, SHUTDOWN_ACTION_PAUSE } ShutdownAction;
/* -action panic=: "shutdown" with shutdown_action "pause" is "pause". */
typedef enum PanicAction {
    PANIC_ACTION_PAUSE,
    PANIC_ACTION_SHUTDOWN,
    PANIC_ACTION_EXIT_FAILURE,
    PANIC_ACTION_NONE,
    PANIC_ACTION__MAX,
} PanicAction;
extern const char *const panic_action_names[PANIC_ACTION__MAX];
extern PanicAction panic_action;
extern RebootAction reboot_action;
extern ShutdownAction shutdown_action;

/* Serves the main loop until a shutdown request is granted; the exit status. */
int qemu_main_loop(void);

#endif
