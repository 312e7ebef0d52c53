/*
 * MachineClass: each field does what it says.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "block/block-int.h"
#include "hw/boards.h"
#include "hw/core/cpu.h"
#include "hw/core/numa.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qom/object_interfaces.h"
#include "system/address-spaces.h"

#define TYPE_M_CPU "machine-test-cpu"

static int inits, resets;

static void m_init(MachineState *ms)
{
    inits++;
    if (ms->ram) {
        memory_region_add_subregion(get_system_memory(), 0, ms->ram);
    }
}

static void m_reset(MachineState *ms, ShutdownCause reason)
{
    resets++;
}

static ram_addr_t m_fixup(MachineState *ms, ram_addr_t size, Error **errp)
{
    if (size > 64 * MiB) {
        error_setg(errp, "at most 64 MiB");
    }
    return ROUND_UP(size, MiB);
}

static GlobalProperty m_compat = { TYPE_M_CPU, "start-powered-off", "on" };
static const char *m_cpus[] = { TYPE_M_CPU, NULL };

static void machine_test_class(MachineClass *mc)
{
    mc->desc = "all fields set";
    mc->alias = "mt";
    mc->init = m_init;
    mc->reset = m_reset;
    mc->block_default_type = IF_VIRTIO;
    mc->units_per_default_bus = 3;
    mc->max_cpus = 8;
    mc->min_cpus = 2;
    mc->default_cpus = 4;
    mc->no_floppy = true;
    mc->default_machine_opts = "kernel=k.elf,graphics=off";
    mc->default_boot_order = "nc";
    mc->default_cpu_type = TYPE_M_CPU;
    mc->valid_cpu_types = m_cpus;
    mc->default_ram_size = 2 * MiB;
    mc->default_ram_id = "mt.ram";
    mc->fixup_ram_size = m_fixup;
    mc->numa_mem_supported = true;
    mc->ignore_memory_transaction_failures = true;
    mc->deprecation_reason = "of old age";
    g_ptr_array_add(mc->compat_props, &m_compat);
}
DEFINE_MACHINE("machine-test", machine_test_class)

/* Nothing but a name: makes its RAM itself, has all default drives. */
static MemoryRegion own_ram;

static void own_init(MachineState *ms)
{
    if (ms->kernel_filename) { /* "allocates" in the old way */
        memory_region_allocate_system_memory(&own_ram, NULL, "own.ram", ms->ram_size);
        ms->inputs_taken |= MACHINE_INPUT_KERNEL;
    }
}

static void own_class(MachineClass *mc)
{
    mc->desc = "a board of the old kind";
    mc->init = own_init;
    mc->default_ram_size = MiB;
    mc->block_default_type = IF_IDE;
}
DEFINE_MACHINE("machine-own", own_class)

static const TypeInfo cpu_info = { .name = TYPE_M_CPU, .parent = TYPE_CPU,
                                   .instance_size = sizeof(CPUState),
                                   .class_size = sizeof(CPUClass) };

static void register_cpu(void)
{
    type_register_static(&cpu_info);
}
type_init(register_cpu)

static void expect_error(Error **err, const char *message)
{
    g_assert_nonnull(*err);
    g_assert_cmpstr(error_get_pretty(*err), ==, message);
    g_clear_pointer(err, error_free);
}

static MachineState *machine_new(const char *name)
{
    g_autofree char *type = g_strconcat(name, TYPE_MACHINE_SUFFIX, NULL);
    MachineState *ms = MACHINE(object_new(type));

    object_property_add_child(object_get_root(), "tested[*]", OBJECT(ms));
    object_unref(ms);
    return ms;
}

static void machine_end(MachineState *ms)
{
    if (ms->ram && ms->ram->container) {
        memory_region_del_subregion(get_system_memory(), ms->ram);
    }
    if (ms->memdev) {
        host_memory_backend_set_mapped(ms->memdev, false);
    }
    user_creatable_del("mt.ram", NULL);
    current_machine = NULL;
    object_unparent(OBJECT(ms));
}

static void run_ok(MachineState *ms)
{
    g_assert_true(machine_run_board_init(ms, &error_abort));
}

static void run_fails(MachineState *ms, const char *message)
{
    Error *err = NULL;

    g_assert_false(machine_run_board_init(ms, &err));
    expect_error(&err, message);
}

/* --- what the board takes of what the user gave --- */

