/*
 * Machines: MachineClass says what a board is and can, MachineState is the one that runs.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_BOARDS_H
#define HW_BOARDS_H

#include "core/cpu.h"
#include "qemu/notify.h"
#include "system/block-backend.h"
#include "system/memory.h"
#include "system/runstate.h"

#define TYPE_MACHINE_SUFFIX     "-machine"
#define MACHINE_TYPE_NAME(name) (name TYPE_MACHINE_SUFFIX)
#define TYPE_MACHINE            "machine"
DECLARE_OBJ_CHECKERS(MachineState, MachineClass, MACHINE, TYPE_MACHINE)

/* The machine, once it has been created. */
extern MachineState *current_machine;

typedef struct NumaState NumaState;
typedef struct DeviceMemory DeviceMemory; /* hw/mem/pc-dimm.h */

/* As many slots as ACPI's registers can name. */
#define MACHINE_MAX_MEMORY_SLOTS 256
/* Bytes: what any CPU's physical addresses leave room for. */
#define MACHINE_MAX_MEMORY (1ull << 46)

typedef struct CPUTopology {
    unsigned int cpus;
    unsigned int sockets;
    unsigned int cores;
    unsigned int threads;
    unsigned int max_cpus;
} CPUTopology;

/* A place for a CPU, and where that is in the topology. */
typedef struct CPUSlot {
    uint32_t arch_id; /* as the architecture's interrupts and tables name it */
    unsigned socket_id, core_id, thread_id;
    CPUState *cpu; /* NULL: there is none */
} CPUSlot;

/* -smp; 0: not given. */
typedef struct SMPConfiguration {
    uint64_t cpus, sockets, cores, threads, maxcpus;
} SMPConfiguration;

/* What a start may be given: bits of MachineState.inputs_taken. */
enum {
    MACHINE_INPUT_KERNEL = 1 << 0,
    MACHINE_INPUT_INITRD = 1 << 1,
    MACHINE_INPUT_APPEND = 1 << 2,
    MACHINE_INPUT_DTB = 1 << 3,
    MACHINE_INPUT_FIRMWARE = 1 << 4, /* -bios */
    MACHINE_INPUT_BOOT_WISHES = 1 << 5, /* of -boot: all but the order */
};

/* -boot; strings owned by the machine. What changes later: hw/core/boot-order.h. */
typedef struct BootConfiguration {
    char *order; /* mc->default_boot_order without the option */
    bool order_given;
    /* For the firmware; fw_cfg tells it. */
    bool menu;
    bool strict;            /* of devices with a bootindex nothing else is tried */
    char *splash;           /* a picture's file; NULL: none */
    int32_t splash_time;    /* ms that the menu waits, 0 to 65535; -1: not given */
    int32_t reboot_timeout; /* ms after a failure to boot, 0 to 65535; -1: no reboot */
} BootConfiguration;

struct MachineClass {
    ObjectClass parent_class;

    char *name; /* as -machine takes it; set from the type's name */
    const char *alias;
    const char *desc;
    const char *deprecation_reason; /* NULL: it isn't */

    /* Builds the board. Reports fatal problems itself, with error_report() and exit(1). */
    void (*init)(MachineState *state);
    /* NULL: qemu_devices_reset(). */
    void (*reset)(MachineState *state, ShutdownCause reason);

    /* Which qemu-system-* lists it ("ppc"); NULL: all. */
    const char *arch_name;
    /* Another one that lists it, too (NULL: none), and its CPU there (NULL: the default one). */
    const char *other_arch_name, *other_cpu_type;

    BlockInterfaceType block_default_type; /* of -drive without if= */
    int units_per_default_bus;             /* 0: the interface's own number */
    int max_cpus;     /* 0: 1 */
    int min_cpus;     /* 0: 1 */
    int default_cpus; /* 0: 1 */
    bool prefers_sockets; /* -smp N is as many packages, not as many cores in one */
    /* No default line to the host, or empty drive, of that kind. */
    bool no_serial, no_parallel, no_floppy, no_cdrom, no_sdcard;
    bool initrd_may_be_list; /* -initrd is not the name of one file: the board says what is wrong */
    bool is_default;
    const char *default_machine_opts; /* "property=value,…", before the user's -machine */
    const char *default_boot_order; /* NULL: -boot order= is refused */
    GPtrArray *compat_props; /* of GlobalProperty */
    GPtrArray *dynamic_sysbus_types; /* of char *: machine_class_allow_dynamic_sysbus_dev() */
    const char *default_cpu_type;
    /*
     * The type of NIC that -nic is for without model=, and that the machine has, with a user
     * network, if no option is about networks. NULL: none.
     */
    const char *default_nic;
    /*
     * The type of the graphics card that the machine has if no option is about one; the board makes
     * what MachineState.display_type says. NULL: none, and -vga adds one to the finished board.
     */
    const char *default_display;
    uint64_t default_ram_size; /* bytes */
    const char *default_ram_id; /* NULL: the board makes its RAM itself */
    /*
     * CPU types that the board takes, ending with NULL; a type covers its descendants. NULL: all.
     */
    const char *const *valid_cpu_types;
    /* Accesses that no device answers read as zero instead of raising a bus error. */
    bool ignore_memory_transaction_failures;
    /* -numa: the board's RAM may be split among nodes, each with a backend of its own. */
    bool numa_mem_supported;
    /* -m slots=,maxmem=: there are places for modules of memory (hw/mem/pc-dimm.h). */
    bool takes_memory_slots;
    /*
     * Who is told when dev comes and goes (of TYPE_HOTPLUG_HANDLER, mostly the machine itself);
     * its result may be NULL: then it's the owner of its bus. NULL: always.
     */
    HotplugHandler *(*get_hotplug_handler)(MachineState *machine, DeviceState *dev);
    /*
     * Place n, below smp.max_cpus: CPUs come and go. NULL: those that are made with the board stay.
     */
    void (*get_cpu_slot)(MachineState *machine, unsigned n, CPUSlot *slot);
    /* Refuses or rounds -m: the size to use; *errp if it can't be. NULL: any. */
    ram_addr_t (*fixup_ram_size)(MachineState *machine, ram_addr_t size, Error **errp);
};

