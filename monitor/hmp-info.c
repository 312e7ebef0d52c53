/*
 * What `info` answers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "accel/tcg/tcg-accel.h"
#include "core/cpu.h"
#include "hw/core/device-add.h"
#include "hw/intc/intc.h"
#include "hw/loader.h"
#include "hw/pci/pci.h"
#include "hw/usb/usb.h"
#include "monitor-internal.h"
#include "monitor/query.h"
#include "qmp.h"
#include "system/memory-query.h"
#include "qemu/units.h"

typedef struct PrintWork {
    void (*print)(CPUState *, FILE *);
    FILE *f;
} PrintWork;

static void do_print(CPUState *cpu, void *data)
{
    PrintWork *work = data;

    work->print(cpu, work->f);
}

/* Appends what a function prints to a FILE; it runs where the CPU's registers are all in place. */
static void append_printed(GString *out, CPUState *cpu, void (*print)(CPUState *, FILE *))
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    PrintWork work = { print, f };

    run_on_cpu(cpu, do_print, &work);
    fclose(f);
    g_string_append(out, text);
    free(text);
}

HMP_INFO(version)
{
    g_string_append(out, SYSEMU_VERSION "\n");
}

HMP_INFO(balloon)
{
    Error *err = NULL;
    g_autoptr(JsonNode) node = query_balloon(&err);

    if (!node) {
        g_string_append_printf(out, "%s\n", error_get_pretty(err));
        error_free(err);
        return;
    }
    g_string_append_printf(out, "balloon: actual=%" PRId64 "\n",
                           json_object_get_int_member(json_node_get_object(node), "actual") / MiB);
}

HMP_INFO(name)
{
    g_autoptr(JsonNode) node = query_name();
    JsonObject *o = json_node_get_object(node);

    if (json_object_has_member(o, "name")) {
        g_string_append_printf(out, "%s\n", json_object_get_string_member(o, "name"));
    }
}

HMP_INFO(status)
{
    g_autoptr(JsonNode) node = query_status();
    JsonObject *o = json_node_get_object(node);
    const char *state = json_object_get_string_member(o, "status");
    bool running = json_object_get_boolean_member(o, "running");

    g_string_append_printf(out, "VM status: %s%s", running ? "running" : "paused",
                           json_object_get_boolean_member(o, "singlestep") ? " (single step mode)"
                                                                           : "");
    if (!running && strcmp(state, "paused")) {
        g_string_append_printf(out, " (%s)", state);
    }
    g_string_append_c(out, '\n');
}

HMP_INFO(history)
{
    const char *line;

    for (unsigned i = 0; (line = readline_get_history(mon->rl, i)); i++) {
        g_string_append_printf(out, "%u: '%s'\n", i, line);
    }
}

HMP_INFO(log)
{
    g_autoptr(JsonNode) node = query_log();
    JsonArray *list = json_node_get_array(node);

    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *o = json_array_get_object_element(list, i);

        if (json_object_get_boolean_member(o, "enabled")) {
            g_string_append_printf(out, "%s\n", json_object_get_string_member(o, "name"));
        }
    }
}

HMP_INFO(uuid)
{
    g_autoptr(JsonNode) node = query_uuid();

    g_string_append_printf(out, "%s\n",
                           json_object_get_string_member(json_node_get_object(node), "UUID"));
}

/* ---- CPUs ---- */

HMP_INFO(cpus)
{
    CPUState *current = monitor_get_cpu(mon);
    g_autoptr(JsonNode) node = query_cpus_fast();
    JsonArray *list = json_node_get_array(node);

    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *o = json_array_get_object_element(list, i);
        int index = json_object_get_int_member(o, "cpu-index");

        g_string_append_printf(out, "%c CPU #%d: thread_id=%d\n",
                               current && index == current->cpu_index ? '*' : ' ', index,
                               (int)json_object_get_int_member(o, "thread-id"));
    }
}

HMP_INFO(vm_generation_id)
{
    Error *err = NULL;
    g_autoptr(JsonNode) node = query_vm_generation_id(&err);

    if (!node) {
        g_string_append_printf(out, "Error: %s\n", error_get_pretty(err));
        error_free(err);
        return;
    }
    g_string_append_printf(out, "%s\n",
                           json_object_get_string_member(json_node_get_object(node), "guid"));
}

