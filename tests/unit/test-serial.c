/*
 * 16550A: every register, the FIFOs, interrupts, and a back end that is full, absent or has modem
 * lines.
 *
 * SPDX-License-Identifier: MIT
 */
#include "device-test.h"
#include "hw/char/serial.h"

enum { RBR, IER, IIR, LCR, MCR, LSR, MSR, SCR, THR = RBR, FCR = IIR, DLL = 0, DLM = 1 };

#define REGSHIFT 4
#define CHAR_NS  (10 * NANOSECONDS_PER_SECOND / 9600)

/* --- a back end that a test controls --- */

#define TYPE_TEST_CHARDEV "chardev-serial-test"
OBJECT_DECLARE_SIMPLE_TYPE(TestChardev, TEST_CHARDEV)

struct TestChardev {
    Chardev parent_obj;
    GString *output;
    int room;       /* characters it takes before it is full */
    bool can_watch;
    bool has_lines;
    int tiocm;
    int breaks;     /* last SET_BREAK, -1: none */
    QEMUSerialSetParams params;
};

static int test_chr_write(Chardev *chr, const uint8_t *buf, int len)
{
    TestChardev *t = TEST_CHARDEV(chr);
    int n = MIN(len, t->room);

    if (!n) {
        errno = EAGAIN;
        return -1;
    }
    g_string_append_len(t->output, (const char *)buf, n);
    t->room -= n;
    return n;
}

typedef struct RoomSource {
    GSource source;
    TestChardev *t;
} RoomSource;

static gboolean room_ready(GSource *source)
{
    return ((RoomSource *)source)->t->room > 0;
}

static gboolean room_prepare(GSource *source, gint *timeout)
{
    *timeout = -1;
    return room_ready(source);
}

static gboolean room_dispatch(GSource *source, GSourceFunc func, gpointer data)
{
    return ((FEWatchFunc)(void (*)(void))func)(NULL, G_IO_OUT, data);
}

static GSourceFuncs room_funcs = { room_prepare, room_ready, room_dispatch };

static GSource *test_chr_add_watch(Chardev *chr, GIOCondition cond)
{
    TestChardev *t = TEST_CHARDEV(chr);
    GSource *source;

    if (!t->can_watch) {
        return NULL;
    }
    source = g_source_new(&room_funcs, sizeof(RoomSource));
    ((RoomSource *)source)->t = t;
    return source;
}

static int test_chr_ioctl(Chardev *chr, int cmd, void *arg)
{
    TestChardev *t = TEST_CHARDEV(chr);

    switch (cmd) {
    case CHR_IOCTL_SERIAL_SET_PARAMS:
        t->params = *(QEMUSerialSetParams *)arg;
        return 0;
    case CHR_IOCTL_SERIAL_SET_BREAK:
        t->breaks = *(int *)arg;
        return 0;
    case CHR_IOCTL_SERIAL_GET_TIOCM:
        *(int *)arg = t->tiocm;
        return t->has_lines ? 0 : -ENOTSUP;
    case CHR_IOCTL_SERIAL_SET_TIOCM:
        t->tiocm = *(int *)arg;
        return t->has_lines ? 0 : -ENOTSUP;
    }
    return -ENOTSUP;
}

static void test_chr_init(Object *obj)
{
    TestChardev *t = TEST_CHARDEV(obj);

    t->output = g_string_new("");
    t->room = INT_MAX;
    t->can_watch = true;
    t->breaks = -1;
}

static void test_chr_class_init(ObjectClass *oc, void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->chr_write = test_chr_write;
    cc->chr_add_watch = test_chr_add_watch;
    cc->chr_ioctl = test_chr_ioctl;
}

static const TypeInfo test_chr_type = {
    .name = TYPE_TEST_CHARDEV,
    .parent = TYPE_CHARDEV,
    .instance_size = sizeof(TestChardev),
    .instance_init = test_chr_init,
    .class_init = test_chr_class_init,
};

/* --- the UART --- */

typedef struct Fixture {
    SerialMM *mm;
    AddressSpace as;
    TestLine irq;
    TestChardev *t;
    char *label;
} Fixture;

static uint8_t get(Fixture *f, int reg)
{
    return rd(&f->as, reg << REGSHIFT, MO_8);
}

static void put(Fixture *f, int reg, uint8_t value)
{
    wr(&f->as, reg << REGSHIFT, value, MO_8);
}

static SerialMM *new_uart(Chardev *chr)
{
    SerialMM *mm = SERIAL_MM(qdev_new(TYPE_SERIAL_MM));

    qdev_prop_set_uint8(DEVICE(mm), "regshift", REGSHIFT);
    qdev_prop_set_uint8(DEVICE(mm), "endianness", DEVICE_BIG_ENDIAN);
    qdev_prop_set_uint32(DEVICE(mm), "baudbase", 115200);
    if (chr) {
        qdev_prop_set_chr(DEVICE(mm), "chardev", chr);
    }
    sysbus_realize(SYS_BUS_DEVICE(mm), &error_abort);
    return mm;
}

