/*
 * The table of command-line options. -help prints it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "cli.h"

#define HEADING(text)         { .help = text }
#define FLAG(n, h, text)      { n, false, CLI_PARSE, cli_##h, text }
#define ARG(n, h, text)       { n, true, CLI_PARSE, cli_##h, text }
#define LATER(n, p, h, text)  { n, true, CLI_##p, cli_##h, text }
#define LACKING(n, takes_arg) { .name = n, .has_arg = takes_arg }

const CliOption cli_options[] = {
    HEADING("Standard options:"),
    FLAG("h", help, NULL),
    FLAG("help", help, "-h or -help     display this help and exit\n"),
    FLAG("version", version, "-version        display version information and exit\n"),
    ARG("M", machine, NULL),
    ARG("machine", machine,
        "-machine [type=]name[,prop[=value][,...]]\n"
        "                selects emulated machine ('-machine help' for list)\n"
        "                property accel=accel1[:accel2[:...]] selects accelerator\n"
        "                supported accelerators are tcg (default: tcg)\n"
        "                dumpdtb=file writes the device tree that the machine made and exits\n"),
    ARG("cpu", cpu, "-cpu cpu        select CPU ('-cpu help' for list)\n"),
    ARG("accel", accel,
        "-accel [accel=]accelerator[,prop[=value][,...]]\n"
        "                select accelerator (tcg; use 'help' for a list)\n"
        "                backend=host|interp (host code, or the reference interpreter)\n"
        "                tb-size=n (MiB of translated code to keep)\n"
        "                thread=single|multi (threads for the CPUs; one CPU has one)\n"),
    ARG("smp", smp,
        "-smp [[cpus=]n][,maxcpus=maxcpus][,sockets=sockets][,cores=cores][,threads=threads]\n"
        "                set the number of CPUs to 'n' [default=1]\n"),
    LATER("global", PARSE, global,
          "-global driver.property=value\n"
          "-global driver=driver,property=property,value=value\n"
          "                set a global default for a driver property\n"),
    ARG("boot", boot,
        "-boot [order=drives][,once=drives]\n"
        "                'drives': floppy (a), hard disk (c), CD-ROM (d), network (n); once: until\n"
        "                the first reset\n"),
    ARG("m", memory,
        "-m [size=]megs\n"
        "                configure guest RAM; suffixes K, M, G are understood\n"),
    ARG("mem-path", mem_path,
        "-mem-path FILE  put guest RAM in a file, or in a nameless one in a directory\n"),
    FLAG("mem-prealloc", mem_prealloc, "-mem-prealloc   preallocate guest memory\n"),
    LATER("numa", NUMA, numa,
          "-numa node[,mem=size][,nodeid=node]\n"
          "-numa node[,memdev=id][,nodeid=node]\n"
          "                split guest RAM among NUMA nodes\n"),
    FLAG("nodefaults", nodefaults,
         "-nodefaults     don't create default devices: no serial line, no monitor\n"),
    ARG("name", name,
        "-name string1[,process=string2][,debug-threads=on|off]\n"
        "                set the name of the guest, and the one that ps shows; threads always have\n"
        "                names\n"),
    LATER("device", DEVICE, device,
          "-device driver[,prop[=value][,...]]\n"
          "                add device (based on driver)\n"
          "                prop=value,... sets driver properties\n"
          "                use '-device help' to print all possible drivers\n"
          "                use '-device driver,help' to print all possible properties\n"),

    HEADING("Block device options:"),
    LATER("drive", DRIVE, drive,
          "-drive [file=file][,if=type][,bus=n][,unit=m][,index=i]\n"
          "       [,id=name][,format=raw][,readonly=on|off][,cache=...]\n"
          "                use 'file' as a drive image\n"),
    LATER("pflash", DRIVE, pflash, "-pflash file    use 'file' as a parallel flash image\n"),

    HEADING("Display options:"),
    ARG("display", display, "-display none   select display backend type (none)\n"),
    FLAG("nographic", nographic,
         "-nographic      no graphical output; serial line and monitor on the terminal\n"
         "                (Ctrl-A h lists the keys)\n"),

    HEADING("Character device options:"),
    LATER("chardev", CHARDEV, chardev,
          "-chardev null,id=id[,mux=on|off][,logfile=PATH][,logappend=on|off]\n"
          "-chardev socket,id=id[,host=host],port=port[,to=to][,ipv4=on|off][,ipv6=on|off]\n"
          "         [,nodelay=on|off][,server=on|off][,wait=on|off][,telnet=on|off]\n"
          "         [,reconnect=seconds][,mux=on|off][,logfile=PATH][,logappend=on|off] (tcp)\n"
          "-chardev socket,id=id,path=path[,server=on|off][,wait=on|off][,telnet=on|off]\n"
          "         [,reconnect=seconds][,mux=on|off][,abstract=on|off] (unix)\n"
          "-chardev ringbuf,id=id[,size=size]\n"
          "-chardev file,id=id,path=path[,input-path=input-file][,append=on|off][,mux=on|off]\n"
          "-chardev pipe,id=id,path=path[,mux=on|off]\n"
          "-chardev pty,id=id[,mux=on|off]\n"
          "-chardev stdio,id=id[,mux=on|off][,signal=on|off]\n"),

    HEADING("Boot Image or Kernel specific:"),
    ARG("bios", bios, "-bios file      set the filename for the firmware\n"),
    ARG("kernel", kernel, "-kernel image   use 'image' as kernel image\n"),
    ARG("append", append, "-append cmdline use 'cmdline' as kernel command line\n"),
    ARG("initrd", initrd, "-initrd file    use 'file' as initial ram disk\n"),
    ARG("dtb", dtb, "-dtb file       use 'file' as device tree image\n"),

    HEADING("Debug/Expert options:"),
    LATER("serial", SERIAL, serial,
          "-serial dev     redirect the serial port to char device 'dev'\n"),
    LATER("parallel", SERIAL, parallel,
          "-parallel dev   redirect the parallel port to char device 'dev'\n"),
    LATER("monitor", MONITOR, monitor,
          "-monitor dev    redirect the monitor to char device 'dev'\n"),
    ARG("msg", msg,
        "-msg [timestamp=on|off][,guest-name=on|off]\n"
        "                put the time, and the guest's -name, in front of messages\n"),
    ARG("pidfile", pidfile, "-pidfile file   write PID to 'file'\n"),
    FLAG("S", start_paused, "-S              freeze CPU at startup (use 'c' to start execution)\n"),
    { "s", false, CLI_GDB, cli_gdb_default, "-s              shorthand for -gdb tcp::1234\n" },
    LATER("gdb", GDB, gdb,
          "-gdb dev        accept a gdb connection on 'dev': tcp:[host]:port, unix:path, another\n"
          "                character device, or none; the guest starts before a connection is\n"
          "                made; use -S too if you want it to wait in suspended state\n"),
    ARG("d", log_items,
        "-d item1,...    enable logging of specified items (use '-d help' for a list of log\n"
        "                items)\n"),
    ARG("D", log_file, "-D logfile      output log to logfile (default stderr)\n"),
    ARG("dfilter", log_filter,
        "-dfilter range,..\n"
        "                filter debug output to range of addresses\n"),
    ARG("symbols", symbols,
        "-symbols file   names of the guest's functions for logs and the monitor: a System.map\n"
        "                or an ELF file, where the kernel image has none itself\n"),
    ARG("L", data_dir, "-L path         set the directory for the firmware\n"),
    FLAG("no-reboot", no_reboot, "-no-reboot      exit instead of rebooting\n"),
    FLAG("no-shutdown", no_shutdown, "-no-shutdown    stop before shutdown\n"),
    ARG("echr", echr, "-echr chr       set terminal escape character instead of ctrl-a\n"),
    FLAG("no-user-config", ignore,
         "-no-user-config\n"
         "                accepted and without effect: there are no configuration files\n"),
    ARG("rtc", rtc, "-rtc [base=utc|localtime|<datetime>][,clock=host]\n"
        "                set the RTC base\n"),
    LATER("object", OBJECT, object,
          "-object TYPENAME[,PROP1=VALUE1,...]\n"
          "                create a new object of type TYPENAME setting properties\n"
          "                in the order they are specified\n"),

    /* Known from QEMU and not there yet: a clear message instead of "invalid option". */
    LACKING("hda", true),         LACKING("hdb", true),
    LACKING("hdc", true),         LACKING("hdd", true),
    LACKING("cdrom", true),       LACKING("fda", true),
    LACKING("fdb", true),         LACKING("sd", true),
    LACKING("mtdblock", true),    LACKING("blockdev", true),
    LACKING("snapshot", false),   LACKING("net", true),
    LACKING("netdev", true),      LACKING("nic", true),
    LACKING("vga", true),         LACKING("g", true),
    LACKING("usb", false),        LACKING("usbdevice", true),
    LACKING("vnc", true),         LACKING("spice", true),
    LACKING("full-screen", false), LACKING("k", true),
    LACKING("audiodev", true),    LACKING("audio", true),
    LACKING("qmp", true),         LACKING("qmp-pretty", true),
    LACKING("mon", true),         LACKING("icount", true),
    LACKING("watchdog", true),    LACKING("watchdog-action", true),
    LACKING("loadvm", true),      LACKING("incoming", true),
    LACKING("daemonize", false),  LACKING("runas", true),
    LACKING("chroot", true),      LACKING("sandbox", true),
    LACKING("readconfig", true),  LACKING("writeconfig", true),
    LACKING("plugin", true),      LACKING("trace", true),
    LACKING("debugcon", true),
    LACKING("fw_cfg", true),      LACKING("option-rom", true),
    LACKING("prom-env", true),    LACKING("uuid", true),
    LACKING("semihosting", false),
    LACKING("enable-kvm", false), LACKING("action", true),
    LACKING("preconfig", false),  LACKING("tpmdev", true),
    LACKING("fsdev", true),       LACKING("virtfs", true),
    LACKING("smbios", true),      LACKING("acpitable", true),
    LACKING("singlestep", false), LACKING("perfmap", false),
    LACKING("iscsi", true),       LACKING("compat", true),
    LACKING("set", true),         LACKING("add-fd", true),
    LACKING("dump-vmstate", true), LACKING("overcommit", true),
    LACKING("only-migratable", false), LACKING("win2k-hack", false),
    { NULL },
};

void cli_print_version(void)
{
    printf("sysemu emulator version " SYSEMU_VERSION "\n");
}

void cli_print_help(void)
{
    cli_print_version();
    printf("usage: %s [options]\n\n", g_get_prgname());
    for (const CliOption *o = cli_options; o->name || o->help; o++) {
        if (!o->name) {
            printf("%s%s\n", o == cli_options ? "" : "\n", o->help);
        } else if (o->help) {
            fputs(o->help, stdout);
        }
    }
    printf("\nDuring emulation, the following keys are useful:\n"
           "ctrl-a h        list the keys of the muxed terminal (-nographic)\n"
           "ctrl-a c        switch between serial line and monitor\n"
           "ctrl-a x        exit\n");
}