HMP_INFO(hotpluggable_cpus)
{
    static const char *const ids[] = { "socket-id", "core-id", "thread-id" };
    Error *err = NULL;
    g_autoptr(JsonNode) node = query_hotpluggable_cpus(&err);
    JsonArray *list = node ? json_node_get_array(node) : NULL;

    if (!list) {
        g_string_append_printf(out, "Error: %s\n", error_get_pretty(err));
        error_free(err);
        return;
    }
    g_string_append(out, "Hotpluggable CPUs:\n");
    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *o = json_array_get_object_element(list, i);
        JsonObject *props = json_object_get_object_member(o, "props");

        g_string_append_printf(out, "  type: \"%s\"\n  vcpus_count: \"%d\"\n",
                               json_object_get_string_member(o, "type"),
                               (int)json_object_get_int_member(o, "vcpus-count"));
        if (json_object_has_member(o, "qom-path")) {
            g_string_append_printf(out, "  qom_path: \"%s\"\n",
                                   json_object_get_string_member(o, "qom-path"));
        }
        g_string_append(out, "  CPUInstance Properties:\n");
        for (size_t n = 0; n < ARRAY_SIZE(ids); n++) {
            g_string_append_printf(out, "    %s: \"%d\"\n", ids[n],
                                   (int)json_object_get_int_member(props, ids[n]));
        }
    }
}

static void print_registers(CPUState *cpu, FILE *f)
{
    fprintf(f, "\nCPU#%d\n", cpu->cpu_index);
    if (CPU_GET_CLASS(cpu)->dump_state) {
        CPU_GET_CLASS(cpu)->dump_state(cpu, f, CPU_DUMP_FPU);
    }
}

HMP_INFO(registers)
{
    int vcpu = hmp_arg_int(args, "vcpu", -1);
    CPUState *cpu = vcpu >= 0 ? qemu_get_cpu(vcpu) : monitor_get_cpu(mon);

    if (hmp_arg_bool(args, "cpustate_all")) {
        CPU_FOREACH(cpu) {
            append_printed(out, cpu, print_registers);
        }
    } else if (cpu) {
        append_printed(out, cpu, print_registers);
    } else if (vcpu >= 0) {
        g_string_append_printf(out, "CPU#%d not available\n", vcpu);
    } else {
        g_string_append(out, "No CPU available\n");
    }
}

static void print_mmu(CPUState *cpu, FILE *f)
{
    if (CPU_GET_CLASS(cpu)->dump_mmu) {
        CPU_GET_CLASS(cpu)->dump_mmu(cpu, f);
    } else {
        fprintf(f, "This CPU model doesn't show its translation tables\n");
    }
}

HMP_INFO(tlb)
{
    CPUState *cpu = monitor_get_cpu(mon);

    if (cpu) {
        append_printed(out, cpu, print_mmu);
    } else {
        g_string_append(out, "No CPU available\n");
    }
}

static void print_interrupts(CPUState *cpu, FILE *f)
{
    if (!CPU_GET_CLASS(cpu)->dump_interrupts || !CPU_GET_CLASS(cpu)->dump_interrupts(cpu, f)) {
        fprintf(f, "This CPU has no local APIC\n");
    }
}

static CPUState *cpu_by_apic_id(int64_t id)
{
    CPUState *cpu;

    CPU_FOREACH(cpu) {
        if (object_property_find(OBJECT(cpu), "apic-id") &&
            object_property_get_uint(OBJECT(cpu), "apic-id", NULL) == (uint64_t)id) {
            return cpu;
        }
    }
    return NULL;
}

HMP_INFO(lapic)
{
    int id = hmp_arg_int(args, "apic-id", -1);
    CPUState *cpu = id >= 0 ? cpu_by_apic_id(id) : monitor_get_cpu(mon);

    if (cpu) {
        append_printed(out, cpu, print_interrupts);
    } else {
        g_string_append(out, "No CPU available\n");
    }
}

HMP_INFO(jit)
{
    dump_jit_info(out);
}

/* ---- Memory, images, devices ---- */

static void append_json(GString *out, JsonNode *node)
{
    g_autofree char *text = json_to_string(node, true);

    g_string_append_printf(out, "%s\n", text);
    json_node_unref(node);
}

