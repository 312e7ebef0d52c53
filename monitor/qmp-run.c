/*
 * QMP commands about the session and the machine as a whole: handshake, running and stopping,
 * memory to files, the human's commands.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/cpu.h"
#include "hw/core/watchdog.h"
#include "hw/nmi.h"
#include "monitor/query.h"
#include "qmp.h"
#include "system/runstate.h"

QMP_CMD(capabilities)
{
    JsonArray *enable = qmp_has(call, "enable")
                            ? json_object_get_array_member(call->args, "enable") : NULL;

    /* oob is the only capability */
    qmp_session_negotiate(call->session, enable && json_array_get_length(enable) > 0);
    return NULL;
}

QMP_CMD(quit)
{
    shutdown_action = SHUTDOWN_ACTION_POWEROFF;
    qemu_system_shutdown_request(SHUTDOWN_CAUSE_HOST_QMP_QUIT);
    return NULL;
}

QMP_CMD(stop)
{
    vm_stop(RUN_STATE_PAUSED);
    return NULL;
}

QMP_CMD(cont)
{
    monitor_cont(errp);
    return NULL;
}

QMP_CMD(system_reset)
{
    qemu_system_reset_request(SHUTDOWN_CAUSE_HOST_QMP_SYSTEM_RESET);
    return NULL;
}

QMP_CMD(system_powerdown)
{
    qemu_system_powerdown_request();
    return NULL;
}

QMP_CMD(system_wakeup)
{
    qemu_system_wakeup_request(QEMU_WAKEUP_REASON_OTHER, errp);
    return NULL;
}

QMP_CMD(inject_nmi)
{
    nmi_monitor_handle(0, errp);
    return NULL;
}

QMP_CMD(set_action)
{
    for (int i = 0; qmp_has(call, "panic") && i < PANIC_ACTION__MAX; i++) {
        if (g_str_equal(qmp_str(call, "panic"), panic_action_names[i])) {
            panic_action = i;
        }
    }
    if (qmp_has(call, "watchdog") && !watchdog_set_action(qmp_str(call, "watchdog"), errp)) {
        return NULL;
    }
    if (qmp_has(call, "reboot")) {
        reboot_action = g_str_equal(qmp_str(call, "reboot"), "reset") ? REBOOT_ACTION_RESET
                                                                      : REBOOT_ACTION_SHUTDOWN;
    }
    if (qmp_has(call, "shutdown")) {
        shutdown_action = g_str_equal(qmp_str(call, "shutdown"), "pause")
                              ? SHUTDOWN_ACTION_PAUSE : SHUTDOWN_ACTION_POWEROFF;
    }
    return NULL;
}

/* ---- Memory to files ---- */

/* The CPU that an argument names, or the first; NULL with *errp set if there is none. */
static CPUState *chosen_cpu(const QmpCall *call, Error **errp)
{
    int64_t index = qmp_int(call, "cpu-index", 0);
    CPUState *cpu = index >= 0 && index <= INT_MAX ? qemu_get_cpu(index) : NULL;

    if (!cpu && qmp_has(call, "cpu-index")) {
        error_setg(errp, "Parameter 'cpu-index' expects a CPU number: there is no CPU %" PRId64,
                   index);
    } else if (!cpu) {
        error_setg(errp, "No CPU available");
    }
    return cpu;
}

static void save_memory(QmpCall *call, CPUState *cpu, Error **errp)
{
    MonitorJob *job = monitor_save_job(cpu, qmp_int(call, "val", 0), qmp_int(call, "size", 0),
                                       qmp_str(call, "filename"), errp);

    if (job) {
        qmp_run_job(call, job);
    }
}

QMP_CMD(memsave)
{
    CPUState *cpu = chosen_cpu(call, errp);

    if (cpu) {
        save_memory(call, cpu, errp);
    }
    return NULL;
}

QMP_CMD(pmemsave)
{
    save_memory(call, NULL, errp);
    return NULL;
}