static void set_up(Fixture *f, gconstpointer data)
{
    static int count;
    Chardev *chr;

    f->label = g_strdup_printf("test%d", count++);
    chr = qemu_chardev_new(f->label, TYPE_TEST_CHARDEV, NULL, &error_abort);
    f->t = TEST_CHARDEV(chr);
    f->mm = new_uart(chr);
    sysbus_connect_irq(SYS_BUS_DEVICE(f->mm), 0, test_line(&f->irq));
    test_map(&f->as, DEVICE(f->mm));
    device_cold_reset(DEVICE(f->mm));
}

static void tear_down(Fixture *f, gconstpointer data)
{
    address_space_destroy(&f->as);
    test_drop(DEVICE(f->mm));
    g_free(f->label);
}

static void receive(Fixture *f, const char *text)
{
    qemu_chr_be_write(CHARDEV(f->t), (const uint8_t *)text, strlen(text));
}

/* How many bytes the UART would take. */
static int room(Fixture *f)
{
    CharBackend *be = CHARDEV(f->t)->be;

    return be->chr_can_read(be->opaque);
}

static void fifo_on(Fixture *f, uint8_t trigger)
{
    put(f, FCR, 0x01 | trigger);
}

static void test_reset_values(Fixture *f, gconstpointer data)
{
    put(f, IER, 0x0f);
    put(f, MCR, 0x1f);
    put(f, SCR, 0x55);
    put(f, LCR, 0x83);
    device_cold_reset(DEVICE(f->mm));
    g_assert_cmphex(get(f, IER), ==, 0);
    g_assert_cmphex(get(f, IIR), ==, 0x01);
    g_assert_cmphex(get(f, LCR), ==, 0);
    g_assert_cmphex(get(f, MCR), ==, 0);
    g_assert_cmphex(get(f, LSR), ==, 0x60);
    g_assert_cmphex(get(f, MSR), ==, 0xb0);
    g_assert_cmphex(get(f, SCR), ==, 0);
    g_assert_false(f->irq.level);
}

static void test_plain_registers(Fixture *f, gconstpointer data)
{
    put(f, IER, 0xff);
    g_assert_cmphex(get(f, IER), ==, 0x0f);
    put(f, MCR, 0xff);
    g_assert_cmphex(get(f, MCR), ==, 0x1f);
    put(f, MCR, 0);
    put(f, SCR, 0xa5);
    g_assert_cmphex(get(f, SCR), ==, 0xa5);
    put(f, LSR, 0x00);
    g_assert_cmphex(get(f, LSR), ==, 0x60);
    put(f, LCR, 0x7f);
    g_assert_cmphex(get(f, LCR), ==, 0x7f);
}

static void test_divisor(Fixture *f, gconstpointer data)
{
    put(f, LCR, 0x83);
    put(f, DLL, 0x35);
    put(f, DLM, 0x12);
    g_assert_cmphex(get(f, DLL), ==, 0x35);
    g_assert_cmphex(get(f, DLM), ==, 0x12);
    put(f, DLL, 1);
    put(f, DLM, 0);
    put(f, LCR, 0x1f); /* 8 bits, even parity, 2 stop bits */
    g_assert_cmpint(f->t->params.speed, ==, 115200);
    g_assert_cmpint(f->t->params.data_bits, ==, 8);
    g_assert_cmpint(f->t->params.stop_bits, ==, 2);
    g_assert_cmpint(f->t->params.parity, ==, 'E');
    put(f, LCR, 0x09);
    g_assert_cmpint(f->t->params.parity, ==, 'O');
    g_assert_cmpint(f->t->params.data_bits, ==, 6);
    g_assert_cmpint(f->t->params.stop_bits, ==, 1);
    g_assert_cmphex(get(f, IER), ==, 0); /* DLAB off: IER again */
    g_assert_cmpuint(f->t->output->len, ==, 0);
    put(f, LCR, 0x80);
    put(f, DLL, 0);
    put(f, LCR, 0x03); /* divisor 0 is survived */
    g_assert_cmpint(f->t->params.speed, ==, 1);
}

