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
    INFO("balloon", "", "", "how much memory the guest has, of a balloon device", balloon),
    INFO("block", "nodes:-n,verbose:-v,device:s?", "[-n] [-v] [device]",
         "drives: the image behind each, and whether it can be written to (-n: the nodes that images"
         " are made of; -v: all about the image)", block),
    INFO("block-jobs", "", "", "block jobs, and how far they are", block_jobs),
    INFO("blockstats", "", "", "how much each drive has read and written", blockstats),
    INFO("chardev", "", "", "character devices: what each serial line or monitor talks to",
         chardev),
    INFO("cpus", "", "", "CPUs with their host threads; * marks the one that commands look at",
         cpus),
    INFO("history", "", "", "the lines typed so far", history),
    INFO("hotpluggable-cpus", "", "", "places for CPUs: what device_add calls each, and who is there",
         hotpluggable_cpus),
    INFO("iothreads", "", "", "threads of -object iothread that look after devices' queues", iothreads),
    INFO("irq", "", "", "how often each interrupt came, where a controller counts", irq),
    INFO("jit", "", "", "what the translator did: blocks, lookups, exits by reason", jit),
    INFO("lapic", "apic-id:i?", "[apic-id]",
         "a CPU's local APIC (apic-id: of this one, otherwise the current CPU's)", lapic),
    INFO("log", "", "", "the log items that are on", log),
    INFO("memdev", "", "", "memory backends that -object made", memdev),
    INFO("memory-devices", "", "", "modules of memory: pc-dimm", memory_devices),
    INFO("memory_size_summary", "", "", "bytes of RAM that the board has, and of modules",
         memory_size_summary),
    INFO("mice", "", "", "pointing devices; * marks the one that has the pointer", mice),
    INFO("mtree",
         "flatview:-f,dispatch_tree:-d,owner:-o,disabled:-D,json:-j,what:s?,addr:l?,space:s?",
         "[-f][-d][-o][-D][-j] [why addr [space] | overlaps]",
         "the memory map as a tree of regions (-f: flat, what answers where;"
         " -d: with -f, its lookup table too; -o: whose each region is;"
         " -D: those that are switched off too; -j: as JSON; why: what answers at an address, and"
         " what it hides; overlaps: what is hidden without a priority saying so)",
         mtree),
    INFO("name", "", "", "the guest's name, from -name", name),
    INFO("network", "", "", "network cables: each card or hub with what is at the other end",
         network),
    INFO("numa", "", "", "NUMA nodes with their CPUs and memory", numa),
    INFO("pci", "", "", "PCI devices: ids, BARs and interrupts as the guest has set them", pci),
    INFO("pic", "", "", "interrupt controllers: what is pending, masked, in service", pic),
    INFO("qdm", "", "", "the devices that -device and device_add know", qdm),
    INFO("qom-tree", "path:s?", "[path]", "objects by who contains whom, from path down",
         qom_tree),
    INFO("qtree", "", "", "devices by bus, with their properties and addresses", qtree),
    INFO("ramblock", "", "", "blocks of host memory that the guest's RAM and ROM are made of",
         ramblock),
    INFO("registers", "cpustate_all:-a,vcpu:i?", "[-a|vcpu]",
         "registers of the current CPU (-a: of all; vcpu: of this one)", registers),
    INFO("roms", "", "", "images loaded at reset: address, size, name", roms),
    INFO("status", "", "", "whether the guest runs, and if not, why", status),
    INFO("tlb", "", "", "how the CPU translates addresses at present", tlb),
    INFO("trace-events", "name:s?,vcpu:i?", "[name] [vcpu]",
         "trace points and which are on (name: those that match, with * and ?)", trace_events),
    INFO("usb", "", "", "what is plugged into USB ports: address, port, speed, name", usb),
    INFO("usernet", "", "", "what user networks are connected with, and their forwarded ports",
         usernet),
    INFO("uuid", "", "", "the machine's UUID, from -uuid", uuid),
    INFO("version", "", "", "this emulator's version", version),
    INFO("vm-generation-id", "", "", "the number that vmgenid shows the guest", vm_generation_id),
    INFO("vnc", "", "", "VNC servers: where they listen, and who looks", vnc),
    { NULL },
};