static void mtree_why(const HMPArgs *args, GString *out)
{
    const char *space = hmp_arg_given(args, "space") ? hmp_arg_str(args, "space") : "memory";
    AddressSpace *as = address_space_by_name(space);
    hwaddr addr = hmp_arg_int(args, "addr", 0);

    if (!hmp_arg_given(args, "addr")) {
        g_string_append(out, "info mtree why: expected an address\n");
    } else if (!as) {
        g_string_append_printf(out, "There is no address space '%s' (info mtree names them)\n",
                               space);
    } else if (hmp_arg_bool(args, "json")) {
        append_json(out, memory_query_why(as, addr));
    } else {
        memory_print_why(as, addr, out);
    }
}

/* `info mtree why ADDR` and `info mtree overlaps`; false: neither. */
static bool mtree_question(const HMPArgs *args, GString *out)
{
    const char *what = hmp_arg_str(args, "what");

    if (!what) {
        return false;
    }
    if (!strcmp(what, "why")) {
        mtree_why(args, out);
    } else if (strcmp(what, "overlaps")) {
        g_string_append_printf(out, "info mtree: expected 'why' or 'overlaps', not '%s'\n", what);
    } else if (hmp_arg_bool(args, "json")) {
        append_json(out, memory_query_overlaps());
    } else {
        memory_print_overlaps(out);
    }
    return true;
}

HMP_INFO(mtree)
{
    if (mtree_question(args, out)) {
        return;
    }
    if (hmp_arg_bool(args, "json")) {
        append_json(out, memory_query_map());
        return;
    }
    mtree_info(hmp_arg_bool(args, "flatview"), hmp_arg_bool(args, "dispatch_tree"),
               hmp_arg_bool(args, "owner"), hmp_arg_bool(args, "disabled"), out);
}

HMP_INFO(ramblock)
{
    memory_print_ramblocks(out);
}

HMP_INFO(roms)
{
    rom_print(out);
}

HMP_INFO(qtree)
{
    qdev_print_tree(out);
}

HMP_INFO(qdm)
{
    qdev_print_device_list(out);
}

HMP_INFO(pci)
{
    pci_print_info(out);
}

HMP_INFO(usb)
{
    usb_print_info(out);
}

static int print_pic(Object *obj, void *opaque)
{
    GString *out = opaque;
    InterruptStatsProviderClass *k;

    if (!object_dynamic_cast(obj, TYPE_INTERRUPT_STATS_PROVIDER)) {
        return 0;
    }
    k = INTERRUPT_STATS_PROVIDER_GET_CLASS(obj);
    if (k->print_info) {
        k->print_info(INTERRUPT_STATS_PROVIDER(obj), out);
    } else {
        g_string_append_printf(out, "Interrupt controller information not available for %s.\n",
                               object_get_typename(obj));
    }
    return 0;
}

HMP_INFO(pic)
{
    object_child_foreach_recursive(object_get_root(), print_pic, out);
}

static int print_irq(Object *obj, void *opaque)
{
    GString *out = opaque;
    InterruptStatsProviderClass *k;
    uint64_t *counts;
    unsigned n;

    if (!object_dynamic_cast(obj, TYPE_INTERRUPT_STATS_PROVIDER)) {
        return 0;
    }
    k = INTERRUPT_STATS_PROVIDER_GET_CLASS(obj);
    if (!k->get_statistics ||
        !k->get_statistics(INTERRUPT_STATS_PROVIDER(obj), &counts, &n)) {
        g_string_append_printf(out, "IRQ statistics not available for %s.\n",
                               object_get_typename(obj));
        return 0;
    }
    g_string_append_printf(out, "IRQ statistics for %s:\n", object_get_typename(obj));
    for (unsigned i = 0; i < n; i++) {
        if (counts[i]) {
            g_string_append_printf(out, "%2u: %" PRIu64 "\n", i, counts[i]);
        }
    }
    return 0;
}

HMP_INFO(irq)
{
    object_child_foreach_recursive(object_get_root(), print_irq, out);
}

HMP_INFO(chardev)
{
    g_autoptr(JsonNode) node = query_chardev();
    JsonArray *list = json_node_get_array(node);

    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *o = json_array_get_object_element(list, i);

        g_string_append_printf(out, "%s: filename=%s\n", json_object_get_string_member(o, "label"),
                               json_object_get_string_member(o, "filename"));
    }
}