/* What Linux's 8250 driver does to tell the UARTs apart. */
static void test_autoconfig(Fixture *f, gconstpointer data)
{
    put(f, IER, 0);
    g_assert_cmphex(get(f, IER), ==, 0);
    put(f, IER, 0x0f);
    g_assert_cmphex(get(f, IER), ==, 0x0f);
    put(f, IER, 0);
    put(f, MCR, 0x10 | 0x0a);
    g_assert_cmphex(get(f, MSR) & 0xf0, ==, 0x90);
    put(f, MCR, 0);
    put(f, LCR, 0xbf);
    put(f, FCR, 0);
    put(f, LCR, 0);
    put(f, FCR, 0x01);
    g_assert_cmphex(get(f, IIR) >> 6, ==, 3);
    put(f, LCR, 0x80);
    g_assert_cmphex(get(f, 2), !=, 0); /* no EFR: no 16650 */
    put(f, LCR, 0xbf);
    g_assert_cmphex(get(f, 2), !=, 0); /* no 16850 */
    put(f, LCR, 0xe0);
    g_assert_cmphex(get(f, 2) & 0x10, ==, 0); /* no EXCR1: no National superchip */
    put(f, LCR, 0);
    put(f, IER, 0x40);
    g_assert_cmphex(get(f, IER), ==, 0); /* no XScale */
    put(f, FCR, 0x01);
    put(f, LCR, 0x80);
    put(f, FCR, 0x21);
    put(f, LCR, 0);
    g_assert_cmphex(get(f, IIR) >> 5, ==, 6); /* no 16750 */
}

static void test_transmit(Fixture *f, gconstpointer data)
{
    put(f, THR, 'a');
    g_assert_cmphex(get(f, LSR), ==, 0x60);
    fifo_on(f, 0);
    put(f, THR, 'b');
    put(f, THR, 'c');
    g_assert_cmpstr(f->t->output->str, ==, "abc");
    g_assert_cmphex(get(f, LSR), ==, 0x60);
}

static void test_thre_interrupt(Fixture *f, gconstpointer data)
{
    put(f, IER, 0x02);
    g_assert_true(f->irq.level);
    g_assert_cmphex(get(f, IIR), ==, 0x02);
    g_assert_false(f->irq.level); /* reading IIR acknowledged it */
    g_assert_cmphex(get(f, IIR), ==, 0x01);
    put(f, IER, 0x0a); /* enabling another does not request this one */
    g_assert_cmphex(get(f, IIR), ==, 0x01);
    put(f, IER, 0x00);
    put(f, IER, 0x02); /* enabling it again requests again */
    g_assert_cmphex(get(f, IIR), ==, 0x02);
    put(f, THR, 'x');
    g_assert_cmphex(get(f, IIR), ==, 0x02);
    f->t->room = 0;
    put(f, THR, 'y'); /* to the shift register */
    get(f, IIR);
    put(f, THR, 'z'); /* stays in THR */
    g_assert_cmphex(get(f, IIR), ==, 0x01);
    g_assert_cmphex(get(f, LSR), ==, 0x00);
}

static void test_full_back_end(Fixture *f, gconstpointer data)
{
    char c = '0';

    fifo_on(f, 0);
    f->t->room = 3;
    put(f, IER, 0x02);
    for (int i = 0; i < 3 + 1 + 16; i++) { /* sent, in the shift register, in the FIFO */
        put(f, THR, c++);
    }
    g_assert_cmpstr(f->t->output->str, ==, "012");
    g_assert_cmphex(get(f, LSR), ==, 0x00);
    main_loop_wait(true);
    g_assert_cmphex(get(f, LSR), ==, 0x00);
    get(f, IIR);
    g_assert_false(f->irq.level);
    f->t->room = 15;
    while (f->t->room) {
        main_loop_wait(false);
    }
    g_assert_cmphex(get(f, LSR) & 0x40, ==, 0);
    f->t->room = 100;
    while (!(get(f, LSR) & 0x40)) {
        main_loop_wait(false);
    }
    g_assert_true(f->irq.level);
    g_assert_cmpstr(f->t->output->str, ==, "0123456789:;<=>?@ABC");
}

static void test_back_end_without_watch(Fixture *f, gconstpointer data)
{
    f->t->can_watch = false;
    f->t->room = 0;
    put(f, THR, 'q');
    g_assert_cmphex(get(f, LSR), ==, 0x20);
    f->t->room = 1;
    while (!(get(f, LSR) & 0x40)) {
        main_loop_wait(false);
    }
    g_assert_cmpstr(f->t->output->str, ==, "q");
}

static void test_fifo_reset_drops_waiting(Fixture *f, gconstpointer data)
{
    fifo_on(f, 0);
    f->t->room = 0;
    put(f, THR, 'a');
    put(f, THR, 'b');
    put(f, FCR, 0x05);
    g_assert_cmphex(get(f, LSR), ==, 0x20); /* the shift register still has 'a' */
    f->t->room = 10;
    main_loop_wait(false);
    g_assert_cmpstr(f->t->output->str, ==, "a");
    put(f, THR, 'c');
    g_assert_cmpstr(f->t->output->str, ==, "ac");
}

