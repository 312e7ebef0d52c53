/*
 * The prompt's commands. Numbers are hexadecimal.
 *
 * SPDX-License-Identifier: MIT
 */
#include "board.h"

typedef struct command {
    const char *name;
    const char *arguments;
    const char *text;
    u8 min_args, max_args;
    u8 has_widths;
    void (*run)(void);
} command;

/* Argument n as a number, or `fallback` where it is missing. Bad ones return to the prompt. */
static u32 number(int n, u32 fallback)
{
    u32 value = fallback;

    if (n < fw->argc && !parse_number(fw->argv[n], &value)) {
        print("'%s' is not a hexadecimal number of up to 8 digits\n", fw->argv[n]);
        restore_state(fw->jmp);
    }
    return value;
}

/* md, md.b, md.w, md.l: the width that the command's name says. */
static u32 width(void)
{
    const char *name = fw->argv[0];
    char suffix = 'l';

    while (*name) {
        suffix = name[0] == '.' ? name[1] : suffix;
        name++;
    }
    return suffix == 'b' ? 1 : suffix == 'w' ? 2 : 4;
}

static u32 read_width(u32 addr, u32 size)
{
    return size == 1 ? in8(addr) : size == 2 ? in16(addr) : in32(addr);
}

static void write_width(u32 addr, u32 value, u32 size)
{
    if (size == 1) {
        out8(addr, value);
    } else if (size == 2) {
        out16(addr, value);
    } else {
        out32(addr, value);
    }
}

static void display_text(const u8 *bytes, u32 n)
{
    for (u32 i = 0; i < n; i++) {
        put_char(bytes[i] >= ' ' && bytes[i] < 127 ? bytes[i] : '.');
    }
}

static void memory_display(void)
{
    u32 size = width(), addr = number(1, 0) & -size, count = number(2, 0x40 / size);

    while (count) {
        u32 n = count < 16 / size ? count : 16 / size;
        u8 bytes[16];

        print("%08x:", addr);
        for (u32 i = 0; i < n; i++) {
            u32 value = read_width(addr + i * size, size);

            print(size == 1 ? " %02x" : size == 2 ? " %04x" : " %08x", value);
            for (u32 k = 0; k < size; k++) {
                bytes[i * size + k] = value >> 8 * (size - 1 - k);
            }
        }
        print("  ");
        display_text(bytes, n * size);
        print("\n");
        addr += n * size;
        count -= n;
    }
}

static void memory_write(void)
{
    u32 size = width(), addr = number(1, 0) & -size, value = number(2, 0);

    if (size < 4 && value >> 8 * size) {
        print("%x does not fit into %u bits\n", value, 8 * size);
        return;
    }
    for (u32 count = number(3, 1); count; count--, addr += size) {
        write_width(addr, value, size);
    }
}

static void memory_copy(void)
{
    memcpy((void *)number(2, 0), (const void *)number(1, 0), number(3, 0));
}

static void memory_crc(void)
{
    print("%08x\n", crc32(0, (const void *)number(1, 0), number(2, 0)));
}

static void memory_test(void)
{
    u32 start = number(1, 0x8000) & ~3u, end = number(2, fw->ram_size - FIRMWARE_RAM) & ~3u;

    if (end > fw->ram_size - FIRMWARE_RAM) {
        print("memory from %08x on is the firmware's\n", fw->ram_size - FIRMWARE_RAM);
        return;
    }
    if (start >= end) {
        print("START is below END\n");
        return;
    }
    print("testing %08x to %08x\n", start, end);
    if (test_memory(start, end, 4)) {
        print("passed\n");
    }
}

static void go(void)
{
    u32 entry = number(1, 0), registers[10] = { number(2, 0), number(3, 0) };

    sync_code(entry & ~31u, 0x1000);
    print("returned %08x\n", call_guest(entry, registers));
}

static void load(void)
{
    load_records(number(1, 0));
}

static void network_parameters(void)
{
    for (int i = 3; i < fw->argc; i++) {
        fw->argv[i][-1] = ' ';
    }
    edit_parameters(fw->argc > 1 ? fw->argv[1] : 0, fw->argc > 2 ? fw->argv[2] : 0);
}