const HMPCommand hmp_commands[] = {
    CMD("balloon", "value:l", "target",
        "how much memory the guest shall have, in MiB, of a balloon device", balloon),
    CMD("block_job_cancel", "force:-f,device:s", "[-f] device",
        "end a block job (-f: a mirror that is ready isn't even finished)", block_job_cancel),
    CMD("block_job_complete", "device:s", "device",
        "finish a block job that is ready: the drive uses its target", block_job_complete),
    CMD("block_job_pause", "device:s", "device", "let a block job wait", block_job_pause),
    CMD("block_job_resume", "device:s", "device", "let a block job go on", block_job_resume),
    CMD("block_job_set_speed", "device:s,speed:s", "device speed",
        "how many bytes a second a block job may copy (or with k, M, G …; 0: no limit)",
        block_job_set_speed),
    CMD("block_resize", "device:s,size:s", "device size",
        "give a drive's image another length (size: bytes, or with k, M, G …)", block_resize,
        .complete = complete_drives),
    CMD("block_stream", "device:s,speed:s?,base:F?", "device [speed [base]]",
        "copy what is in a drive's backing files (above base) into its image", block_stream,
        .complete = complete_drives),
    CMD("boot_set", "bootdevice:s", "bootdevice",
        "boot from these from the next reset on, letters as in -boot order=", boot_set),
    CMD("change", "force:-f,device:s,target:F,format:s?,read-only-mode:s?",
        "[-f] device filename [format [read-only-mode]]",
        "put another medium into a drive (-f: though the guest has locked it; read-only-mode:"
        " retain, read-only or read-write); 'change vnc password PASSWORD' is set_password", change, .complete = complete_drives),
    CMD("chardev-add", "args:S", "args", "make a character device; args as behind -chardev",
        chardev_add),
    CMD("chardev-change", "id:s,args:S", "id args",
        "put another character device in the place of one (its users stay connected)",
        chardev_change, .complete = complete_chardevs),
    CMD("chardev-remove", "id:s", "id", "close a character device that nothing uses",
        chardev_remove, .complete = complete_chardevs),
    CMD("chardev-send-break", "id:s", "id", "what the guest gets when a terminal sends BREAK",
        chardev_send_break, .complete = complete_chardevs),
    CMD("commit", "device:s", "device|all",
        "write what a drive's image has to its backing file, and empty the image", commit,
        .complete = complete_drives),
    CMD("cont|c", "", "", "let the guest run (on)", cont),
    CMD("cpu", "index:i", "index", "make a CPU the one that x, p, info registers … look at", cpu),
    CMD("device_add", "device:S", "driver[,prop=value][,...]",
        "plug a device in; arguments as behind -device", device_add,
        .complete = complete_device_types),
    CMD("device_del", "id:s", "device", "unplug a device, by its id or path", device_del,
        .complete = complete_device_ids),
    CMD("drive_add", "addr:s,opts:S", "0 if=none,id=name[,file=file][,option...]",
        "open an image for a device that device_add makes; options as behind -drive", drive_add),
    CMD("drive_backup", "reuse:-n,full:-f,device:s,target:F,format:s?",
        "[-n] [-f] device target [format]",
        "copy what a drive has at this moment to an image (-n: that exists; -f: with what its "
        "backing files have)", drive_backup, .complete = complete_drives),
    CMD("drive_del", "id:s", "id",
        "take a drive away from its device, which sees no medium any more, and close it", drive_del,
        .complete = complete_drives),
    CMD("drive_mirror", "reuse:-n,full:-f,device:s,target:F,format:s?",
        "[-n] [-f] device target [format]",
        "copy a drive to an image until block_job_complete, from when on it uses that (-n, -f: as "
        "for drive_backup)", drive_mirror, .complete = complete_drives),
    CMD("dump-guest-memory",
        "paging:-p,detach:-d,windmp:-w,zlib:-z,lzo:-l,snappy:-s,filename:F,begin:l?,length:l?",
        "[-p] filename [begin length]",
        "the guest's RAM and registers as an ELF core file, for gdb and crash (-p: what the CPU"
        " has mapped, at virtual addresses; begin, length: only this physical range)",
        dump_guest_memory),
    CMD("dumpdtb", "filename:F", "filename",
        "write the device tree that the guest was given to a file, as dtc reads it", dumpdtb),
    CMD("eject", "force:-f,device:s", "[-f] device",
        "take the medium out of a drive (-f: though the guest has locked it)", eject,
        .complete = complete_drives),
    CMD("expire_password", "protocol:s,time:s,display:-ds", "vnc time [-d display]",
        "until when a password is good: now, never, +seconds, or seconds since 1970",
        expire_password),
    CMD("gdbserver", "device:s?", "[device]",
        "wait for GDB on a device, at 'tcp::1234' of this host if none is named; 'none' ends it",
        gdbserver),
    CMD("gva2gpa", "addr:l", "addr", "where the CPU's present translation puts an address",
        gva2gpa),
    CMD("help|?", "name:S?", "[cmd]", "what a command does, or all of them; 'help info' too",
        help_cmd),
    CMD("hostfwd_add", "arg1:s,arg2:s?",
        "[netdev_id] [tcp|udp]:[hostaddr]:hostport-[guestaddr]:guestport",
        "lead a port of this host to the guest, through a user network", hostfwd_add,
        .complete = complete_user_networks),
    CMD("hostfwd_remove", "arg1:s,arg2:s?", "[netdev_id] [tcp|udp]:[hostaddr]:hostport",
        "no longer lead a port of this host to the guest", hostfwd_remove,
        .complete = complete_user_networks),
    CMD("i", "fmt:/,addr:i", "/fmt addr", "read an I/O port (/b /h /w: 1, 2, 4 bytes)",
        port_read),
    CMD("info", "", "[subcommand]", "show something; alone it lists what", info_help,
        .sub_table = hmp_info_commands),
    CMD("log", "items:s", "item1[,...]",
        "turn log items on, besides those that are ('none': all off; names as behind -d)", log,
        .complete = complete_log_items),
    CMD("logfile", "filename:F", "filename", "write the log to this file from now on", logfile),
    CMD("memsave", "val:l,size:i,filename:F", "addr size file",
        "write size bytes at a virtual address to a file, raw", memsave),
    CMD("mouse_button", "button_state:i", "state",
        "press and release mouse buttons, so that those of state are down (1: left, 2: middle,"
        " 4: right)", mouse_button),
    CMD("mouse_move", "dx_str:s,dy_str:s,dz_str:s?", "dx dy [dz]",
        "move the mouse, and turn its wheel by dz", mouse_move),
    CMD("mouse_set", "index:i", "index", "give the pointer to another device of 'info mice'",
        mouse_set),
    CMD("netdev_add", "netdev:S", "kind,id=str[,prop=value][,...]",
        "make a network back end; arguments as behind -netdev", netdev_add,
        .complete = complete_netdev_kinds),
    CMD("netdev_del", "id:s", "id", "remove a network back end; the card loses its link",
        netdev_del, .complete = complete_netdev_ids),
    CMD("nmi", "", "", "press the button that can't be masked, on machines that have one", nmi),
    CMD("o", "fmt:/,addr:i,val:i", "/fmt addr value", "write to an I/O port (/b /h /w: its size)",
        port_write),
    CMD("object_add", "object:S", "[qom-type=]type,id=str[,prop=value][,...]",
        "make an object; arguments as behind -object", object_add,
        .complete = complete_object_types),
    CMD("object_del", "id:s", "id", "remove an object that -object or object_add made", object_del,
        .complete = complete_object_ids),
    CMD("pmemsave", "val:l,size:i,filename:F", "addr size file",
        "write size bytes at a physical address to a file, raw", pmemsave),
    CMD("print|p", "fmt:/,val:l", "/fmt expr",
        "calculate; $name is a register of the CPU (/x /d /u /o /c choose the form)", print),
    CMD("qom-get", "path:s,property:s", "path property", "the value of an object's property",
        qom_get),
    CMD("qom-list", "path:s?", "path", "an object's properties and children", qom_list),
    CMD("qom-set", "path:s,property:s,value:S", "path property value",
        "give an object's property a value", qom_set),
    CMD("quit|q", "", "", "end the guest and this program", quit),
    CMD("ringbuf_read", "device:s,size:i", "device size",
        "take up to size bytes out of a ringbuf character device", ringbuf_read,
        .complete = complete_chardevs),
    CMD("screendump", "filename:F,format:-fs,device:s?,head:i?", "filename [-f format] [device [head]]",
        "write what is on the screen to a file (format: ppm or png; device: the id of a display"
        " device)", screendump),
    CMD("sendkey", "keys:s,hold-time:i?", "keys [hold_ms]",
        "press keys together, such as 'ctrl-alt-delete', for hold_ms (100) of guest time", sendkey,
        .complete = complete_key_names),
    CMD("set_link", "name:s,up:b", "name on|off",
        "plug or unplug a network cable, at a card or a back end", set_link,
        .complete = complete_network_clients),
    CMD("set_password", "protocol:s,password:s,display:-ds,connected:s?",
        "vnc password [-d display] [keep]",
        "what viewers must know from now on, of a server with password=on", set_password),
    CMD("singlestep", "option:s?", "[on|off]",
        "translate one instruction at a time, so that 'log exec' and 'log cpu' show each; slow",
        singlestep),
    CMD("stop|s", "", "", "halt the guest where it is; cont goes on", stop),
    CMD("sum", "start:l,size:i", "addr size",
        "checksum of physical memory, as the BSD command sum computes it", sum),
    CMD("system_powerdown", "", "", "press the power button: the guest may shut itself down",
        system_powerdown),
    CMD("system_reset", "", "", "press the reset button", system_reset),
    CMD("system_wakeup", "", "", "wake the guest up that is suspended to RAM", system_wakeup),
    CMD("trace-event", "name:s,option:b,vcpu:i?", "name on|off [vcpu]",
        "follow what the guest does to a device, in the log (name: as info trace-events shows it,"
        " with * and ?)",
        trace_event, .complete = complete_trace_names),
    CMD("watchdog_action", "action:s", "action",
        "what a watchdog does that runs out: reset, shutdown, poweroff, pause, debug, none,"
        " inject-nmi", watchdog_action),
    CMD("x", "fmt:/,addr:l", "/fmt addr",
        "memory as the CPU sees it (/16xw: 16 words in hex; formats x d u o c, i: instructions,"
        " s: strings; sizes b h w g)",
        memory_dump),
    CMD("xp", "fmt:/,addr:l", "/fmt addr", "the same at a physical address",
        physical_memory_dump),
    { NULL },
};
