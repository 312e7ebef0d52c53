/*
 * Monitor commands for watching the guest at work: trace points, one instruction at a time, NMI.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/cpu.h"
#include "exec/debug.h"
#include "hw/core/watchdog.h"
#include "hw/nmi.h"
#include "monitor-internal.h"
#include "monitor/query.h"
#include "qemu/error-report.h"
#include "qemu/trace.h"

static bool is_pattern(const char *name)
{
    return strpbrk(name, "*?") != NULL;
}

/* The names that match; NULL, with a message, if it is no pattern and nothing has that name. */
static GPtrArray *names_or_complain(const char *name, GString *out)
{
    g_autoptr(GPtrArray) names = trace_names(name);

    if (names->len == 0 && name && !is_pattern(name)) {
        g_string_append_printf(out, "unknown event \"%s\"\n", name);
        return NULL;
    }
    return g_steal_pointer(&names);
}

/* Trace points belong to the machine: the CPU is checked, and makes no difference. */
static bool check_vcpu(const HMPArgs *args, GString *out)
{
    int64_t index = hmp_arg_int(args, "vcpu", 0);

    if (hmp_arg_given(args, "vcpu") && !qemu_get_cpu(index)) {
        g_string_append_printf(out, "invalid vCPU index %" PRId64 "\n", index);
        return false;
    }
    return true;
}

HMP_CMD(trace_event)
{
    const char *name = hmp_arg_str(args, "name");
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GPtrArray) names = check_vcpu(args, out) ? names_or_complain(name, out) : NULL;

    if (names) {
        trace_set(name, hmp_arg_bool(args, "option"));
    }
    monitor_puts(mon, out->str);
}

HMP_INFO(trace_events)
{
    const char *name = hmp_arg_str(args, "name");
    g_autoptr(GPtrArray) names = check_vcpu(args, out) ? names_or_complain(name, out) : NULL;
    g_autoptr(JsonNode) node = query_trace_events(name);
    JsonArray *list = json_node_get_array(node);

    for (guint i = 0; names && i < json_array_get_length(list); i++) {
        JsonObject *o = json_array_get_object_element(list, i);

        g_string_append_printf(out, "%s : state %d\n", json_object_get_string_member(o, "name"),
                               g_str_equal(json_object_get_string_member(o, "state"), "enabled"));
    }
}

void complete_trace_names(GPtrArray *matches, const char *word)
{
    g_autoptr(GPtrArray) names = trace_names(NULL);

    for (guint i = 0; i < names->len; i++) {
        if (g_str_has_prefix(names->pdata[i], word)) {
            g_ptr_array_add(matches, g_strdup(names->pdata[i]));
        }
    }
}

HMP_CMD(singlestep)
{
    const char *option = hmp_arg_str(args, "option");

    if (!option || g_str_equal(option, "on")) {
        cpu_set_one_insn_blocks(true);
    } else if (g_str_equal(option, "off")) {
        cpu_set_one_insn_blocks(false);
    } else {
        monitor_printf(mon, "unexpected option %s\n", option);
    }
}

HMP_CMD(watchdog_action)
{
    Error *err = NULL;

    if (!watchdog_set_action(hmp_arg_str(args, "action"), &err)) {
        error_report_err(err);
    }
}

HMP_CMD(nmi)
{
    CPUState *cpu = monitor_get_cpu(mon);
    Error *err = NULL;

    nmi_monitor_handle(cpu ? cpu->cpu_index : 0, &err);
    if (err) {
        error_report_err(err);
    }
}
