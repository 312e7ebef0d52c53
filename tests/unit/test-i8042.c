/*
 * The keyboard controller with its keyboard and mouse, and port 92h: one rule each.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <linux/input-event-codes.h>
#include "hw/input/i8042.h"
#include "hw/misc/port92.h"
#include "isa-test.h"
#include "system/runstate.h"
#include "ui/input.h"

enum { DATA = 0x60, COMMAND = 0x64 };
enum { FULL = 0x01, FROM_MOUSE = 0x20 };

static DeviceState *controller, *port92;
static TestLine a20, a20_of_92;
static TestLine *kbd_irq = &test_isa_lines[1], *mouse_irq = &test_isa_lines[12];

static void set_mode(uint8_t mode)
{
    out(COMMAND, 0x60);
    out(DATA, mode);
}

static void reset_child(const char *name)
{
    device_cold_reset(DEVICE(object_property_get_link(OBJECT(controller), name, &error_abort)));
}

static void start(uint8_t mode)
{
    out(DATA, 0); /* ends whatever command waits */
    reset_child("ps2kbd");
    reset_child("ps2mouse");
    device_cold_reset(controller);
    test_advance_ns(1000 * 1000);
    set_mode(mode);
    kbd_irq->rises = mouse_irq->rises = 0;
}

/* What comes in the next tenth of a second, as "fa 1e" with "m" in front of a mouse's bytes. */
static char *received(void)
{
    GString *text = g_string_new(NULL);

    for (int i = 0; i < 300; i++) {
        uint8_t status = in(COMMAND);

        if (status & FULL) {
            g_string_append_printf(text, "%s%s%02x", text->len ? " " : "",
                                   status & FROM_MOUSE ? "m" : "", in(DATA));
        }
        test_advance_ns(300 * 1000);
    }
    return g_string_free(text, FALSE);
}

#define EXPECT(bytes)                                                                              \
    do {                                                                                           \
        g_autofree char *got_ = received();                                                        \
        g_assert_cmpstr(got_, ==, bytes);                                                          \
    } while (0)

static void to_kbd(uint8_t byte)
{
    out(DATA, byte);
}

static void to_mouse(uint8_t byte)
{
    out(COMMAND, 0xd4);
    out(DATA, byte);
}

static void type(unsigned key)
{
    input_send_key(NULL, key, true);
    input_send_key(NULL, key, false);
    input_sync();
}

/* ---- controller ---- */

static void controller_answers_its_commands(void)
{
    start(0);
    out(COMMAND, 0xaa);
    EXPECT("55");
    g_assert_cmphex(in(COMMAND) & 0x04, ==, 0x04);
    out(COMMAND, 0xab);
    EXPECT("00");
    out(COMMAND, 0xa9);
    EXPECT("00");
    set_mode(0x45);
    out(COMMAND, 0x20);
    EXPECT("45");
    out(COMMAND, 0xa7);
    out(COMMAND, 0xad);
    out(COMMAND, 0x20);
    EXPECT("75");
    out(COMMAND, 0xa8);
    out(COMMAND, 0xae);
    out(COMMAND, 0x20);
    EXPECT("45");
    out(COMMAND, 0x65);
    out(DATA, 0x5a);
    out(COMMAND, 0x25);
    EXPECT("5a");
    out(COMMAND, 0xd2);
    out(DATA, 0x12);
    EXPECT("12");
    out(COMMAND, 0xd3);
    out(DATA, 0x34);
    EXPECT("m34");
    g_assert_cmphex(in(COMMAND) & 0x08, ==, 0);
    out(COMMAND, 0xc0);
    g_assert_cmphex(in(COMMAND) & 0x08, ==, 0x08);
    EXPECT("80");
}