static void network_status(void)
{
    for (u32 unit = 0; unit < 2; unit++) {
        print("Ethernet %u  ", unit + 1);
        if (!net_open(unit)) {
            print("does not work\n");
            continue;
        }
        for (int i = 0; i < 6; i++) {
            print(i ? ":%02x" : "%02x", fw->nic.mac[i]);
        }
        print(", %s\n", net_link() ? "link" : "no link");
    }
    net_close();
}

/* Through Ethernet 1. */
static void read_file(void)
{
    u32 to = number(1, 0), size;
    net_parameters p;

    if (!net_configure(0, &p)) {
        return;
    }
    size = tftp_read(&p, fw->argv[2], to, 0, 0);
    if (size != TFTP_FAILED) {
        print("%x bytes at %08x\n", size, to);
    }
}

/* Loads the file in NVRAM, or the one given, and starts it as PPCBug does. */
static void network_boot(void)
{
    net_parameters p;
    u32 size, registers[10];

    if (!net_configure(0, &p)) {
        return;
    }
    if (fw->argc > 1) {
        u32 len = strlen(fw->argv[1]);

        memset(p.file, 0, sizeof(p.file));
        memcpy(p.file, fw->argv[1], len < sizeof(p.file) ? len : sizeof(p.file) - 1);
    }
    if (fw->argc > 2) {
        u32 len = strlen(fw->argv[2]);

        memset(p.arguments, 0, sizeof(p.arguments));
        memcpy(p.arguments, fw->argv[2], len < sizeof(p.arguments) ? len : sizeof(p.arguments) - 1);
    }
    if (!p.file[0]) {
        print("netboot FILE [ARGUMENTS], or set the file with niot, or have the server say it\n");
        return;
    }
    size = tftp_read(&p, p.file, p.load, p.length, p.offset);
    if (size == TFTP_FAILED) {
        return;
    }
    print("%x bytes at %08x, starting at %08x\n", size, p.load, p.entry);
    registers[0] = 0;                           /* r3: controller, r4: device */
    registers[1] = 0;
    registers[2] = 1;                           /* r5: there are system calls */
    registers[3] = fw->nic.csr;                 /* r6: the controller's registers */
    registers[4] = p.entry;                     /* r7: entry, r8: client, server, gateway */
    registers[5] = (u32)&p.client;
    registers[6] = (u32)p.file;                 /* r9, r10: the file's name and its end */
    registers[7] = (u32)p.file + strlen(p.file);
    registers[8] = (u32)p.arguments;            /* r11, r12: arguments and their end */
    registers[9] = (u32)p.arguments + strlen(p.arguments);
    sync_code(p.load & ~31u, size + 32);
    print("returned %08x\n", call_guest(p.entry, registers));
}

/* The arguments from the n-th on as one text, as they were typed; 0: there are none. */
static const char *rest_of_line(int n)
{
    for (int i = n + 1; i < fw->argc; i++) {
        fw->argv[i][-1] = ' ';
    }
    return fw->argc > n ? fw->argv[n] : 0;
}

static void show_variables(void)
{
    gev_show(fw->argc > 1 ? fw->argv[1] : 0);
}

static void edit_variable(void)
{
    gev_edit(fw->argv[1], rest_of_line(2));
}

static void delete_variable(void)
{
    gev_delete(fw->argv[1]);
}

/* The rest of the line is the kernel's command line. */
static void boot(void)
{
    static const char fallback[] = "console=ttyS0,9600";
    const char *args = rest_of_line(1);

    boot_flash(args ? args : fallback);
}

static void reset_board(void)
{
    out8(BOARD_RESET, 1);
    for (;;) {
    }
}

static void list_pci(void)
{
    pci_list();
}