static void test_fcr_without_resets(Fixture *f, gconstpointer data)
{
    fifo_on(f, 0);
    receive(f, "abc");
    fifo_on(f, 0xc0);
    g_assert_cmphex(get(f, LSR), ==, 0x61);
    g_assert_cmphex(get(f, RBR), ==, 'a');
    put(f, IER, 0x01);
    put(f, FCR, 0xc3); /* and with one */
    g_assert_cmphex(get(f, LSR), ==, 0x60);
    test_advance_ns(100 * CHAR_NS);
    g_assert_false(f->irq.level);
    put(f, FCR, 0); /* FIFOs off: a change empties them */
    receive(f, "d");
    put(f, FCR, 1);
    g_assert_cmphex(get(f, LSR), ==, 0x60);
}

static void test_no_back_end(Fixture *f, gconstpointer data)
{
    SerialMM *mm = new_uart(NULL);
    AddressSpace as;

    test_map(&as, DEVICE(mm));
    for (int i = 0; i < 100; i++) {
        wr(&as, THR << REGSHIFT, 'x', MO_8);
        g_assert_cmphex(rd(&as, LSR << REGSHIFT, MO_8), ==, 0x60);
    }
    address_space_destroy(&as);
    test_drop(DEVICE(mm));
}

static void test_receive_without_fifo(Fixture *f, gconstpointer data)
{
    put(f, IER, 0x01);
    receive(f, "ab");
    g_assert_true(f->irq.level);
    g_assert_cmphex(get(f, IIR), ==, 0x04);
    g_assert_cmphex(get(f, LSR), ==, 0x61);
    g_assert_cmpint(room(f), ==, 0); /* 'b' waits outside */
    g_assert_cmphex(get(f, RBR), ==, 'a');
    g_assert_cmphex(get(f, LSR), ==, 0x61); /* and comes without the main loop's help */
    g_assert_cmphex(get(f, RBR), ==, 'b');
    g_assert_cmphex(get(f, LSR), ==, 0x60);
    g_assert_false(f->irq.level);
    g_assert_cmpint(room(f), ==, 1);
}

static void test_receive_trigger(Fixture *f, gconstpointer data)
{
    static const struct { uint8_t fcr; int level; } rows[] = {
        { 0x00, 1 }, { 0x40, 4 }, { 0x80, 8 }, { 0xc0, 14 },
    };

    put(f, IER, 0x01);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        fifo_on(f, rows[i].fcr | 0x02);
        for (int n = 1; n < rows[i].level; n++) {
            receive(f, "x");
        }
        g_assert_false(f->irq.level);
        receive(f, "x");
        g_assert_true(f->irq.level);
        g_assert_cmphex(get(f, IIR), ==, 0xc4);
        get(f, RBR);
        g_assert_false(f->irq.level); /* below the trigger again */
    }
}

static void test_receive_fifo_order(Fixture *f, gconstpointer data)
{
    fifo_on(f, 0);
    receive(f, "0123456789abcdefGH");
    g_assert_cmpint(room(f), ==, 0);
    for (const char *c = "0123456789abcdefGH"; *c; c++) {
        g_assert_cmphex(get(f, LSR), ==, 0x61);
        g_assert_cmphex(get(f, RBR), ==, *c);
    }
    g_assert_cmphex(get(f, LSR), ==, 0x60);
    g_assert_cmphex(get(f, RBR), ==, 'H'); /* what the last reading left there */
}

static void test_character_timeout(Fixture *f, gconstpointer data)
{
    put(f, LCR, 0x03);
    put(f, IER, 0x01);
    fifo_on(f, 0x80);
    receive(f, "x");
    test_advance_ns(3 * CHAR_NS);
    receive(f, "y"); /* starts over */
    test_advance_ns(3 * CHAR_NS);
    g_assert_false(f->irq.level);
    test_advance_ns(CHAR_NS + 1000);
    g_assert_true(f->irq.level);
    g_assert_cmphex(get(f, IIR), ==, 0xcc);
    get(f, RBR);
    g_assert_false(f->irq.level);
    test_advance_ns(5 * CHAR_NS); /* there is another */
    g_assert_cmphex(get(f, IIR), ==, 0xcc);
    get(f, RBR);
    test_advance_ns(50 * CHAR_NS);
    g_assert_false(f->irq.level);
}