static void test_what_is_not_taken_is_refused(void)
{
    static const char *const names[] = { "initrd", "append", "dtb", "firmware" };
    static const char *const options[] = { "initrd", "append", "dtb", "bios" };
    static const unsigned bits[] = { MACHINE_INPUT_INITRD, MACHINE_INPUT_APPEND, MACHINE_INPUT_DTB,
                                     MACHINE_INPUT_FIRMWARE };

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        MachineState *ms = machine_new("machine-own");
        g_autofree char *message = g_strdup_printf(
            "The -%s parameter is not supported by machine 'machine-own'", options[i]);

        g_assert_true(object_property_set_str(OBJECT(ms), names[i], "x", &error_abort));
        run_fails(ms, message);
        ms->inputs_taken = bits[i];
        g_assert_true(machine_run_board_init(ms, &error_abort));
        machine_end(ms);
    }
}

/* --- names, defaults, limits --- */

static void test_names(void)
{
    MachineClass *mc = machine_class_find("mt", NULL);

    g_assert_cmpstr(mc->name, ==, "machine-test");
    g_assert_true(machine_class_find("machine-test", "anything") == mc);
}

static void test_defaults(void)
{
    MachineState *ms = machine_new("machine-test");

    g_assert_cmpstr(ms->boot_config.order, ==, "nc");
    g_assert_cmpstr(ms->cpu_type, ==, TYPE_M_CPU);
    g_assert_cmpuint(ms->ram_size, ==, 2 * MiB);
    g_assert_cmpuint(ms->smp.cpus, ==, 4);
    g_assert_true(machine_apply_default_opts(ms, &error_abort));
    g_assert_cmpstr(ms->kernel_filename, ==, "k.elf");
    g_assert_false(ms->enable_graphics);
    machine_end(ms);
}

static void test_bad_default_opts(void)
{
    MachineState *ms = machine_new("machine-own");
    MachineClass *mc = MACHINE_GET_CLASS(ms);
    Error *err = NULL;

    mc->default_machine_opts = "nope=1";
    g_assert_false(machine_apply_default_opts(ms, &err));
    expect_error(&err, "Property 'machine-own-machine.nope' not found");
    mc->default_machine_opts = NULL;
    machine_end(ms);
}

static void test_cpus(void)
{
    MachineState *ms = machine_new("machine-test");
    Error *err = NULL;

    g_assert_true(machine_parse_smp_config(ms, &(SMPConfiguration){ 0 }, &error_abort));
    g_assert_cmpuint(ms->smp.cpus, ==, 4);
    g_assert_false(machine_parse_smp_config(ms, &(SMPConfiguration){ .cpus = 1 }, &err));
    expect_error(&err, "Invalid SMP CPUs 1. The min CPUs supported by machine 'machine-test' is 2");
    g_assert_false(machine_parse_smp_config(ms, &(SMPConfiguration){ .cpus = 9 }, &err));
    expect_error(&err, "Invalid SMP CPUs 9. The max CPUs supported by machine 'machine-test' is 8");
    g_assert_false(machine_set_cpu_type(ms, TYPE_MACHINE, &err));
    expect_error(&err, "Invalid CPU model 'machine' for machine 'machine-test'");
    machine_end(ms);
}

static void test_init_and_reset(void)
{
    MachineState *ms = machine_new("machine-test");

    inits = resets = 0;
    run_ok(ms);
    g_assert_cmpint(inits, ==, 1);
    machine_reset(ms, SHUTDOWN_CAUSE_NONE);
    g_assert_cmpint(resets, ==, 1);
    machine_end(ms);
}

static void test_cpus_get_what_the_class_says(void)
{
    MachineState *ms = machine_new("machine-test");
    Object *cpu;

    object_set_machine_compat_props(MACHINE_GET_CLASS(ms)->compat_props);
    cpu = object_new(TYPE_M_CPU);
    g_assert_true(CPU(cpu)->start_powered_off); /* compat_props */
    DEVICE_GET_CLASS(cpu)->realize(DEVICE(cpu), &error_abort);
    run_ok(ms);
    g_assert_true(CPU(cpu)->ignore_memory_transaction_failures);
    DEVICE_GET_CLASS(cpu)->unrealize(DEVICE(cpu));
    object_unref(cpu);
    object_set_machine_compat_props(NULL);
    machine_end(ms);
}