static void flash(void)
{
    if (fw->argc == 1) {
        flash_print();
        return;
    }
    int is_write = !strcmp(fw->argv[1], "write") && fw->argc == 5;
    int is_erase = !strcmp(fw->argv[1], "erase") && fw->argc == 4;

    if (!is_write && !is_erase) {
        print("flash | flash erase ADDR LEN | flash write ADDR FROM LEN\n");
        return;
    }
    u32 addr = number(2, 0), end = FLASH_A + FLASH_A_SIZE, len = number(fw->argc - 1, 0);

    if (addr < FLASH_A || addr >= end || len > end - addr) {
        print("flash bank A is %08x to %08x\n", FLASH_A, end - 1);
    } else if (is_erase) {
        print(flash_erase(addr, len) ? "erased\n" : "failed\n");
    } else if (addr & 1) {
        print("flash is written in 16-bit words: %08x is odd\n", addr);
    } else {
        print(flash_write(addr, (const void *)number(3, 0), len) ? "written\n" : "failed\n");
    }
}

static void help(void);

static const command commands[] = {
    { "help", "", "this list", 0, 0, 0, help },
    { "info", "", "what the board has", 0, 0, 0, inventory },
    { "md", "ADDR [COUNT]", "display memory (md.b md.w md.l)", 1, 2, 1, memory_display },
    { "mw", "ADDR VALUE [COUNT]", "write memory (mw.b mw.w mw.l)", 2, 3, 1, memory_write },
    { "cp", "FROM TO BYTES", "copy memory", 3, 3, 0, memory_copy },
    { "crc32", "ADDR BYTES", "checksum of memory", 2, 2, 0, memory_crc },
    { "mtest", "[START END]", "test memory", 0, 2, 0, memory_test },
    { "pci", "", "list PCI devices", 0, 0, 0, list_pci },
    { "flash", "[erase A LEN|write A FROM LEN]", "flash bank A", 0, 4, 0, flash },
    { "go", "ADDR [R3 R4]", "call a program", 1, 3, 0, go },
    { "load", "[OFFSET]", "load S-records from the console", 0, 1, 0, load },
    { "net", "", "the Ethernets", 0, 0, 0, network_status },
    { "niot", "[NAME VALUE]", "network boot parameters in NVRAM", 0, 14, 0, network_parameters },
    { "gevshow", "[NAME]", "the environment in NVRAM", 0, 1, 0, show_variables },
    { "gevedit", "NAME VALUE", "set a variable there", 2, 14, 0, edit_variable },
    { "gevdel", "NAME", "delete one", 1, 1, 0, delete_variable },
    { "gevinit", "", "delete all of them", 0, 0, 0, gev_init },
    { "tftp", "ADDR FILE", "read a file over the network", 2, 2, 0, read_file },
    { "netboot", "[FILE [ARGUMENTS]]", "load and start a file over the network", 0, 2, 0,
      network_boot },
    { "boot", "[KERNEL ARGUMENTS]", "boot the image in flash bank A", 0, 14, 0, boot },
    { "reset", "", "reset the board", 0, 0, 0, reset_board },
};
#define NB_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void help(void)
{
    for (u32 i = 0; i < NB_COMMANDS; i++) {
        print("%-7s %-31s %s\n", commands[i].name, commands[i].arguments, commands[i].text);
    }
    print("Numbers are hexadecimal.\n");
}

static void split_line(void)
{
    char *p = fw->line;

    fw->argc = 0;
    while (*p && fw->argc < 16) {
        while (*p == ' ') {
            *p++ = 0;
        }
        if (*p) {
            fw->argv[fw->argc++] = p;
        }
        while (*p && *p != ' ') {
            p++;
        }
    }
}

/* "md.b" is "md" with a suffix: b, w or l, for the commands that have widths. */
static int name_matches(const command *c, const char *typed)
{
    const char *name = c->name;

    while (*name && *name == *typed) {
        name++;
        typed++;
    }
    if (*name || !*typed) {
        return !*name;
    }
    return c->has_widths && typed[0] == '.' && !typed[2] &&
           (typed[1] == 'b' || typed[1] == 'w' || typed[1] == 'l');
}

void run_command(void)
{
    split_line();
    if (!fw->argc) {
        return;
    }
    for (u32 i = 0; i < NB_COMMANDS; i++) {
        const command *c = &commands[i];

        if (name_matches(c, fw->argv[0])) {
            if (fw->argc - 1 < c->min_args || fw->argc - 1 > c->max_args) {
                print("usage: %s %s\n", c->name, c->arguments);
            } else {
                c->run();
            }
            return;
        }
    }
    print("'%s' is no command; help lists them\n", fw->argv[0]);
}
