/*
 * The table of command-line options. The parser, -help, the manual page and the shells' completion
 * read it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "cli.h"

#define HEADING(text)              { .help = text }
#define FLAG(n, h, text)           { n, NULL, CLI_PARSE, cli_##h, text }
#define ARG(n, h, form, text)      { n, form, CLI_PARSE, cli_##h, text }
#define LATER(n, p, h, form, text) { n, form, CLI_##p, cli_##h, text }
/* `help` as the argument lists what it can be. */
#define LISTED(n, p, h, form, text) { n, form, CLI_##p, cli_##h, text, .listed = true }

const CliOption cli_options[] = {
    HEADING("The machine"),
    LISTED("machine", PARSE, machine, "BOARD[,KEY=VALUE...]",
           "The board to emulate. -machine BOARD,help lists its keys.\n"
           "accel=A:B takes the first accelerator of the list that is there, as -accel does.\n"
           "dumpdtb=FILE writes the device tree that the board makes for its operating system, and "
           "ends.\n"
           "memory-backend=ID takes the board's RAM from an -object.\n"
           "smp.KEY=, memory.KEY= and boot.KEY= are the keys of -smp, -m and -boot."),
    LISTED("M", PARSE, machine, "BOARD[,KEY=VALUE...]", NULL),
    LISTED("cpu", PARSE, cpu, "MODEL[,+FEATURE][,-FEATURE][,KEY=VALUE...]",
           "The processor on the board. Each board says which ones fit; the rest is refused."),
    ARG("smp", smp, "[cpus=]N[,maxcpus=N][,sockets=N][,cores=N][,threads=N]",
        "How many processors, and how they are grouped. The product of the groups is maxcpus."),
    ARG("m", memory, "[size=]SIZE[,slots=N,maxmem=SIZE]",
        "How much RAM: a number of MiB, or with a suffix K, M, G. Each board has a default. Boards with"
        " slots for memory leave room for modules (-device pc-dimm) up to maxmem."),
    ARG("mem-path", mem_path, "PATH",
        "Keep the RAM in this file, or in a nameless one in this folder (huge pages, a tmpfs)."),
    FLAG("mem-prealloc", mem_prealloc,
         "Take all of the RAM from the host at start, so that a lack of it shows then."),
    LATER("numa", NUMA, numa, "node[,nodeid=N][,memdev=ID|,mem=SIZE]",
          "Make the RAM of several parts, in node order. memdev names an -object."),
    LISTED("accel", PARSE, accel, "NAME[,KEY=VALUE...]",
           "What runs guest code; given several times, the first that is there. Only tcg is: the "
           "translator.\n"
           "backend=host|interp: generated host code, or the slow interpreter it is checked "
           "against.\n"
           "tb-size=N: MiB of generated code to keep, 1 to 1024 (128).\n"
           "one-insn-per-tb=on: blocks of one instruction, so that -d exec and cpu name each.\n"
           "regions=on|off|forced: translate hot loops and what they call as one, on a thread of its own; "
           "forced: at once and wherever it can be done, which is slow, for tests.\n"
           "thread=single|multi: one thread for all processors, or one each.\n"
           "-accel tcg,help lists these, and techniques that NAME=off leaves out."),
    ARG("icount", icount, "[shift=]N|auto[,sleep=on|off][,align=on|off]",
        "Guest time is counted, not measured: each instruction takes 2^N ns, N from 0 to 10, so that "
        "a run can be repeated exactly. auto chooses N such that guest and host keep pace.\n"
        "sleep=off: while the processor waits, time jumps to the next event. align=on: the "
        "processor waits where it is ahead of the host's time."),
    ARG("boot", boot, "[order=]LETTERS[,once=LETTERS][,menu=on|off][,KEY=VALUE...]",
        "Where firmware looks for a system, in this order: a floppy, c disk, d CD-ROM, n "
        "network. once= holds until the first reset.\n"
        "Firmware that reads fw_cfg is told the others: menu=on offers a choice, for "
        "splash-time=MS, over the picture splash=FILE (JPEG, BMP); when nothing boots it starts "
        "again after reboot-timeout=MS (-1: never). strict=on: nothing but devices with a bootindex."),
    ARG("rtc", rtc, "[base=utc|localtime|DATE][,clock=host]",
        "What the clock chip shows at start: DATE is 2006-06-17T16:01:21 or 2006-06-17."),
    ARG("name", name, "NAME[,process=NAME][,debug-threads=on|off]",
        "A name for this machine, in the monitor and with -msg in messages; process= is what ps "
        "shows. The threads always have names."),
    ARG("uuid", uuid, "UUID",
        "The machine's, in the monitor: 8-4-4-4-12 hexadecimal digits."),
    FLAG("nodefaults", nodefaults,
         "Nothing that wasn't asked for: no serial line on the terminal, no monitor, no network."),
    FLAG("no-user-config", ignore, "Accepted: there are no configuration files to leave out."),
    FLAG("no-acpi", no_acpi, "Short for -machine acpi=off, on boards that have it."),
    FLAG("no-hpet", no_hpet, "Short for -machine hpet=off, on boards that have it."),
    FLAG("no-fd-bootchk", no_fd_bootchk, "Short for -machine fd-bootchk=off, on boards that have it."),

    HEADING("What it starts"),
    ARG("kernel", kernel, "FILE",
        "An operating system or program, started without firmware: ELF, uImage, or a raw image."),
    ARG("initrd", initrd, "FILE", "An initial RAM disk for -kernel."),
    ARG("append", append, "TEXT", "The command line that -kernel is given."),
    ARG("dtb", dtb, "FILE",
        "A device tree for -kernel, instead of the one that the board makes."),
    ARG("bios", bios, "FILE",
        "The boot flash's contents, instead of the firmware that comes with the board. What the "
        "guest writes there isn't kept: -pflash does that."),
    LISTED("L", PARSE, data_dir, "DIR", "Look here for firmware first."),

    HEADING("Drives and flash"),
    LATER("drive", DRIVE, drive, "file=FILE[,if=TYPE][,unit=N][,format=FORMAT][,KEY=VALUE...]",
          "An image for a device of the board; what it becomes without if= is said at start.\n"
          "if=pflash (flash chips), mtd (an NVRAM), none (for a -device), ide, scsi, sd, floppy, "
          "virtio: what the board lacks is refused.\n"
          "bus=N,unit=N or index=N: which one of these; the next free one without.\n"
          "format=raw|qcow2|...: what is in the file; without, it is looked at.\n"
          "id=NAME: for the monitor and -device. media=disk|cdrom. readonly=on: neither guest nor "
          "emulator write. snapshot=on: what the guest writes is forgotten at exit.\n"
          "cache=writeback|none|writethrough|directsync|unsafe: when writes reach the host's disk. "
          "discard=unmap: what the guest discards is given back to the host.\n"
          "detect-zeroes=on|unmap: zeros that are written take no space.\n"
          "rerror=, werror=report|ignore|stop|enospc: what a failed read or write does.\n"
          "KEY of the format's and the file's driver: see -blockdev; those of the file as "
          "file.KEY."),
    LATER("blockdev", DRIVE, blockdev, "driver=NAME,node-name=NAME[,KEY=VALUE...]",
          "A node: an image, or a layer of one, for drive=NODE of a -device. KEY=VALUE or JSON.\n"
          "The nodes below are named (file=NODE) or described in place (file.driver=file,"
          "file.filename=FILE).\n"
          "All: read-only, auto-read-only, force-share, cache.direct, cache.no-flush, discard, "
          "detect-zeroes.\n"
          "docs/user/drives.md tells which drivers there are and what each takes."),
    FLAG("snapshot", snapshot,
         "What the guest writes to any -drive goes to a temporary file, gone at exit."),
    LATER("hda", DRIVE, hda, "FILE",
          "A disk at the first place of the board's usual interface. A file name alone, too."),
    LATER("hdb", DRIVE, hdb, "FILE", "A disk at the second place."),
    LATER("hdc", DRIVE, hdc, "FILE", "A disk at the third place."),
    LATER("hdd", DRIVE, hdd, "FILE", "A disk at the fourth place."),
    LATER("cdrom", DRIVE, cdrom, "FILE", "A CD-ROM, at the third place."),
    LATER("fda", DRIVE, fda, "FILE", "A floppy disk in the first drive."),
    LATER("fdb", DRIVE, fdb, "FILE", "A floppy disk in the second drive."),
    LATER("sd", DRIVE, sd, "FILE", "An SD card."),
    LATER("mtdblock", DRIVE, mtdblock, "FILE", "What a memory chip of the board holds, such as an NVRAM."),
    LATER("pflash", DRIVE, pflash, "FILE",
          "A flash chip's contents: first the boot flash, then the others. Writes are kept."),

    HEADING("Folders"),
    LATER("fsdev", FSDEV, fsdev,
          "local,id=ID,path=DIR,security_model=MODEL[,readonly=on][,KEY=VALUE...]",
          "A folder of the host, for fsdev=ID of a -device virtio-9p-pci or virtio-9p-device, "
          "whose mount_tag=TAG is what the guest mounts.\n"
          "security_model= says where owners and permissions of the guest's files are. "
          "mapped-xattr: in extended attributes, mapped-file: in files beside them; either needs no "
          "rights. passthrough: in the host's, which needs root. none: the same, as far as the "
          "emulator's user may.\n"
          "fmode=, dmode=OCTAL: permissions on the host of what mapped models make. "
          "multidevs=forbid: other file systems mounted below aren't there. writeout=immediate: "
          "what is written is on the host's disk."),
    LATER("virtfs", DEVICE, virtfs,
          "local,path=DIR,mount_tag=TAG,security_model=MODEL[,id=ID][,KEY=VALUE...]",
          "The same with a -device virtio-9p-pci."),

    HEADING("Devices and objects"),
    LISTED("device", DEVICE, device, "TYPE[,id=NAME][,bus=BUS][,KEY=VALUE...]",
           "Plug a device in. -device TYPE,help lists its keys."),
    LATER("option-rom", DEVICE, option_rom, "[romfile=]FILE[,bootindex=N]",
          "An option ROM for the firmware, which may boot from it."),
    LATER("fw_cfg", DEVICE, fw_cfg, "[name=]NAME,file=FILE|string=TEXT",
          "Give the firmware a file: FILE's contents, or TEXT without an end mark. Names begin with "
          "opt/, so that they don't clash with the machine's."),
    LATER("smbios", DEVICE, smbios, "type=N[,KEY=VALUE...]|file=FILE",
          "What SMBIOS tables say of the machine: 0 firmware (vendor, version, date, release, uefi), "
          "1 system (manufacturer, product, version, serial, uuid, sku, family), 2 board, 3 chassis, "
          "4 processor, 11 texts (value, path), 17 memory; or tables as they are."),
    LATER("acpitable", OBJECT, acpitable, "file=FILE|data=FILE[,KEY=VALUE...]",
          "One more ACPI table: file= has all of it, data= what is behind its header. FILE:FILE are "
          "put together.\n"
          "What the header says: sig, rev, oem_id, oem_table_id, oem_rev, asl_compiler_id, "
          "asl_compiler_rev."),
    FLAG("usb", usb, "A USB controller (qemu-xhci), where no board has one of its own yet."),
    LATER("usbdevice", DEVICE, usbdevice, "keyboard|mouse|tablet",
          "As -usb and -device usb-kbd, usb-mouse or usb-tablet."),
    LISTED("object", OBJECT, object, "TYPE,id=NAME[,KEY=VALUE...]",
           "Make something that other options refer to, such as memory. -object TYPE,help lists "
           "its keys."),
    LATER("global", PARSE, global, "TYPE.KEY=VALUE",
          "A key's default for all devices of a type, those that the board makes included. For "
          "types with a dot: driver=TYPE,property=KEY,value=VALUE."),

    HEADING("Networks"),
    LISTED("netdev", NETDEV, netdev, "KIND,id=ID[,KEY=VALUE...]",
           "One end of a network cable, for -device TYPE,netdev=ID.\n"
           "user: a network of the guest's own behind this host, which needs no rights. "
           "hostfwd=[tcp|udp]:[HOSTADDR]:HOSTPORT-[GUESTADDR]:GUESTPORT leads a port of the host to "
           "the guest; guestfwd=[tcp]:ADDR:PORT-DEV (or -cmd:COMMAND) an address of that network "
           "to a device; tftp=DIR ,bootfile=FILE serve files; net=ADDR/BITS ,host=ADDR ,dns=ADDR "
           ",dhcpstart=ADDR change its addresses; restrict=on lets nothing out; also hostname= "
           ",domainname= ,dnssearch= ,tftp-server-name= ,ipv4=on|off ,ipv6=on|off ,ipv6-prefix= "
           ",ipv6-prefixlen= ,ipv6-host= ,ipv6-dns=\n"
           "tap: an interface of this host, which needs rights: ifname=NAME ,script=FILE|no "
           ",downscript=FILE|no, or helper=FILE[,br=BRIDGE], or fd=N; vnet_hdr=off\n"
           "bridge[,br=BRIDGE][,helper=FILE]: a tap that the helper plugs into a bridge.\n"
           "stream,addr.type=unix,addr.path=PATH or addr.type=inet,addr.host=HOST,addr.port=N: a "
           "connection to another emulator, or to passt. server=on listens; "
           "reconnect-ms=N tries again.\n"
           "dgram: UDP, from local.type=inet ,local.host=HOST ,local.port=N to remote.type=inet "
           ",remote.host=HOST ,remote.port=N; a multicast group as remote needs no local. Type unix "
           "has .path instead.\n"
           "socket: the older names for these: listen=[HOST]:PORT, connect=HOST:PORT, "
           "mcast=GROUP:PORT, udp=HOST:PORT with localaddr=HOST:PORT, or fd=N.\n"
           "hubport,hubid=N[,netdev=ID]: a port of a hub, which connects all of its ports."),
    LISTED("nic", NIC, nic, "KIND[,model=TYPE][,mac=ADDR][,KEY=VALUE...]|none",
           "The next network card of the board, with that -netdev behind it; none for no default "
           "one. -nic model=help lists the types."),
    LATER("net", NET, net, "nic[,model=TYPE][,macaddr=ADDR][,netdev=ID][,KEY=VALUE...]|KIND[,KEY=VALUE...]|none",
          "The older way: cards and -netdev's, all of them connected by one hub."),

    HEADING("Screens and keyboards"),
    LISTED("display", PARSE, display, "none|vnc=DISPLAY[,KEY=VALUE...]|sdl[,KEY=VALUE...]",
           "What shows the machine's screen.\n"
           "none: nothing, and nothing is on the terminal but what other options put there.\n"
           "vnc=DISPLAY: as -vnc.\n"
           "sdl: a window, where SDL 2 was there when this was built. full-screen=on, window-close=off "
           "(to close it doesn't end the machine), show-cursor=off. Ctrl-Alt-G lets go of the mouse."),
    LATER("vnc", SCREEN, vnc, "[HOST]:N|unix:PATH|none[,KEY=VALUE...]",
          "Show the machine's screen to VNC viewers, at port 5900 + N.\n"
          "password=on: who doesn't know the password of the monitor's set_password isn't let in.\n"
          "to=N: the first port up to this one that is free. websocket=on|PORT: for browsers, too, "
          "at 5700 + N.\n"
          "share=allow-exclusive|force-shared|ignore: what a viewer that wants to be alone gets.\n"
          "tls-creds=ID: over TLS, as an -object tls-creds-x509 or tls-creds-anon says.\n"
          "display=ID[,head=N]: this device's screen, and no other. connections=N: at most so many "
          "viewers. ipv4=on|off ipv6=on|off id=NAME"),
    LISTED("vga", DEVICE, vga, "none|std|cirrus|virtio",
           "A graphics card on the machine's PCI bus; std is a VGA."),
    LISTED("k", PARSE, layout, "LAYOUT",
           "What the guest's keyboard has printed on its keys, for viewers that send symbols: en-us, "
           "de, fr(bepo) or another name that xkb has."),

    HEADING("Sound"),
    LISTED("audiodev", AUDIO, audiodev, "DRIVER,id=ID[,KEY=VALUE...]",
           "What is done with sound, for audiodev=ID of a -device and pcspk-audiodev=ID of -machine.\n"
           "none: nobody hears it. wav,path=FILE: a file with what was played (qemu.wav). sdl: the host "
           "plays it, where SDL 2 was there when this was built.\n"
           "out.frequency=N, out.channels=N, out.format=u8|s8|u16|s16|u32|s32|f32: what all of it is "
           "converted to (44100, 2, s16). out.fixed-settings=off: to what is played first.\n"
           "timer-period=N: how often, in microseconds (10000), samples move at least."),
    LISTED("audio", AUDIO, audio, "[driver=]DRIVER[,model=NAME][,KEY=VALUE...]",
           "An -audiodev, and a sound card that uses it; without model=, it is the one of cards that "
           "name none. -audio model=help lists the cards."),

    HEADING("Terminal, serial lines, monitor"),
    FLAG("nographic", nographic,
         "First serial line and monitor share this terminal. Ctrl-A h lists the keys, Ctrl-A x "
         "ends. What happens without -display, too."),
    LATER("serial", SERIAL, serial, "DEV",
          "Where the next serial line of the board goes.\n"
          "DEV is stdio, mon:stdio (with the monitor), pty, null, none (not connected), file:FILE, "
          "pipe:FILE, unix:PATH, tcp:HOST:PORT, telnet:HOST:PORT or chardev:ID. Sockets take "
          ",server=on and ,wait=off."),
    LATER("parallel", SERIAL, parallel, "DEV", "The same for the next parallel port."),
    LATER("debugcon", DEVICE, debugcon, "DEV",
          "Where what firmware says at port 0xe9 of a PC goes; SeaBIOS and OVMF write to another: "
          "-global isa-debugcon.iobase=0x402."),
    LATER("monitor", MONITOR, monitor, "DEV",
          "Where the monitor goes; none for no monitor. Its help command lists its commands."),
    LATER("qmp", MONITOR, qmp, "DEV",
          "A monitor for programs there: QMP, JSON in and out. As often as there are clients at a "
          "time.\n"
          "unix:PATH,server=on,wait=off is what most of them want."),
    LATER("qmp-pretty", MONITOR, qmp_pretty, "DEV",
          "The same with each member on a line of its own."),
    LATER("mon", MONITOR, mon, "[chardev=]ID[,mode=readline|control][,pretty=on|off]",
          "A monitor on a -chardev; as often as you like. mode=control is QMP."),
    LISTED("chardev", CHARDEV, chardev, "BACKEND,id=ID[,KEY=VALUE...]",
           "One end of a line, for chardev:ID elsewhere.\n"
           "All take logfile=FILE (a copy of the output) with logappend=on|off, and mux=on|off "
           "(several users; Ctrl-A c moves the input).\n"
           "null, ringbuf,size=N, pty, stdio,signal=on|off\n"
           "file,path=FILE[,input-path=FILE][,append=on|off]\n"
           "pipe,path=FILE\n"
           "socket,host=HOST,port=N with ,to=N ,ipv4=on|off ,ipv6=on|off ,nodelay=on|off\n"
           "socket,path=PATH with ,abstract=on|off\n"
           "Sockets take ,server=on|off ,wait=on|off ,telnet=on|off ,reconnect=SECONDS."),
    ARG("echr", echr, "N", "The shared terminal's escape key: 1 is Ctrl-A, 2 is Ctrl-B."),

    HEADING("Debugging"),
    FLAG("S", start_paused, "Start stopped: `c` in the monitor, or a debugger, goes on."),
    FLAG("singlestep", singlestep, "The same as -accel tcg,one-insn-per-tb=on. Nothing stops."),
    FLAG("perfmap", perf_map,
         "Name translated code in /tmp/perf-PID.map, where perf looks for it."),
    FLAG("jitdump", jit_dump,
         "Write translated code and its names to jit-PID.dump in the current folder, for\n"
         "perf record -k mono, and perf inject --jit afterwards."),
    LATER("gdb", GDB, gdb, "DEV",
          "Wait for a debugger on tcp:HOST:PORT, unix:PATH or another DEV of -serial; none for "
          "nowhere. The guest runs meanwhile: add -S if it shall not."),
    { "s", NULL, CLI_GDB, cli_gdb_default, "The same as -gdb tcp:127.0.0.1:1234." },
    LISTED("trace", GDB, trace, "[enable=]PATTERN[,events=FILE][,file=FILE]",
           "Follow trace points by name (* and ? match) in the log. events= has a pattern on each "
           "line; -trace help lists what the machine has."),
    LISTED("d", PARSE, log_items, "ITEM[,ITEM...]",
           "Log something. What is given several times adds up, and unimp, what the guest used "
           "and we lack, is always on."),
    ARG("D", log_file, "FILE", "Write the log there instead of to standard error."),
    ARG("dfilter", log_filter, "START..END|START+SIZE|START-SIZE[,...]",
        "Log only what is about these addresses."),
    ARG("symbols", symbols, "FILE",
        "Names for the guest's addresses, in logs and the monitor: a System.map or an ELF file, for "
        "images without symbols of their own."),

    HEADING("The process"),
    ARG("add-fd", add_fd, "fd=N,set=SET[,opaque=TEXT]",
        "A file that whoever starts the emulator has opened as descriptor N: it is called "
        "/dev/fdset/SET, for images and for -chardev file. Several of a set differ in whether they "
        "can be read and written."),
    FLAG("no-reboot", no_reboot, "Where the guest resets the machine, end."),
    ARG("action", action, "reboot=reset|shutdown,shutdown=poweroff|pause,panic=ACTION,watchdog=ACTION",
        "What happens when the guest resets or switches off the machine, has crashed (panic:"
        " shutdown, pause, exit-failure, none), or a watchdog runs out (as -watchdog-action)."),
    ARG("watchdog-action", watchdog_action, "ACTION",
        "What a watchdog card does: reset (the default), shutdown, poweroff, pause, debug, none,"
        " inject-nmi."),
    FLAG("no-shutdown", no_shutdown, "Where the guest switches it off, stop it and stay."),
    ARG("pidfile", pidfile, "FILE", "Write the process's number there, and remove it at the end."),
    FLAG("daemonize", daemonize,
         "Go to the background once everything is there; the exit status says whether it is. The "
         "working directory stays."),
    ARG("run-with", run_with, "[user=NAME|UID:GID][,chroot=DIR][,exit-with-parent=on]",
        "Be this user, and see nothing of the host but what is below DIR, from when everything is "
        "open on.\n"
        "exit-with-parent=on: end when the process that has started this one does."),
    ARG("runas", runas, "NAME|UID:GID", "The same as -run-with user=."),
    ARG("chroot", chroot, "DIR", "The same as -run-with chroot=."),
    ARG("sandbox", sandbox, "on|off[,KEY=allow|deny...]",
        "Once everything is open, refuse system calls that no running machine needs: on, unless "
        "switched off.\n"
        "obsolete= (denied): what C libraries no longer use. elevateprivileges=, spawn=, "
        "resourcecontrol= (allowed): becoming another user; starting programs; priorities and places of "
        "threads and memory."),
    ARG("msg", msg, "[timestamp=on|off][,guest-name=on|off]",
        "Put time and -name in front of messages."),
    ARG("readconfig", readconfig, "FILE",
        "Options from a file, with a [SECTION \"ID\"] for each and KEY = \"VALUE\" below it."),
    ARG("docs", docs, "man|bash|zsh",
        "Print this list as a manual page or as completion for a shell, and end."),
    FLAG("version", version, "Print the version, and end."),
    FLAG("help", help, "Print this list, and end."),
    FLAG("h", help, NULL),
    { NULL },
};

const CliOption *cli_find_option(const char *name)
{
    for (const CliOption *o = cli_options; o->name || o->help; o++) {
        if (o->name && g_str_equal(o->name, name)) {
            return o;
        }
    }
    return NULL;
}