static void test_deprecated(void)
{
    if (g_test_subprocess()) {
        machine_warn_if_deprecated(machine_class_find("machine-own", NULL));
        machine_warn_if_deprecated(machine_class_find("machine-test", NULL));
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("*warning: Machine type 'machine-test' is deprecated: of old age\n");
    g_test_trap_assert_stderr_unmatched("*machine-own*");
}

/* --- drives --- */

static void test_drive_places(void)
{
    DriveInfo *d;

    machine_setup_drives(machine_class_find("machine-test", NULL));
    d = drive_new_from_opts("index=4", &error_abort);
    g_assert_cmpint(d->type, ==, IF_VIRTIO);
    g_assert_cmpint(d->bus, ==, 1);
    g_assert_cmpint(d->unit, ==, 1);
    drive_forget_all();
    drive_set_units_per_bus(IF_VIRTIO, 0);
    drive_set_default_interface(IF_DEFAULT);
}

static void test_default_drives(void)
{
    machine_add_default_drives(machine_class_find("machine-test", NULL));
    g_assert_null(drive_get(IF_FLOPPY, 0, 0)); /* no_floppy */
    g_assert_nonnull(drive_get(IF_VIRTIO, 0, 2));
    g_assert_nonnull(drive_get(IF_SD, 0, 0));
    drive_forget_all();
    drive_new_from_opts("if=sd,index=0,id=mine", &error_abort);
    machine_add_default_drives(machine_class_find("machine-own", NULL));
    g_assert_nonnull(drive_get(IF_FLOPPY, 0, 0));
    g_assert_cmpstr(blk_name(drive_get(IF_IDE, 1, 0)->blk), ==, "ide1-cd0");
    g_assert_cmpstr(blk_name(drive_get(IF_SD, 0, 0)->blk), ==, "mine");
    g_assert_null(drive_unclaimed()); /* nobody has to take them */
    drive_forget_all();
    machine_add_default_drives(machine_class_find("none", NULL));
    g_assert_null(drive_get(IF_SD, 0, 0));
    g_assert_null(drive_get(IF_IDE, 1, 0));
}

/* --- memory --- */

static void test_ram(void)
{
    MachineState *ms = machine_new("machine-test");
    Error *err = NULL;

    g_assert_false(machine_set_ram_size(ms, 65 * MiB, &err));
    expect_error(&err, "at most 64 MiB");
    g_assert_true(machine_set_ram_size(ms, 3 * MiB - 1, &error_abort));
    run_ok(ms);
    g_assert_cmpuint(memory_region_size(ms->ram), ==, 3 * MiB);
    g_assert_cmpstr(memory_region_name(ms->ram), ==, "mt.ram");
    machine_end(ms);
}

static void test_memdev(void)
{
    MachineState *ms = machine_new("machine-test");

    user_creatable_add_from_str("memory-backend-ram,id=m0,size=5M", &error_abort);
    object_property_parse(OBJECT(ms), "memory-backend", "m0", &error_abort);
    run_ok(ms); /* without -m the backend's size counts */
    g_assert_cmpuint(ms->ram_size, ==, 5 * MiB);
    g_assert_cmpstr(memory_region_name(ms->ram), ==, "m0");
    g_assert_false(user_creatable_del("m0", NULL));
    machine_end(ms);
    g_assert_true(user_creatable_del("m0", &error_abort));
}

static void test_memdev_mistakes(void)
{
    MachineState *ms = machine_new("machine-test");

    object_property_parse(OBJECT(ms), "memory-backend", "m0", &error_abort);
    run_fails(ms, "Memory backend 'm0' not found");
    user_creatable_add_from_str("memory-backend-ram,id=m0,size=5M", &error_abort);
    host_memory_backend_set_mapped(MEMORY_BACKEND(object_resolve_path("/objects/m0", NULL)), true);
    run_fails(ms, "memory backend 'm0' is already in use");
    host_memory_backend_set_mapped(MEMORY_BACKEND(object_resolve_path("/objects/m0", NULL)), false);
    machine_set_ram_size(ms, 4 * MiB, &error_abort);
    run_fails(ms, "Machine memory size (0x400000) does not match the size of the memory backend "
                  "'m0' (0x500000)");
    machine_end(ms);
    g_assert_true(user_creatable_del("m0", &error_abort));
}

/* Of the old way, and of no way at all. */
static void test_own_memory(void)
{
    MachineState *ms = machine_new("machine-own");

    user_creatable_add_from_str("memory-backend-ram,id=m0,size=1M", &error_abort);
    object_property_parse(OBJECT(ms), "memory-backend", "m0", &error_abort);
    run_fails(ms, "machine 'machine-own' makes its memory itself: it takes none from -mem-path, "
                  "memory-backend or memdev");
    machine_end(ms);
    ms = machine_new("machine-own");
    object_set_props(OBJECT(ms), &error_abort, "memory-backend", "m0", "kernel", "x", NULL);
    host_memory_backend_set_mapped(MEMORY_BACKEND(object_resolve_path("/objects/m0", NULL)), false);
    run_ok(ms);
    g_assert_true(memory_region_get_ram_ptr(&own_ram) ==
                  memory_region_get_ram_ptr(host_memory_backend_get_memory(ms->memdev)));
    object_unparent(OBJECT(&own_ram));
    machine_end(ms);
    g_assert_true(user_creatable_del("m0", &error_abort));
}

/* --- nodes --- */

static const char *name_at(hwaddr addr)
{
    MemoryRegionSection section = memory_region_find(get_system_memory(), addr, 1);

    memory_region_unref(section.mr);
    return memory_region_name(section.mr);
}

static void test_numa(void)
{
    MachineState *ms = machine_new("machine-test");
    Error *err = NULL;

    user_creatable_add_from_str("memory-backend-ram,id=a,size=1M", &error_abort);
    user_creatable_add_from_str("memory-backend-ram,id=b,size=2M", &error_abort);
    machine_set_ram_size(ms, 3 * MiB, &error_abort);
    /* In node order, not in the order given. */
    g_assert_true(machine_numa_parse(ms, "node,nodeid=1,memdev=a", &error_abort));
    g_assert_false(machine_numa_parse(ms, "node,nodeid=0,memdev=a", &err));
    expect_error(&err, "memory backend 'a' is used multiple times. Each -numa option must use a "
                       "different memdev value.");
    g_assert_false(machine_numa_parse(ms, "node,nodeid=1,memdev=b", &err));
    expect_error(&err, "Duplicate NUMA nodeid: 1");
    g_assert_false(machine_numa_parse(ms, "node,nodeid=0,mem=1", &err));
    expect_error(&err, "numa configuration should use either mem= or memdev=, mixing both is not "
                       "allowed");
    g_assert_true(machine_numa_parse(ms, "node,nodeid=0,memdev=b", &error_abort));
    run_ok(ms);
    g_assert_cmpstr(name_at(0), ==, "b");
    g_assert_cmpstr(name_at(2 * MiB - 1), ==, "b");
    g_assert_cmpstr(name_at(2 * MiB), ==, "a");
    g_assert_cmpuint(memory_region_size(ms->ram), ==, 3 * MiB);
    machine_end(ms);
}

static void test_numa_mistakes(void)
{
    static const struct {
        const char *text, *message;
    } bad[] = {
        { "node,memdev=nope", "Memory backend 'nope' not found" },
        { "node,nodeid=128", "Max number of NUMA nodes reached: 128" },
        { "node,mem=1,cpus=0", "Parameter 'cpus' is not supported: nodes only have memory" },
        { "node,nope=1", "Invalid parameter 'nope'" },
        { "dist,src=0", "Parameter 'type' does not accept value 'dist': only 'node' is there, "
                        "nodes only have memory" },
        { "cpu", "Parameter 'type' does not accept value 'cpu': only 'node' is there, "
                 "nodes only have memory" },
        { "type=hmat-lb,initiator=0", "Parameter 'type' does not accept value 'hmat-lb': only "
                                      "'node' is there" },
        { "", "Parameter 'type' does not accept value '': only 'node' is there" },
    };
    MachineState *ms = machine_new("machine-test");
    Error *err = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        g_assert_false(machine_numa_parse(ms, bad[i].text, &err));
        expect_error(&err, bad[i].message);
    }
    g_assert_true(machine_numa_parse(ms, "node,mem=1", &error_abort));
    run_fails(ms, "total memory for NUMA nodes (0x100000) should equal RAM size (0x200000)");
    g_assert_true(machine_numa_parse(ms, "node,nodeid=2,mem=1M", &error_abort));
    run_fails(ms, "numa: Node ID missing: 1");
    machine_end(ms);
    ms = machine_new("machine-own");
    g_assert_false(machine_numa_parse(ms, "node", &err));
    expect_error(&err, "NUMA is not supported by this machine-type");
    machine_end(ms);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*test)(void);
    } tests[] = {
        { "desc-and-alias-name-it", test_names },
        { "default-options-order-cpu-and-sizes", test_defaults },
        { "what-is-not-taken-is-refused", test_what_is_not_taken_is_refused },
        { "default-options-are-checked", test_bad_default_opts },
        { "min-max-and-valid-cpus", test_cpus },
        { "init-and-reset-are-called", test_init_and_reset },
        { "compat-and-transaction-failures-reach-cpus", test_cpus_get_what_the_class_says },
        { "deprecation-is-warned-of", test_deprecated },
        { "default-interface-and-its-units", test_drive_places },
        { "default-drives-unless-there-are-none", test_default_drives },
        { "ram-size-is-fixed-up-and-named", test_ram },
        { "ram-from-a-backend", test_memdev },
        { "backends-must-be-there-free-and-fit", test_memdev_mistakes },
        { "ram-of-the-board-itself", test_own_memory },
        { "nodes-in-node-order", test_numa },
        { "nodes-are-checked", test_numa_mistakes },
    };

    g_test_init(&argc, &argv, NULL);
    qemu_init_main_loop(&error_abort);
    module_call_init(MODULE_INIT_QOM);
    memory_map_init();
    for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
        g_autofree char *path = g_strconcat("/machine/", tests[i].name, NULL);

        g_test_add_func(path, tests[i].test);
    }
    return g_test_run();
}