static void test_break_received(Fixture *f, gconstpointer data)
{
    put(f, IER, 0x05);
    fifo_on(f, 0);
    receive(f, "a");
    qemu_chr_be_event(CHARDEV(f->t), CHR_EVENT_BREAK);
    g_assert_cmphex(get(f, LSR), ==, 0xe1); /* in the FIFO, not at its top */
    g_assert_cmphex(get(f, IIR), ==, 0xc4);
    g_assert_cmphex(get(f, RBR), ==, 'a');
    g_assert_cmphex(get(f, IIR), ==, 0xc6); /* line status first */
    g_assert_cmphex(get(f, LSR), ==, 0xf1);
    g_assert_cmphex(get(f, LSR), ==, 0x61); /* reading it cleared the error */
    g_assert_cmphex(get(f, RBR), ==, 0);
    qemu_chr_be_event(CHARDEV(f->t), CHR_EVENT_BREAK);
    receive(f, "b");
    get(f, LSR);
    g_assert_cmphex(get(f, LSR), ==, 0x61);
    receive(f, "c");
    g_assert_cmphex(get(f, RBR), ==, 0);
    qemu_chr_be_event(CHARDEV(f->t), CHR_EVENT_BREAK);
    receive(f, "d");
    g_assert_cmphex(get(f, LSR), ==, 0xe1); /* an error somewhere in the middle */
    put(f, FCR, 0);
    qemu_chr_be_event(CHARDEV(f->t), CHR_EVENT_BREAK);
    g_assert_cmphex(get(f, LSR), ==, 0x71);
    g_assert_cmphex(get(f, RBR), ==, 0);
    put(f, MCR, 0x10);
    qemu_chr_be_event(CHARDEV(f->t), CHR_EVENT_BREAK);
    g_assert_cmphex(get(f, LSR), ==, 0x60); /* the pin is disconnected in loopback */
}

/* A break stands where it came, between the bytes, as often as it came. */
static void test_break_order(Fixture *f, gconstpointer data)
{
    static const char fifo_modes[] = { 0, 1 };

    for (size_t mode = 0; mode < G_N_ELEMENTS(fifo_modes); mode++) {
        g_autoptr(GString) seen = g_string_new("");

        put(f, FCR, fifo_modes[mode]);
        for (int i = 0; i < 30; i++) { /* more than the FIFO holds */
            receive(f, "a");
            qemu_chr_be_event(CHARDEV(f->t), CHR_EVENT_BREAK);
        }
        receive(f, "z");
        for (uint8_t lsr; (lsr = get(f, LSR)) & 0x01;) {
            uint8_t byte = get(f, RBR);

            g_assert_cmphex(lsr & 0x02, ==, 0); /* no overrun */
            g_assert_cmphex(byte == 0, ==, !!(lsr & 0x10));
            g_string_append_c(seen, lsr & 0x10 ? '_' : byte);
        }
        g_assert_cmpstr(seen->str, ==,
                        "a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_z");
    }
}

/* LSR bit 7 is cleared by reading LSR, not by taking the character. */
static void test_fifo_error_is_kept(Fixture *f, gconstpointer data)
{
    fifo_on(f, 0);
    qemu_chr_be_event(CHARDEV(f->t), CHR_EVENT_BREAK);
    receive(f, "a");
    g_assert_cmphex(get(f, RBR), ==, 0);
    g_assert_cmphex(get(f, LSR), ==, 0xf1);
    g_assert_cmphex(get(f, LSR), ==, 0x61);
    g_assert_cmphex(get(f, RBR), ==, 'a');
}

/* "This bit must be a 1 when other FCR bits are written to or they will not be programmed." */
static void test_fcr_bits_need_enable(Fixture *f, gconstpointer data)
{
    put(f, IER, 0x01);
    fifo_on(f, 0x80);
    put(f, FCR, 0x00);
    put(f, FCR, 0x01 | 0x80);
    receive(f, "1234567");
    put(f, FCR, 0x81);
    g_assert_cmphex(get(f, IIR), ==, 0xc1);
    receive(f, "8");
    g_assert_cmphex(get(f, IIR), ==, 0xc4);
    put(f, FCR, 0x00); /* switched off, the trigger is kept but means nothing */
    put(f, FCR, 0xc6); /* not programmed: nothing there to reset either */
    receive(f, "9");
    g_assert_cmphex(get(f, IIR), ==, 0x04);
    put(f, FCR, 0x02);
    g_assert_cmphex(get(f, LSR), ==, 0x61);
}

/* Another character neither acknowledges nor postpones a timeout that has come. */
static void test_timeout_is_cleared_by_reading(Fixture *f, gconstpointer data)
{
    put(f, LCR, 0x03);
    put(f, IER, 0x01);
    fifo_on(f, 0xc0);
    receive(f, "x");
    test_advance_ns(5 * CHAR_NS);
    g_assert_cmphex(get(f, IIR), ==, 0xcc);
    receive(f, "y");
    g_assert_cmphex(get(f, IIR), ==, 0xcc);
    get(f, RBR);
    g_assert_cmphex(get(f, IIR), ==, 0xc1);
}

/* Master reset clears all registers except the receiver buffer and the divisor latches. */
static void test_reset_keeps_the_divisor(Fixture *f, gconstpointer data)
{
    put(f, LCR, 0x80);
    put(f, 0, 0x34);
    put(f, 1, 0x12);
    put(f, LCR, 0x00);
    receive(f, "r");
    get(f, RBR);
    device_cold_reset(DEVICE(f->mm));
    g_assert_cmphex(get(f, RBR), ==, 'r');
    put(f, LCR, 0x80);
    g_assert_cmphex(get(f, 0), ==, 0x34);
    g_assert_cmphex(get(f, 1), ==, 0x12);
}

