/*
 * System calls as PPCBug has them: a program puts the code into r10, arguments into r3 and r4, and
 * executes sc. What a call returns is in r3; files and frames go through packets in memory.
 *
 * References: PPCBug Firmware Package User's Manual, part 2, chapter 5, "System calls"; for codes
 * from 1a on and what .INSTAT returns, the headers with which OpenBSD calls the same firmware.
 *
 * SPDX-License-Identifier: MIT
 */
#include "board.h"

void system_call(registers *r);

#define R3  r3_31[0]
#define R4  r3_31[1]
#define R10 r3_31[7]

#define STATUS_FAILED 1 /* of packets; 0: done */

typedef struct file_packet { /* .NETRD */
    u8 controller, device;
    u16 status;
    u32 address, most, offset, seconds, count;
    char name[64];
} file_packet;

typedef struct open_packet { /* .NETFOPN */
    u8 controller, device;
    u16 status;
    char name[64];
} open_packet;

typedef struct block_packet { /* .NETFRD */
    u8 controller, device;
    u16 status;
    u32 address;
    u16 count, block;
    u32 timeout; /* ours is our own */
} block_packet;

typedef struct config_packet { /* .NETCFIG */
    u8 controller, device;
    u16 status;
    net_parameters *parameters;
    void *device_parameters;
    u32 control;
} config_packet;

typedef struct control_packet { /* .NETCTRL */
    u8 controller, device;
    u16 status;
    u32 command, address, count, flags;
} control_packet;

/* --- console --- */

static void input_character(registers *r)
{
    r->R3 = get_char();
}

/* As a condition register field has it. */
enum { IS_NOT_EQUAL = 8, IS_EQUAL = 4 };

/* "Equal": there is no character. */
static void input_status(registers *r)
{
    r->R3 = char_ready() ? IS_NOT_EQUAL : IS_EQUAL;
}

/* Into memory at r3, up to r3 + 255; r3 becomes the address behind the last character. */
static void input_line(registers *r)
{
    char *line = (char *)r->R3;

    read_line(line, 256);
    r->R3 += strlen(line);
}

/* A count byte, then the characters; the count byte says how many there may be, 0: 255. */
static void input_counted(registers *r)
{
    u8 *string = (u8 *)r->R3;
    char line[256];
    u32 room = string[0] ? string[0] : 255, len;

    read_line(line, room + 1);
    len = strlen(line);
    string[0] = len;
    memcpy(string + 1, line, len);
}

/* "Equal" would be a break. */
static void no_break(registers *r)
{
    r->R3 = IS_NOT_EQUAL;
}

static void put_string(const char *from, const char *end)
{
    while (from < end) {
        put_char(*from++);
    }
}

static void output_character(registers *r)
{
    put_char(r->R3);
}

static void output_string(registers *r)
{
    put_string((const char *)r->R3, (const char *)r->R4);
}

static void output_line(registers *r)
{
    output_string(r);
    put_char('\n');
}

static void output_counted(registers *r)
{
    const u8 *string = (const u8 *)r->R3;

    put_string((const char *)string + 1, (const char *)string + 1 + string[0]);
}

static void output_counted_line(registers *r)
{
    output_counted(r);
    put_char('\n');
}

static void output_new_line(registers *r)
{
    put_char('\n');
}

static void erase_line(registers *r)
{
    print("\r%79s\r", "");
}

/* r3 milliseconds. */
static void delay(registers *r)
{
    for (u32 ms = r->R3; ms; ms--) {
        u32 start = timebase();

        while (timebase() - start < 25000) {
        }
    }
}

/* --- network --- */

static void read_file(registers *r)
{
    file_packet *p = (file_packet *)r->R3;
    u32 start = timebase(), count = TFTP_FAILED;
    net_parameters n;

    p->name[sizeof(p->name) - 1] = 0;
    if (p->controller == 0 && net_configure(p->device, &n)) {
        count = tftp_read(&n, p->name, p->address, p->most, p->offset);
    }
    p->status = count == TFTP_FAILED ? STATUS_FAILED : 0;
    if (count != TFTP_FAILED) {
        p->count = count;
        p->seconds = (timebase() - start) / 25000000;
    }
}

