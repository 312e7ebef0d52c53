/*
 * The tables of monitor commands and of what `info` knows.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "monitor-internal.h"
#include "qemu/log.h"

static void complete_log_items(GPtrArray *matches, const char *word)
{
    const char *comma = strrchr(word, ',');
    const char *last = comma ? comma + 1 : word;

    for (const QEMULogItem *item = qemu_log_items; item->name; item++) {
        if (g_str_has_prefix(item->name, last)) {
            g_ptr_array_add(matches, g_strdup_printf("%.*s%s", (int)(last - word), word,
                                                     item->name));
        }
    }
}

static void complete_chardevs(GPtrArray *matches, const char *word)
{
    g_autoptr(GPtrArray) list = qemu_chr_query();

    for (guint i = 0; i < list->len; i++) {
        ChardevInfo *info = g_ptr_array_index(list, i);

        if (g_str_has_prefix(info->label, word)) {
            g_ptr_array_add(matches, g_strdup(info->label));
        }
    }
}

#define CMD(n, args, p, h, handler, ...)                                                           \
    { .name = n, .args_type = args, .params = p, .help = h, .cmd = hmp_##handler, ##__VA_ARGS__ }
#define INFO(n, args, p, h, handler)                                                               \
    { .name = n, .args_type = args, .params = p, .help = h, .info = hmp_info_##handler }

const HMPCommand hmp_info_commands[] = {
    INFO("block", "", "", "show the block devices", block),
    INFO("chardev", "", "", "show the character devices", chardev),
    INFO("cpus", "", "", "show infos for each CPU", cpus),
    INFO("history", "", "", "show the command line history", history),
    INFO("irq", "", "", "show the interrupts statistics (if available)", irq),
    INFO("jit", "", "", "show dynamic compiler info", jit),
    INFO("log", "", "", "show which log items are on", log),
    INFO("memdev", "", "", "show memory backends", memdev),
    INFO("mtree",
         "flatview:-f,dispatch_tree:-d,owner:-o,disabled:-D,json:-j,what:s?,addr:l?,space:s?",
         "[-f][-d][-o][-D][-j] [why addr [space] | overlaps]",
         "show memory tree (-f: dump flat view for address spaces;"
         "-d: dump dispatch tree, valid with -f only);"
         "-o: dump region owners/parents;-D: dump disabled regions;"
         "-j: as JSON; why: what answers at an address, and what it hides;"
         " overlaps: what is hidden without a priority saying so",
         mtree),
    INFO("name", "", "", "show the current VM name", name),
    INFO("numa", "", "", "show NUMA information", numa),
    INFO("pci", "", "", "show PCI info", pci),
    INFO("pic", "", "", "show PIC state", pic),
    INFO("qdm", "", "", "show qdev device model list", qdm),
    INFO("qom-tree", "path:s?", "[path]", "show QOM composition tree", qom_tree),
    INFO("qtree", "", "", "show device tree", qtree),
    INFO("ramblock", "", "", "Display system ramblock information", ramblock),
    INFO("registers", "cpustate_all:-a,vcpu:i?", "[-a|vcpu]",
         "show the cpu registers (-a: show register info for all cpus;"
         " vcpu: specific vCPU to query; show the current CPU's registers if"
         " no argument is specified)",
         registers),
    INFO("roms", "", "", "show roms", roms),
    INFO("status", "", "", "show the current VM status (running|paused)", status),
    INFO("tlb", "", "", "show virtual to physical memory mappings", tlb),
    INFO("version", "", "", "show the version of the emulator", version),
    { NULL },
};

const HMPCommand hmp_commands[] = {
    CMD("boot_set", "bootdevice:s", "bootdevice", "define new values for the boot device list",
        boot_set),
    CMD("chardev-remove", "id:s", "id", "remove chardev", chardev_remove,
        .complete = complete_chardevs),
    CMD("chardev-send-break", "id:s", "id", "send a break on chardev", chardev_send_break,
        .complete = complete_chardevs),
    CMD("cont|c", "", "", "resume emulation", cont),
    CMD("cpu", "index:i", "index", "set the default CPU", cpu),
    CMD("device_add", "device:S", "driver[,prop=value][,...]",
        "add device, like -device on the command line", device_add,
        .complete = complete_device_types),
    CMD("device_del", "id:s", "device", "remove device", device_del,
        .complete = complete_device_ids),
    CMD("dumpdtb", "filename:F", "filename", "dump the FDT in dtb format to 'filename'", dumpdtb),
    CMD("gdbserver", "device:s?", "[device]",
        "start gdbserver on given device (default 'tcp::1234'), stop with 'none'", gdbserver),
    CMD("gva2gpa", "addr:l", "addr",
        "print the guest physical address corresponding to a guest virtual address", gva2gpa),
    CMD("help|?", "name:S?", "[cmd]", "show the help", help_cmd),
    CMD("info", "", "[subcommand]", "show various information about the system state", info_help,
        .sub_table = hmp_info_commands),
    CMD("log", "items:s", "item1[,...]",
        "activate logging of the specified items, besides those that are on ('none': all off)",
        log, .complete = complete_log_items),
    CMD("logfile", "filename:F", "filename", "output logs to 'filename'", logfile),
    CMD("memsave", "val:l,size:i,filename:F", "addr size file",
        "save to disk virtual memory dump starting at 'addr' of size 'size'", memsave),
    CMD("object_add", "object:S", "[qom-type=]type,id=str[,prop=value][,...]",
        "create QOM object", object_add, .complete = complete_object_types),
    CMD("object_del", "id:s", "id", "destroy QOM object", object_del,
        .complete = complete_object_ids),
    CMD("pmemsave", "val:l,size:i,filename:F", "addr size file",
        "save to disk physical memory dump starting at 'addr' of size 'size'", pmemsave),
    CMD("print|p", "fmt:/,val:l", "/fmt expr",
        "print expression value (use $reg for CPU register access)", print),
    CMD("qom-get", "path:s,property:s", "path property", "print QOM property", qom_get),
    CMD("qom-list", "path:s?", "path", "list QOM properties", qom_list),
    CMD("qom-set", "path:s,property:s,value:S", "path property value", "set QOM property",
        qom_set),
    CMD("quit|q", "", "", "quit the emulator", quit),
    CMD("ringbuf_read", "device:s,size:i", "device size",
        "Read from a ring buffer character device", ringbuf_read, .complete = complete_chardevs),
    CMD("stop|s", "", "", "stop emulation", stop),
    CMD("sum", "start:l,size:i", "addr size", "compute the checksum of a memory region", sum),
    CMD("system_powerdown", "", "", "send system power down event", system_powerdown),
    CMD("system_reset", "", "", "reset the system", system_reset),
    CMD("x", "fmt:/,addr:l", "/fmt addr", "virtual memory dump starting at 'addr'", memory_dump),
    CMD("xp", "fmt:/,addr:l", "/fmt addr", "physical memory dump starting at 'addr'",
        physical_memory_dump),
    { NULL },
};