static void test_break_sent(Fixture *f, gconstpointer data)
{
    put(f, LCR, 0x03);
    g_assert_cmpint(f->t->breaks, ==, -1);
    put(f, LCR, 0x43);
    g_assert_cmpint(f->t->breaks, ==, 1);
    put(f, LCR, 0x03);
    g_assert_cmpint(f->t->breaks, ==, 0);
}

static void test_overrun(Fixture *f, gconstpointer data)
{
    put(f, MCR, 0x10);
    put(f, IER, 0x04);
    put(f, THR, 'a');
    put(f, THR, 'b');
    g_assert_cmphex(get(f, IIR), ==, 0x06);
    g_assert_cmphex(get(f, LSR), ==, 0x63);
    g_assert_cmphex(get(f, LSR), ==, 0x61);
    g_assert_cmphex(get(f, RBR), ==, 'b'); /* the newer one */
    fifo_on(f, 0);
    for (int i = 0; i < 17; i++) {
        put(f, THR, 'A' + i);
    }
    g_assert_cmphex(get(f, LSR), ==, 0x63);
    g_assert_cmphex(get(f, RBR), ==, 'A'); /* the FIFO is not overwritten */
}

static void test_loopback(Fixture *f, gconstpointer data)
{
    static const struct { uint8_t mcr, msr; } rows[] = {
        { 0x01, 0x20 }, { 0x02, 0x10 }, { 0x04, 0x40 }, { 0x08, 0x80 }, { 0x0f, 0xf0 }, { 0, 0 },
    };

    put(f, MCR, 0x10);
    get(f, MSR);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        put(f, MCR, 0x10 | rows[i].mcr);
        g_assert_cmphex(get(f, MSR) & 0xf0, ==, rows[i].msr);
    }
    put(f, THR, 'l');
    g_assert_cmphex(get(f, RBR), ==, 'l');
    g_assert_cmpuint(f->t->output->len, ==, 0);
    g_assert_cmpint(room(f), ==, 0);
    put(f, MCR, 0);
    g_assert_cmpint(room(f), ==, 1);
}

static void test_modem_deltas(Fixture *f, gconstpointer data)
{
    put(f, MCR, 0x10);
    get(f, MSR);
    put(f, IER, 0x08);
    put(f, MCR, 0x12);
    g_assert_true(f->irq.level);
    g_assert_cmphex(get(f, IIR), ==, 0x00);
    g_assert_cmphex(get(f, MSR), ==, 0x11);
    g_assert_cmphex(get(f, MSR), ==, 0x10);
    g_assert_false(f->irq.level);
    put(f, MCR, 0x14); /* RI on: no delta; CTS off */
    g_assert_cmphex(get(f, MSR), ==, 0x41);
    put(f, MCR, 0x10); /* trailing edge of RI */
    g_assert_cmphex(get(f, MSR), ==, 0x04);
    put(f, MCR, 0x19);
    g_assert_cmphex(get(f, MSR), ==, 0xaa);
}

static void test_host_modem_lines(Fixture *f, gconstpointer data)
{
    f->t->has_lines = true;
    f->t->tiocm = 0;
    get(f, MSR);
    g_assert_cmphex(get(f, MSR), ==, 0x00);
    f->t->tiocm = CHR_TIOCM_CTS | CHR_TIOCM_CAR;
    g_assert_cmphex(get(f, MSR), ==, 0x99);
    f->t->tiocm |= CHR_TIOCM_DSR | CHR_TIOCM_RI;
    g_assert_cmphex(get(f, MSR), ==, 0xf2);
    put(f, MCR, 0x03);
    g_assert_cmphex(f->t->tiocm & (CHR_TIOCM_DTR | CHR_TIOCM_RTS), ==,
                    CHR_TIOCM_DTR | CHR_TIOCM_RTS);
    put(f, MCR, 0x02);
    g_assert_cmphex(f->t->tiocm & (CHR_TIOCM_DTR | CHR_TIOCM_RTS), ==, CHR_TIOCM_RTS);
    put(f, IER, 0x08);
    f->t->tiocm &= ~CHR_TIOCM_CTS;
    test_advance_ns(20 * 1000 * 1000); /* polled while the interrupt is enabled */
    g_assert_true(f->irq.level);
    g_assert_cmphex(get(f, MSR), ==, 0xe1);
}

/* RTS taken back is a request to wait; a guest that never raised it, or hangs up, makes none. */
static void test_rts_holds_input(Fixture *f, gconstpointer data)
{
    put(f, MCR, 0x01);
    g_assert_cmpint(room(f), ==, 1);
    put(f, MCR, 0x03);
    g_assert_cmpint(room(f), ==, 1);
    put(f, MCR, 0x01);
    g_assert_cmpint(room(f), ==, 0);
    put(f, MCR, 0x09);
    g_assert_cmpint(room(f), ==, 0);
    put(f, MCR, 0x0b);
    g_assert_cmpint(room(f), ==, 1);
    put(f, MCR, 0x01);
    put(f, MCR, 0x00);
    g_assert_cmpint(room(f), ==, 1);
    put(f, MCR, 0x03);
    put(f, MCR, 0x01);
    device_cold_reset(DEVICE(f->mm));
    g_assert_cmpint(room(f), ==, 1);
}