struct MachineState {
    Object parent_obj;

    void *fdt; /* the guest's device tree, once the board has made it */
    char *dtb;
    char *dumpdtb;
    char *firmware; /* -bios */
    const char *display_type; /* see MachineClass.default_display; NULL: no card */
    bool usb;             /* -usb: the board makes its USB controllers, if it has some */
    bool enable_graphics; /* false with -nographic: firmware and guest talk to a serial line */

    /* Default RAM of mc->default_ram_id, ram_size bytes; the board maps it. */
    MemoryRegion *ram;
    ram_addr_t ram_size;
    ram_addr_t maxram_size; /* with the modules that may come */
    unsigned ram_slots;
    DeviceMemory *device_memory; /* NULL: no place for modules */
    bool ram_size_given; /* -m */
    char *memdev_id;     /* -machine memory-backend= */
    char *mem_path;
    struct HostMemoryBackend *memdev; /* all of the RAM, unless nodes have theirs; a reference */
    bool memory_taken;
    NumaState *numa_state; /* NULL: no -numa */
    BootConfiguration boot_config;
    char *kernel_filename;
    char *kernel_cmdline; /* never NULL */
    char *initrd_filename;
    /*
     * MACHINE_INPUT_*: what init() takes without it being seen. What was given and isn't taken is
     * refused after init(); the loader's functions see files, and arguments are found in `fdt` and
     * in what rom_add_blob() was given.
     */
    unsigned inputs_taken;
    const char *cpu_type; /* QOM type name */
    AccelState *accelerator;
    CPUTopology smp;
};

/* In a board's file: the machine type `name`, whose class describe(MachineClass *) fills. */
#define DEFINE_MACHINE(name, describe)                                                             \
    static void describe##_as_type(void)                                                           \
    {                                                                                              \
        machine_type_register(MACHINE_TYPE_NAME(name), describe);                                  \
    }                                                                                              \
    type_init(describe##_as_type)
void machine_type_register(const char *type_name, void (*describe)(MachineClass *mc));

/*
 * Machine classes that arch's command lists (NULL: all), sorted by name; of MachineClass,
 * g_slist_free it.
 */
GSList *machine_class_list(const char *arch);
/* By name or alias, among those for arch; NULL if there is none. */
MachineClass *machine_class_find(const char *name, const char *arch);
/* The default for arch, or NULL. */
MachineClass *machine_class_default(const char *arch);

/*
 * Users may add sysbus devices of that type, and its descendants, with -device; the board then
 * gives them their place: foreach_dynamic_sysbus_device(). Holds for descendants of the machine.
 */
void machine_class_allow_dynamic_sysbus_dev(MachineClass *mc, const char *type);
bool device_type_is_dynamic_sysbus(MachineClass *mc, const char *type);

/* Checks -smp and the CPU type and stores them; false and *errp. */
bool machine_parse_smp_config(MachineState *ms, const SMPConfiguration *config, Error **errp);
bool machine_set_cpu_type(MachineState *ms, const char *cpu_type, Error **errp);
/* size 0: the board's default. */
bool machine_set_ram_size(MachineState *ms, uint64_t size, Error **errp);
/*
 * -m slots=,maxmem=, after the size; max 0: not given. False and *errp if the machine has no such
 * thing, or the numbers don't fit.
 */
bool machine_set_memory_slots(MachineState *ms, uint64_t slots, uint64_t max, Error **errp);
/* Checks the letters of -boot order= / once=. */
bool machine_validate_bootdevices(const char *devices, Error **errp);

/* Sets what mc->default_machine_opts says; false and *errp. */
bool machine_apply_default_opts(MachineState *ms, Error **errp);
/* block_default_type and units_per_default_bus; before the first drive is made. */
void machine_setup_drives(MachineClass *mc);
/* The empty drives that the board has unless the user filled their place. */
void machine_add_default_drives(MachineClass *mc);
void machine_warn_if_deprecated(MachineClass *mc);

/* Makes the default RAM, then calls the board's init(). False and *errp. */
bool machine_run_board_init(MachineState *machine, Error **errp);
/* mc->reset, or all devices; then those who wait for it are told. */
void machine_reset(MachineState *machine, ShutdownCause reason);
/*
 * Called after each reset of the machine, with its ShutdownCause * as data: devices, CPUs and
 * images are as they start. notifier_remove() ends it.
 */
void machine_add_reset_done_notifier(Notifier *notifier);

/* Writes machine->fdt, which is there, into a file; false and *errp. */
bool machine_dump_fdt(MachineState *machine, const char *filename, Error **errp);

/*
 * Once everything has been created, also what the user added: realizes the buses that are left and
 * resets the machine.
 */
void qdev_machine_creation_done(void);

#endif
