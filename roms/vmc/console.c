/*
 * The console: UART 0, polled, 9600 baud, 8 data bits, no parity.
 *
 * Reference: National PC16550D data sheet; on this board its registers are 16 bytes apart.
 *
 * SPDX-License-Identifier: MIT
 */
#include "board.h"

#define UART(reg) (UART0_BASE + (reg) * 16)
#define RBR       UART(0)
#define THR       UART(0)
#define DLL       UART(0)
#define DLM       UART(1)
#define IER       UART(1)
#define FCR       UART(2)
#define LCR       UART(3)
#define MCR       UART(4)
#define LSR       UART(5)

#define LCR_8N1   0x03
#define LCR_DLAB  0x80
#define LSR_DR    0x01
#define LSR_THRE  0x20
#define DIVISOR   (1843200 / 16 / 9600)

void console_init(void)
{
    out8(IER, 0);
    out8(LCR, LCR_DLAB | LCR_8N1);
    out8(DLL, DIVISOR & 0xff);
    out8(DLM, DIVISOR >> 8);
    out8(LCR, LCR_8N1);
    out8(MCR, 0x03); /* DTR, RTS */
    out8(FCR, 0x07); /* FIFOs on and empty */
}

void put_char(char c)
{
    if (c == '\n') {
        put_char('\r');
    }
    while (!(in8(LSR) & LSR_THRE)) {
    }
    out8(THR, c);
}

int char_ready(void)
{
    return in8(LSR) & LSR_DR;
}

int get_char(void)
{
    while (!char_ready()) {
    }
    return in8(RBR);
}

static void put_text(const char *s, int width)
{
    int pad = width - (int)strlen(s);

    while (*s) {
        put_char(*s++);
    }
    while (pad-- > 0) {
        put_char(' ');
    }
}

static void put_number(u32 v, u32 base, int width, char fill)
{
    char digits[12];
    int n = 0;

    do {
        digits[n++] = "0123456789abcdef"[v % base];
        v /= base;
    } while (v);
    while (width-- > n) {
        put_char(fill);
    }
    while (n) {
        put_char(digits[--n]);
    }
}

/* %s %c %u %x %% with a width; that is all. */
void print(const char *format, ...)
{
    __builtin_va_list args;

    __builtin_va_start(args, format);
    for (; *format; format++) {
        char fill = ' ';
        int width = 0;

        if (*format != '%') {
            put_char(*format);
            continue;
        }
        if (*++format == '0') {
            fill = '0';
        }
        if (*format == '-') {
            format++;
        }
        for (; *format >= '0' && *format <= '9'; format++) {
            width = width * 10 + *format - '0';
        }
        if (*format == 's') {
            put_text(__builtin_va_arg(args, const char *), width);
        } else if (*format == 'c') {
            put_char(__builtin_va_arg(args, int));
        } else if (*format == 'u' || *format == 'x') {
            put_number(__builtin_va_arg(args, u32), *format == 'u' ? 10 : 16, width, fill);
        } else {
            put_char(*format);
        }
    }
    __builtin_va_end(args);
}

/* A line with backspace and Ctrl-U; Ctrl-C gives an empty one. */
void read_line(char *line, unsigned size)
{
    unsigned n = 0;

    for (;;) {
        int c = get_char();

        if (c == '\r' || c == '\n') {
            break;
        }
        if (c == 3) {
            n = 0;
            break;
        }
        if (c == 8 || c == 127) {
            if (n) {
                n--;
                print("\b \b");
            }
        } else if (c == 21) {
            for (; n; n--) {
                print("\b \b");
            }
        } else if (c >= ' ' && n + 1 < size) {
            line[n++] = c;
            put_char(c);
        }
    }
    line[n] = 0;
    print("\n");
}