static void a20_follows_the_output_port(void)
{
    start(0);
    g_assert_cmpint(a20.level, ==, 1);
    out(COMMAND, 0xd1);
    out(DATA, 0xdd);
    g_assert_cmpint(a20.level, ==, 0);
    out(COMMAND, 0xd0);
    EXPECT("c1");
    out(COMMAND, 0xdf);
    g_assert_cmpint(a20.level, ==, 1);
    out(COMMAND, 0xd0);
    EXPECT("c3");
    out(COMMAND, 0xdd);
    g_assert_cmpint(a20.level, ==, 0);
    out(0x92, 0x02);
    g_assert_cmpint(a20_of_92.level, ==, 1);
    g_assert_cmphex(in(0x92), ==, 0x02);
    out(0x92, 0x00);
    g_assert_cmpint(a20_of_92.level, ==, 0);
}

static void output_interrupts_where_the_mode_says_so(void)
{
    start(0x03);
    to_kbd(0xee);
    g_assert_cmpint(kbd_irq->level, ==, 1);
    g_assert_cmpint(mouse_irq->level, ==, 0);
    EXPECT("ee");
    g_assert_cmpint(kbd_irq->level, ==, 0);
    to_mouse(0xf4);
    g_assert_cmpint(mouse_irq->level, ==, 1);
    EXPECT("mfa");
    g_assert_cmpint(mouse_irq->level, ==, 0);
    set_mode(0);
    to_kbd(0xee);
    EXPECT("ee");
    g_assert_cmpint(kbd_irq->rises, ==, 1);
}

static void a_byte_stays_for_a_second_read(void)
{
    start(0x03);
    type(KEY_A);
    g_assert_cmphex(in(DATA), ==, 0x1c);
    g_assert_cmphex(in(DATA), ==, 0x1c);
    g_assert_cmphex(in(COMMAND) & FULL, ==, 0);
    test_advance_ns(200 * 1000);
    g_assert_cmphex(in(DATA), ==, 0xf0);
    EXPECT("1c");
}

static void a_disabled_keyboard_waits(void)
{
    start(0x40);
    out(COMMAND, 0xad);
    type(KEY_A);
    EXPECT("");
    out(COMMAND, 0xae);
    EXPECT("1e 9e");
}

/* ---- keyboard ---- */