QMP_CMD(dump_guest_memory)
{
    const char *protocol = qmp_str(call, "protocol"), *format = qmp_str(call, "format");
    const DumpRequest request = {
        .filename = protocol + strlen("file:"),
        .paging = qmp_bool(call, "paging", false),
        .have_begin = qmp_has(call, "begin"),
        .have_length = qmp_has(call, "length"),
        .begin = qmp_int(call, "begin", 0),
        .length = qmp_int(call, "length", 0),
    };
    MonitorJob *job;

    if (!g_str_has_prefix(protocol, "file:")) {
        error_setg(errp, "Parameter 'protocol' expects 'file:' and a file's name");
    } else if (format && strcmp(format, "elf")) {
        error_setg(errp, "Parameter 'format': '%s' is not supported yet: only 'elf' is", format);
    } else if (qmp_bool(call, "detach", false)) {
        error_setg(errp, "Parameter 'detach': a dump in the background is not supported yet");
    } else if ((job = monitor_dump_job(QTAILQ_FIRST(&cpus), &request, errp))) {
        qmp_run_job(call, job);
    }
    return NULL;
}

JsonNode *query_dump_guest_memory_capability(void)
{
    JsonObject *o = json_object_new();
    JsonArray *formats = json_array_new();

    json_array_add_string_element(formats, "elf");
    json_object_set_array_member(o, "formats", formats);
    return qmp_object(o);
}

/* ---- The human's commands ---- */

/* Lines end as on a terminal. */
static JsonNode *terminal_text(const char *output)
{
    g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
    g_autofree char *text = g_strjoinv("\r\n", lines);

    return qmp_string(text);
}

typedef struct HumanCall {
    QmpCall *call;
    Monitor *mon; /* NULL: the command was over at once */
    char *output;
    bool cancelled;
} HumanCall;

static void human_done(void *opaque, char *output, int cpu_index)
{
    HumanCall *h = opaque;

    if (!h->call->later) {
        h->output = output;
        return;
    }
    if (!h->cancelled) {
        qmp_done(h->call, terminal_text(output), NULL);
    }
    g_free(output);
    g_free(h);
}

static void human_cancel(QmpCall *call)
{
    HumanCall *h = call->opaque;

    h->cancelled = true;
    monitor_cancel_line(h->mon);
}

QMP_CMD(human_monitor_command)
{
    CPUState *cpu = qmp_has(call, "cpu-index") ? chosen_cpu(call, errp) : NULL;
    JsonNode *answer;
    HumanCall *h;

    if (qmp_has(call, "cpu-index") && !cpu) {
        return NULL;
    }
    h = g_new0(HumanCall, 1);
    h->call = call;
    h->mon = monitor_start_line(qmp_str(call, "command-line"), cpu ? cpu->cpu_index : 0,
                                human_done, h);
    if (h->mon) {
        qmp_later(call, human_cancel, h);
        return NULL;
    }
    answer = terminal_text(h->output);
    g_free(h->output);
    g_free(h);
    return answer;
}

/* What an `info` command prints, for those that have no data of their own yet. */
QMP_CMD(human_info)
{
    const char *topic = call->command->name + strlen("x-query-");
    g_autofree char *line = g_strdup_printf("info %s", topic);
    g_autofree char *text = NULL;
    JsonObject *o = json_object_new();

    if (g_str_equal(topic, "interrupt-controllers")) {
        g_free(line);
        line = g_strdup("info pic");
    }
    text = monitor_run_line(line, 0);
    json_object_set_string_member(o, "human-readable-text", text);
    return qmp_object(o);
}

QMP_CMD(watchdog_set_action)
{
    watchdog_set_action(qmp_str(call, "action"), errp);
    return NULL;
}

QMP_CMD(query_vm_generation_id)
{
    return query_vm_generation_id(errp);
}

QMP_CMD(query_hotpluggable_cpus)
{
    return query_hotpluggable_cpus(errp);
}