static void open_file(registers *r)
{
    open_packet *p = (open_packet *)r->R3;
    net_parameters n;

    p->name[sizeof(p->name) - 1] = 0;
    p->status = p->controller == 0 && net_configure(p->device, &n) && tftp_open(&n, p->name)
                    ? 0 : STATUS_FAILED;
}

static void read_block(registers *r)
{
    block_packet *p = (block_packet *)r->R3;
    int size = p->controller == 0 ? tftp_block(p->block, p->address) : -1;

    p->status = size < 0 ? STATUS_FAILED : 0;
    p->count = size < 0 ? 0 : size;
}

/* 0: read, 1: change for now (which we don't distinguish), 2: change in NVRAM. */
static void configure_network(registers *r)
{
    config_packet *p = (config_packet *)r->R3;

    p->status = 0;
    if (p->control == 0) {
        read_parameters(p->parameters);
    } else if (p->control <= 2) {
        write_parameters(p->parameters);
    } else {
        p->status = STATUS_FAILED;
    }
}

static void control_network(registers *r)
{
    enum { INITIALIZE, HARDWARE_ADDRESS, TRANSMIT, RECEIVE, FLUSH, RESET };
    control_packet *p = (control_packet *)r->R3;
    u8 ignored[16];

    p->status = STATUS_FAILED;
    if (p->controller != 0 || p->command > RESET ||
        (p->command != RESET && !net_open(p->device))) {
        return;
    }
    switch (p->command) {
    case HARDWARE_ADDRESS:
        memcpy((void *)p->address, fw->nic.mac, 6);
        break;
    case TRANSMIT:
        if (!net_send((const void *)p->address, p->count)) {
            return;
        }
        break;
    case RECEIVE:
        p->count = net_receive((void *)p->address, p->count);
        break;
    case FLUSH:
        while (net_receive(ignored, sizeof(ignored))) {
        }
        break;
    case RESET:
        net_close();
        break;
    }
    p->status = 0;
}

/* --- the rest --- */

static void return_to_prompt(registers *r)
{
    print("\n");
    restore_state(fw->jmp);
}

typedef struct call {
    u16 code;
    void (*run)(registers *r);
} call;

static const call calls[] = {
    { 0x00, input_character },      /* .INCHR */
    { 0x01, input_status },         /* .INSTAT */
    { 0x02, input_line },           /* .INLN */
    { 0x03, input_counted },        /* .READSTR */
    { 0x04, input_counted },        /* .READLN */
    { 0x05, no_break },             /* .CHKBRK */
    { 0x18, read_file },            /* .NETRD */
    { 0x1a, configure_network },    /* .NETCFIG */
    { 0x1b, open_file },            /* .NETFOPN */
    { 0x1c, read_block },           /* .NETFRD */
    { 0x1d, control_network },      /* .NETCTRL */
    { 0x20, output_character },     /* .OUTCHR */
    { 0x21, output_string },        /* .OUTSTR */
    { 0x22, output_line },          /* .OUTLN */
    { 0x23, output_counted },       /* .WRITE */
    { 0x24, output_counted_line },  /* .WRITELN */
    { 0x26, output_new_line },      /* .PCRLF */
    { 0x27, erase_line },           /* .ERASLN */
    { 0x43, delay },                /* .DELAY */
    { 0x63, return_to_prompt },     /* .RETURN */
};

void system_call(registers *r)
{
    for (u32 i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        if (calls[i].code == (r->R10 & 0xffff)) {
            calls[i].run(r);
            return;
        }
    }
    print("\nsystem call %04x at %08x is not known\n", r->R10 & 0xffff, r->pc - 4);
    restore_state(fw->jmp);
}