/* Fills the FIFO and takes that long to read it. */
static void pass_a_fifo(Fixture *f, int64_t ns)
{
    receive(f, "0123456789abcdef");
    test_advance_ns(ns);
    for (int i = 0; i < SERIAL_FIFO_LENGTH; i++) {
        get(f, RBR);
    }
}

static void test_rest_from_input(Fixture *f, gconstpointer data)
{
    int rounds = 0;

    fifo_on(f, 0x80);
    for (int i = 0; i < 1000; i++) {
        pass_a_fifo(f, 50 * 1000); /* polling: as fast as it can */
        g_assert_cmpint(room(f), ==, SERIAL_FIFO_LENGTH);
    }
    put(f, IER, 0x01);
    while (room(f) > 0) {
        pass_a_fifo(f, 50 * 1000);
        g_assert_cmpint(++rounds, <, 1000);
    }
    g_assert_cmpint(rounds, >, 1);
    test_advance_ns(50 * 1000 * rounds);
    g_assert_cmpint(room(f), ==, 0);
    test_advance_ns(50 * 1000 * rounds + 1000);
    g_assert_cmpint(room(f), ==, SERIAL_FIFO_LENGTH);
    for (int i = 0; i < 1000; i++) {
        pass_a_fifo(f, 50 * 1000);
        test_advance_ns(120 * 1000); /* it has its rests anyway */
        g_assert_cmpint(room(f), ==, SERIAL_FIFO_LENGTH);
    }
    pass_a_fifo(f, NANOSECONDS_PER_SECOND); /* slow, not busy */
    g_assert_cmpint(room(f), ==, SERIAL_FIFO_LENGTH);
}

static void test_priorities(Fixture *f, gconstpointer data)
{
    put(f, MCR, 0x10);
    get(f, MSR);
    put(f, THR, 'a');
    put(f, THR, 'b');    /* overrun, data */
    put(f, MCR, 0x12);   /* CTS */
    put(f, IER, 0x0f);   /* THRE */
    g_assert_cmphex(get(f, IIR), ==, 0x06);
    get(f, LSR);
    g_assert_cmphex(get(f, IIR), ==, 0x04);
    get(f, RBR);
    g_assert_cmphex(get(f, IIR), ==, 0x02);
    g_assert_cmphex(get(f, IIR), ==, 0x00);
    get(f, MSR);
    g_assert_cmphex(get(f, IIR), ==, 0x01);
    g_assert_false(f->irq.level);
}

static void test_tx_fifo_overflow(Fixture *f, gconstpointer data)
{
    fifo_on(f, 0);
    f->t->room = 0;
    for (int i = 0; i < 20; i++) {
        put(f, THR, 'a' + i); /* one to the shift register, 16 to the FIFO, the rest nowhere */
    }
    f->t->room = 100;
    main_loop_wait(false);
    g_assert_cmpstr(f->t->output->str, ==, "abcdefghijklmnopq");
}

static void test_reset_ends_break(Fixture *f, gconstpointer data)
{
    put(f, LCR, 0x40);
    device_cold_reset(DEVICE(f->mm));
    g_assert_cmpint(f->t->breaks, ==, 0);
}

