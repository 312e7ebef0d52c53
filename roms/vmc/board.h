/*
 * VMC board: addresses, registers, and the firmware's own state.
 *
 * Reference: MVME5100 Single Board Computer Programmer's Reference Guide.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BOARD_H
#define BOARD_H

#define UART0_BASE  0xfef88000
#define SMC_BASE    0xfef80000
#define PHB_BASE    0xfeff0000
#define BOARD_BSTAT 0xfef88080
#define BOARD_RESET 0xfef880a0
#define PCI_IO_BASE 0xfe000000
#define PCI_MEM     0x80000000
#define PCI_DEVICES 0xf0000000 /* PCI functions, up to the interrupt controller */
#define MPIC_BASE   0xf3f80000
#define FLASH_A     0xf4000000
#define FLASH_A_SIZE 0x01000000
#define RTC_ADDR_LOW 0xfef880c8
#define ROM_BASE    0xfff00000

/* Everything from here to the end of RAM is the firmware's: state, stack, device tree. */
#define FIRMWARE_RAM 0x00080000
#define FIRST_STACK  0x00004000
/* Behind state, stack and device tree, from the state on. */
#define NET_MEMORY   0x60000
#define OPEN_FILE    0x70000

#ifndef __ASSEMBLER__

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

/* What PPCBug keeps in NVRAM for network boot. */
typedef struct net_parameters {
    u32 version, node_memory, load, entry, delay, length, offset, trace;
    u32 client, server, mask, broadcast, gateway;
    u8 control[4];
    char file[64], arguments[64];
} net_parameters;

/* An Ethernet in use. */
typedef struct nic_state {
    u32 csr;  /* 0: none is in use */
    u32 unit;
    u32 next; /* receive descriptor */
    u8 mac[6];
} nic_state;

/* A program's registers at a system call; start.S knows the order. */
typedef struct registers {
    u32 r0, r2, r1, r3_31[29], lr, cr, ctr, xer, pc, msr;
} registers;

/* The firmware runs from ROM and has no writable data but this; r2 points to it. */
typedef struct firmware_state {
    u32 ram_size;
    u32 jmp[24];        /* registers of the prompt's loop, for exceptions */
    u32 ready;          /* jmp is valid */
    u32 probing;        /* an exception is an answer, not an event */
    char line[256];
    char *argv[16];
    int argc;
    nic_state nic;
} firmware_state;

register firmware_state *fw __asm__("r2");

static inline u8 in8(u32 addr)
{
    u8 v = *(volatile u8 *)addr;
    __asm__ volatile("eieio" ::: "memory");
    return v;
}

static inline void out8(u32 addr, u8 v)
{
    *(volatile u8 *)addr = v;
    __asm__ volatile("eieio" ::: "memory");
}

static inline u32 in32(u32 addr)
{
    u32 v = *(volatile u32 *)addr;
    __asm__ volatile("eieio" ::: "memory");
    return v;
}

static inline void out32(u32 addr, u32 v)
{
    *(volatile u32 *)addr = v;
    __asm__ volatile("eieio" ::: "memory");
}

static inline u16 in16(u32 addr)
{
    u16 v = *(volatile u16 *)addr;
    __asm__ volatile("eieio" ::: "memory");
    return v;
}

static inline void out16(u32 addr, u16 v)
{
    *(volatile u16 *)addr = v;
    __asm__ volatile("eieio" ::: "memory");
}

/* PCI is little-endian. */
static inline u32 in32le(u32 addr)
{
    u32 v;
    __asm__ volatile("lwbrx %0,0,%1\n\teieio" : "=r"(v) : "r"(addr) : "memory");
    return v;
}

static inline void out32le(u32 addr, u32 v)
{
    __asm__ volatile("stwbrx %0,0,%1\n\teieio" : : "r"(v), "r"(addr) : "memory");
}

static inline u32 timebase(void)
{
    u32 v;
    __asm__ volatile("mftb %0" : "=r"(v));
    return v;
}

/* start.S */
int save_state(u32 *regs) __attribute__((returns_twice));
void restore_state(u32 *regs) __attribute__((noreturn));
void start_kernel(u32 dtb, u32 entry, u32 stack) __attribute__((noreturn));
u32 call_guest(u32 entry, const u32 *r3_to_r12);
u32 processor_version(void);
u32 read_hid1(void);
void sync_code(u32 start, u32 len);

/* console.c */
void console_init(void);
void put_char(char c);
int get_char(void);
int char_ready(void);
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
void read_line(char *line, unsigned size);

/* lib.c */
unsigned long strlen(const char *s);
int strcmp(const char *a, const char *b);
void *memcpy(void *d, const void *s, unsigned long n);
void *memset(void *d, int c, unsigned long n);
int memcmp(const void *a, const void *b, unsigned long n);
int parse_number(const char *text, u32 *value);
u32 crc32(u32 crc, const void *data, u32 len);

/* memory.c */
u32 sdram_size(void);
static inline u32 free_memory(void) /* programs may use what is below */
{
    return fw->ram_size - FIRMWARE_RAM;
}
int test_memory(u32 start, u32 end, u32 step);
int quick_memory_test(void);

/* pci.c */
u32 pci_read(u32 bus, u32 devfn, u32 reg);
void pci_write(u32 bus, u32 devfn, u32 reg, u32 value);
void pci_init(void);
void pci_assign(void);
void pci_list(void);

/* nvram.c */
u8 nvram_byte(u32 at);
void set_nvram_byte(u32 at, u8 value);
void read_parameters(net_parameters *p);
void write_parameters(const net_parameters *p);
void edit_parameters(const char *name, const char *value);
int parse_ip(const char *text, u32 *ip);
void print_ip(u32 ip);

/* gev.c */
void gev_show(const char *name); /* 0: all */
void gev_edit(const char *name, const char *value);
void gev_delete(const char *name);
void gev_init(void);

/* net.c */
int net_open(u32 unit);
void net_close(void);
int net_link(void);
int net_send(const void *frame, u32 size);
u32 net_receive(void *frame, u32 room);

/* udp.c: the parameters in NVRAM, by BOOTP what they lack, and a link; 0 after a message */
int net_configure(u32 unit, net_parameters *p);

/* tftp.c */
#define TFTP_FAILED 0xffffffff
u32 tftp_read(const net_parameters *p, const char *file, u32 to, u32 most, u32 skip);
/* Block by block, from 1 on; 0 and -1 on failure. */
int tftp_open(const net_parameters *p, const char *file);
int tftp_block(u32 block, u32 to);

/* srecord.c */
void load_records(u32 offset);

/* flash.c */
int flash_erase(u32 addr, u32 len);
int flash_write(u32 addr, const void *data, u32 len);
void flash_print(void);

/* fdt.c */
u32 make_device_tree(u32 dest, const char *bootargs, u32 initrd_start, u32 initrd_end);

/* boot.c */
void boot_flash(const char *bootargs);

/* commands.c */
void inventory(void);
void run_command(void);

#endif
#endif