static void keys_have_codes_in_three_sets(void)
{
    static const struct {
        unsigned key;
        const char *translated, *set_1, *set_2, *set_3;
    } keys[] = {
        { KEY_A, "1e 9e", "1e 9e", "1c f0 1c", "1c f0 1c" },
        { KEY_F7, "41 c1", "41 c1", "83 f0 83", "37 f0 37" },
        { KEY_ESC, "01 81", "01 81", "76 f0 76", "08 f0 08" },
        { KEY_102ND, "56 d6", "56 d6", "61 f0 61", "13 f0 13" },
        { KEY_RIGHT, "e0 4d e0 cd", "e0 4d e0 cd", "e0 74 e0 f0 74", "6a f0 6a" },
        { KEY_KPENTER, "e0 1c e0 9c", "e0 1c e0 9c", "e0 5a e0 f0 5a", "79 f0 79" },
        { KEY_VOLUMEUP, "e0 30 e0 b0", "e0 30 e0 b0", "e0 32 e0 f0 32", "" },
        { KEY_SYSRQ, "e0 2a e0 37 e0 b7 e0 aa", "e0 2a e0 37 e0 b7 e0 aa",
          "e0 12 e0 7c e0 f0 7c e0 f0 12", "57 f0 57" },
        { KEY_PAUSE, "e1 1d 45 e1 9d c5", "e1 1d 45 e1 9d c5", "e1 14 77 e1 f0 14 f0 77",
          "62 f0 62" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        const char *sets[] = { keys[i].translated, keys[i].set_1, keys[i].set_2, keys[i].set_3 };

        for (int set = 0; set < 4; set++) {
            g_autofree char *got = NULL;

            start(set ? 0x00 : 0x40);
            to_kbd(0xf0);
            to_kbd(set ? set : 2);
            EXPECT("fa fa");
            type(keys[i].key);
            got = received();
            g_assert_cmpstr(got, ==, sets[set]);
        }
    }
}

/* The keys of a PC's main block, by the numbers that set 1 has for them. */
static void translation_gives_set_1(void)
{
    for (unsigned number = 1; number <= 0x58; number++) {
        unsigned key = input_key_by_number(number);
        g_autofree char *wanted = g_strdup_printf("%02x %02x", number, number | 0x80);

        if (key && number != 0x54) {
            start(0x40);
            type(key);
            EXPECT(wanted);
        }
    }
}

static void modifiers_change_print_and_pause(void)
{
    start(0x40);
    input_send_key(NULL, KEY_LEFTALT, true);
    type(KEY_SYSRQ);
    input_send_key(NULL, KEY_LEFTALT, false);
    EXPECT("38 54 d4 b8");
    input_send_key(NULL, KEY_LEFTCTRL, true);
    type(KEY_PAUSE);
    type(KEY_SYSRQ);
    input_send_key(NULL, KEY_LEFTCTRL, false);
    EXPECT("1d e0 46 e0 c6 e0 37 e0 b7 9d");
}

static void keyboard_answers_its_commands(void)
{
    start(0);
    to_kbd(0xff);
    EXPECT("fa aa");
    to_kbd(0xf2);
    EXPECT("fa ab 83");
    to_kbd(0xed);
    EXPECT("fa");
    to_kbd(0x07);
    EXPECT("fa");
    to_kbd(0xf0);
    EXPECT("fa");
    to_kbd(0x00);
    EXPECT("fa 02");
    to_kbd(0xf3);
    EXPECT("fa");
    to_kbd(0x20);
    EXPECT("fa");
    to_kbd(0xee);
    EXPECT("ee");
    to_kbd(0xfe);
    EXPECT("ee");
    to_kbd(0x05);
    EXPECT("fe");
    to_kbd(0xf5);
    EXPECT("fa");
    type(KEY_A);
    EXPECT("");
    to_kbd(0xf4);
    EXPECT("fa");
    type(KEY_A);
    EXPECT("1c f0 1c");
    set_mode(0x40);
    to_kbd(0xf2);
    EXPECT("fa ab 41");
    to_kbd(0xf0);
    EXPECT("fa");
    to_kbd(0x00);
    EXPECT("fa 41");
}

static void a_full_keyboard_forgets_presses_and_no_release(void)
{
    start(0x40);
    out(COMMAND, 0xad);
    for (int i = 0; i < 200; i++) {
        input_send_key(NULL, KEY_A, true);
    }
    input_send_key(NULL, KEY_A, false);
    out(COMMAND, 0xae);
    {
        g_autofree char *got = received();

        g_assert_true(g_str_has_suffix(got, "1e 9e"));
        g_assert_cmpuint(strlen(got), <, 3 * 140);
    }
}

/* ---- mouse ---- */

static void move(int x, int y)
{
    input_send_motion(NULL, INPUT_X, x);
    input_send_motion(NULL, INPUT_Y, y);
    input_sync();
}

static void click(InputButton button, bool down)
{
    input_send_button(NULL, button, down);
    input_sync();
}

static void a_mouse_tells_motion_and_buttons(void)
{
    start(0);
    move(5, 5); /* not enabled */
    EXPECT("");
    to_mouse(0xf4);
    EXPECT("mfa");
    move(5, -3);
    EXPECT("m08 m05 m03");
    move(-5, 3);
    EXPECT("m38 mfb mfd");
    click(INPUT_RIGHT, true);
    EXPECT("m0a m00 m00");
    click(INPUT_LEFT, true);
    click(INPUT_RIGHT, false);
    EXPECT("m0b m00 m00 m09 m00 m00");
    click(INPUT_LEFT, false);
    EXPECT("m08 m00 m00");
    move(300, 0); /* two packets */
    EXPECT("m08 mff m00 m08 m2d m00");
    for (int i = 0; i < 10; i++) {
        move(1, 0); /* what comes meanwhile adds up */
    }
    EXPECT("m08 m01 m00 m08 m09 m00");
    to_mouse(0xf5);
    EXPECT("mfa");
    move(1, 1);
    EXPECT("");
}

static void ask_for_rates(uint8_t a, uint8_t b, uint8_t c)
{
    const uint8_t rates[] = { a, b, c };

    for (int i = 0; i < 3; i++) {
        to_mouse(0xf3);
        EXPECT("mfa");
        to_mouse(rates[i]);
        EXPECT("mfa");
    }
}

static void a_mouse_may_have_a_wheel_and_five_buttons(void)
{
    start(0);
    to_mouse(0xf2);
    EXPECT("mfa m00");
    ask_for_rates(200, 200, 80); /* not before the wheel */
    to_mouse(0xf2);
    EXPECT("mfa m00");
    ask_for_rates(200, 100, 80);
    to_mouse(0xf2);
    EXPECT("mfa m03");
    to_mouse(0xf4);
    EXPECT("mfa");
    click(INPUT_WHEEL_UP, true);
    click(INPUT_WHEEL_UP, false);
    EXPECT("m08 m00 m00 mff");
    click(INPUT_SIDE, true);
    click(INPUT_SIDE, false);
    EXPECT("");
    ask_for_rates(200, 200, 80);
    to_mouse(0xf2);
    EXPECT("mfa m04");
    click(INPUT_SIDE, true);
    EXPECT("m08 m00 m00 m10");
    click(INPUT_WHEEL_DOWN, true);
    EXPECT("m08 m00 m00 m11");
    click(INPUT_SIDE, false);
    EXPECT("m08 m00 m00 m00");
    to_mouse(0xff);
    EXPECT("mfa maa m00");
    to_mouse(0xf2);
    EXPECT("mfa m00");
}

static void mouse_answers_its_commands(void)
{
    start(0);
    to_mouse(0xe9);
    EXPECT("mfa m00 m02 m64");
    to_mouse(0xe8);
    EXPECT("mfa");
    to_mouse(0x03);
    EXPECT("mfa");
    to_mouse(0xe7);
    EXPECT("mfa");
    to_mouse(0xf0);
    EXPECT("mfa");
    to_mouse(0xe9);
    EXPECT("mfa m50 m03 m64");
    move(7, 0); /* remote mode: only if asked, and not scaled */
    EXPECT("");
    to_mouse(0xeb);
    EXPECT("mfa m08 m07 m00");
    to_mouse(0xea);
    EXPECT("mfa");
    to_mouse(0xf4);
    EXPECT("mfa");
    move(4, -7);
    EXPECT("m08 m06 m0e");
    to_mouse(0xee);
    EXPECT("mfa");
    to_mouse(0x55);
    EXPECT("m55");
    to_mouse(0xec);
    EXPECT("mfa");
    to_mouse(0x55);
    EXPECT("mfe");
    to_mouse(0xf6);
    EXPECT("mfa");
    to_mouse(0xe9);
    EXPECT("mfa m00 m02 m64");
}

static void state_survives(void)
{
    DeviceState *kbd = DEVICE(object_property_get_link(OBJECT(controller), "ps2kbd", NULL));
    DeviceState *mouse = DEVICE(object_property_get_link(OBJECT(controller), "ps2mouse", NULL));
    DeviceState *other_kbd = qdev_new("ps2-kbd"), *other_mouse = qdev_new("ps2-mouse");

    start(0x40);
    to_mouse(0xf4);
    EXPECT("mfa");
    out(COMMAND, 0xad);
    out(COMMAND, 0xa7);
    type(KEY_A);
    move(3, 0);
    sysbus_realize(SYS_BUS_DEVICE(other_kbd), &error_abort);
    sysbus_realize(SYS_BUS_DEVICE(other_mouse), &error_abort);
    test_copy_state(kbd, other_kbd);
    test_copy_state(mouse, other_mouse);
    reset_child("ps2kbd");
    reset_child("ps2mouse");
    test_copy_state(other_kbd, kbd);
    test_copy_state(other_mouse, mouse);
    test_copy_state(controller, controller);
    out(COMMAND, 0xae);
    out(COMMAND, 0xa8);
    EXPECT("1e 9e m08 m03 m00");
    test_drop(other_kbd);
    test_drop(other_mouse);
}

static void random_hand(void)
{
    switch (g_test_rand_int_range(0, 3)) {
    case 0:
        type(g_test_rand_int_range(1, 250));
        break;
    case 1:
        move(g_test_rand_int_range(-400, 400), g_test_rand_int());
        break;
    default:
        click(g_test_rand_int_range(0, INPUT_NUM_BUTTONS), g_test_rand_int_range(0, 2));
    }
}

static void random_guests_do_no_harm(void)
{
    static const uint16_t ports[] = { DATA, DATA, COMMAND, 0x92 };
    static const uint8_t likely[] = { 0xd4, 0xd4, 0x60, 0x20, 0xf4, 0xf3, 200, 100, 80, 0xeb, 0xf0,
                                      0x03, 0xff, 0xf2, 0xad, 0xae, 0xe9, 0xee, 0xec };

    test_isa_random(ports, G_N_ELEMENTS(ports), likely, G_N_ELEMENTS(likely), random_hand);
    start(0x40);
}

/* With -no-reboot a reset ends the main loop. */
static void a_guest_may_reset_the_machine(void)
{
    static const struct {
        uint16_t port;
        uint8_t bytes[2];
    } ways[] = { { COMMAND, { 0xfe } }, { COMMAND, { 0xf0 } }, { 0x92, { 0, 1 } } };

    reboot_action = REBOOT_ACTION_SHUTDOWN;
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
        for (int j = 0; j < 2 && (!j || ways[i].bytes[j]); j++) {
            out(ways[i].port, ways[i].bytes[j]);
        }
        g_assert_cmpint(qemu_main_loop(), ==, 0);
    }
    out(COMMAND, 0xd1);
    out(DATA, 0xfe);
    g_assert_cmpint(qemu_main_loop(), ==, 0);
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    test_isa_init();
    controller = DEVICE(isa_new(TYPE_I8042));
    isa_realize_and_unref(ISA_DEVICE(controller), test_bus, &error_abort);
    qdev_connect_gpio_out_named(controller, I8042_A20_LINE, 0, test_line(&a20));
    port92 = DEVICE(isa_new(TYPE_PORT92));
    isa_realize_and_unref(ISA_DEVICE(port92), test_bus, &error_abort);
    qdev_connect_gpio_out_named(port92, PORT92_A20_LINE, 0, test_line(&a20_of_92));
    runstate_set(RUN_STATE_RUNNING);
#define RULE(name, rule) g_test_add_func("/i8042/" name, rule)
    RULE("commands", controller_answers_its_commands);
    RULE("a20", a20_follows_the_output_port);
    RULE("interrupts", output_interrupts_where_the_mode_says_so);
    RULE("a-byte-stays", a_byte_stays_for_a_second_read);
    RULE("a-disabled-keyboard-waits", a_disabled_keyboard_waits);
    RULE("keyboard/three-sets", keys_have_codes_in_three_sets);
    RULE("keyboard/translation", translation_gives_set_1);
    RULE("keyboard/print-and-pause", modifiers_change_print_and_pause);
    RULE("keyboard/commands", keyboard_answers_its_commands);
    RULE("keyboard/overrun", a_full_keyboard_forgets_presses_and_no_release);
    RULE("mouse/motion-and-buttons", a_mouse_tells_motion_and_buttons);
    RULE("mouse/wheel-and-five-buttons", a_mouse_may_have_a_wheel_and_five_buttons);
    RULE("mouse/commands", mouse_answers_its_commands);
    RULE("state-survives", state_survives);
    RULE("random-guests-do-no-harm", random_guests_do_no_harm);
    RULE("reset", a_guest_may_reset_the_machine);
    return g_test_run();
}