static void test_bad_properties(Fixture *f, gconstpointer data)
{
    static const struct { const char *name; unsigned value; } rows[] = {
        { "regshift", 13 }, { "endianness", 7 }, { "baudbase", 0 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        DeviceState *dev = qdev_new(TYPE_SERIAL_MM);
        Error *err = NULL;

        object_property_set_uint(OBJECT(dev), rows[i].name, rows[i].value, &error_abort);
        g_assert_false(sysbus_realize(SYS_BUS_DEVICE(dev), &err));
        g_assert_nonnull(strstr(error_get_pretty(err), rows[i].name));
        error_free(err);
        object_unref(OBJECT(dev));
    }
}

static void test_mm_init(Fixture *f, gconstpointer data)
{
    MemoryRegion *root = g_new0(MemoryRegion, 1);
    TestLine irq;
    SerialMM *mm;
    AddressSpace as;

    memory_region_init(root, NULL, "root", 0x1000);
    mm = serial_mm_init(root, 0x200, 2, test_line(&irq), 115200, NULL, DEVICE_LITTLE_ENDIAN);
    address_space_init(&as, root, "serial-test");
    wr(&as, 0x200 + 4 * SCR, 0x3c, MO_8);
    g_assert_cmphex(rd(&as, 0x200 + 4 * SCR, MO_8), ==, 0x3c);
    wr(&as, 0x200 + 4 * IER, 0x02, MO_8);
    g_assert_true(irq.level);
    address_space_destroy(&as);
    memory_region_del_subregion(root, sysbus_mmio_get_region(SYS_BUS_DEVICE(mm), 0));
    object_unparent(OBJECT(mm));
    drain_call_rcu();
}

static void test_wide_access(Fixture *f, gconstpointer data)
{
    put(f, SCR, 0x5a);
    g_assert_cmphex(rd(&f->as, SCR << REGSHIFT, MO_BEUL), ==, 0x5a);
    wr(&f->as, SCR << REGSHIFT, 0x123456a5, MO_BEUL);
    g_assert_cmphex(get(f, SCR), ==, 0xa5);
    g_assert_cmpuint(memory_region_size(sysbus_mmio_get_region(SYS_BUS_DEVICE(f->mm), 0)), ==,
                     0x80);
}

static void test_state_is_complete(Fixture *f, gconstpointer data)
{
    SerialMM *copy = new_uart(NULL);
    AddressSpace as;
    TestLine irq;

    sysbus_connect_irq(SYS_BUS_DEVICE(copy), 0, test_line(&irq));
    fifo_on(f, 0x80);
    put(f, IER, 0x05);
    put(f, SCR, 0x77);
    put(f, MCR, 0x03);
    receive(f, "hello");
    qemu_chr_be_event(CHARDEV(f->t), CHR_EVENT_BREAK);
    test_copy_state(DEVICE(&f->mm->serial), DEVICE(&copy->serial));
    test_map(&as, DEVICE(copy));
    g_assert_cmphex(rd(&as, SCR << REGSHIFT, MO_8), ==, 0x77);
    g_assert_cmphex(rd(&as, MCR << REGSHIFT, MO_8), ==, 0x03);
    g_assert_cmphex(rd(&as, LSR << REGSHIFT, MO_8), ==, 0xe1);
    test_advance_ns(10 * CHAR_NS);
    g_assert_true(irq.level); /* the timeout was running */
    for (const char *c = "hello"; *c; c++) {
        g_assert_cmphex(rd(&as, RBR << REGSHIFT, MO_8), ==, *c);
    }
    g_assert_cmphex(rd(&as, LSR << REGSHIFT, MO_8), ==, 0xf1);
    address_space_destroy(&as);
    test_drop(DEVICE(copy));
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*test)(Fixture *f, gconstpointer data);
    } tests[] = {
        { "reset-values", test_reset_values },
        { "plain-registers", test_plain_registers },
        { "divisor-and-line-parameters", test_divisor },
        { "linux-autoconfig-sees-16550a", test_autoconfig },
        { "transmit", test_transmit },
        { "thre-interrupt", test_thre_interrupt },
        { "full-back-end-loses-nothing", test_full_back_end },
        { "back-end-without-watch-is-retried", test_back_end_without_watch },
        { "fifo-reset-drops-what-waits", test_fifo_reset_drops_waiting },
        { "fcr-without-resets-keeps-data", test_fcr_without_resets },
        { "no-back-end", test_no_back_end },
        { "receive-without-fifo", test_receive_without_fifo },
        { "receive-trigger-levels", test_receive_trigger },
        { "receive-fifo-order-and-flow-control", test_receive_fifo_order },
        { "character-timeout", test_character_timeout },
        { "break-received", test_break_received },
        { "breaks-keep-their-place-and-count", test_break_order },
        { "fifo-error-is-kept-until-lsr-is-read", test_fifo_error_is_kept },
        { "fcr-bits-need-the-enable-bit", test_fcr_bits_need_enable },
        { "timeout-is-cleared-by-reading", test_timeout_is_cleared_by_reading },
        { "reset-keeps-divisor-and-receiver-buffer", test_reset_keeps_the_divisor },
        { "break-sent", test_break_sent },
        { "overrun", test_overrun },
        { "loopback", test_loopback },
        { "modem-deltas", test_modem_deltas },
        { "host-modem-lines", test_host_modem_lines },
        { "rts-taken-back-holds-input", test_rts_holds_input },
        { "interrupt-driven-input-leaves-rests", test_rest_from_input },
        { "interrupt-priorities", test_priorities },
        { "transmit-fifo-overflow-drops-the-newest", test_tx_fifo_overflow },
        { "reset-ends-break", test_reset_ends_break },
        { "bad-properties-are-refused", test_bad_properties },
        { "serial-mm-init-maps-and-wires", test_mm_init },
        { "wide-access-and-size", test_wide_access },
        { "state-table-is-complete", test_state_is_complete },
    };

    device_test_init(&argc, &argv);
    type_register_static(&test_chr_type);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/serial/", tests[i].name, NULL);

        g_test_add(path, Fixture, NULL, set_up, tests[i].test, tear_down);
    }
    return g_test_run();
}
