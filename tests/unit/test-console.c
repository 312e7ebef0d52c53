/*
 * Consoles, surfaces, input and keys, without a machine.
 *
 * SPDX-License-Identifier: MIT
 */
#include "device-test.h"
#include <linux/input-event-codes.h>
#include <xkbcommon/xkbcommon-keysyms.h>
#include "chardev/char-fe.h"
#include "chardev/char.h"
#include "system/runstate.h"
#include "ui/console.h"
#include "ui/font.h"
#include "ui/input.h"

/* ---- Surfaces ---- */

static void test_formats_are_read_as_they_are_written(void)
{
    uint8_t bytes[] = { 0x12, 0x34, 0x56, 0x78 };
    static const struct {
        unsigned depth;
        bool big_endian;
        uint32_t first;
    } cases[] = {
        { 32, false, 0x563412 }, { 32, true, 0x345678 }, { 24, false, 0x563412 },
        { 24, true, 0x123456 },
        { 16, false, 0x318294 }, /* 3412: 00110 100000 10010 */
        { 16, true, 0x1045a5 },  /* 1234: 00010 010001 10100 */
        { 15, false, 0x6b0094 }, /* 3412: 01101 00000 10010 */
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const PixelFormat *f = pixel_format_for_depth(cases[i].depth, cases[i].big_endian);
        g_autoptr(Surface) s = surface_new_over(bytes, 1, 1, 4, f);
        uint32_t out = 0;

        surface_read(s, 0, 0, 1, 1, &out, 1);
        g_assert_cmphex(out & 0xffffff, ==, cases[i].first);
    }
    g_assert_null(pixel_format_for_depth(17, false));
}

static void test_a_rectangle_is_cut_to_the_surface(void)
{
    g_autoptr(Surface) s = surface_new(100, 50);
    static const int cases[][8] = { /* x, y, w, h before and after */
        { 0, 0, 100, 50, 0, 0, 100, 50 },
        { -10, -10, 20, 20, 0, 0, 10, 10 },
        { 90, 40, 100, 100, 90, 40, 10, 10 },
        { INT_MIN, 5, INT_MAX, 1, 0, 0, 0, 0 },
        { 5, 5, INT_MAX, INT_MAX, 5, 5, 95, 45 },
        { 100, 0, 1, 1, 0, 0, 0, 0 },
        { 1, 1, -1, 5, 0, 0, 0, 0 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const int *c = cases[i];
        int x = c[0], y = c[1], w = c[2], h = c[3];

        g_assert_cmpint(surface_clip(s, &x, &y, &w, &h), ==, c[6] != 0);
        if (c[6]) {
            g_assert_true(x == c[4] && y == c[5] && w == c[6] && h == c[7]);
        }
    }
}

/* ---- Consoles ---- */

typedef struct Watcher {
    ConsoleListener listener;
    unsigned resized, updated, refreshed, gone;
    int x, y, width, height; /* of the last update */
} Watcher;

static void watcher_resized(ConsoleListener *l, Surface *s)
{
    container_of(l, Watcher, listener)->resized++;
}

static void watcher_updated(ConsoleListener *l, int x, int y, int width, int height)
{
    Watcher *w = container_of(l, Watcher, listener);

    w->updated++;
    w->x = x;
    w->y = y;
    w->width = width;
    w->height = height;
}

static void watcher_refreshed(ConsoleListener *l)
{
    container_of(l, Watcher, listener)->refreshed++;
}

static void watcher_gone(ConsoleListener *l)
{
    container_of(l, Watcher, listener)->gone++;
}

static const ConsoleListenerOps watcher_ops = {
    watcher_resized, watcher_updated, watcher_refreshed, watcher_gone,
};

static void count_call(void *opaque)
{
    ++*(unsigned *)opaque;
}

static const ConsoleOps counting_console = { .refresh = count_call };

static void test_a_device_is_asked_only_while_somebody_looks(void)
{
    unsigned asked = 0;
    Console *con = console_new(NULL, 0, &counting_console, &asked);
    Watcher w = { .listener.ops = &watcher_ops };

    main_loop_wait(true);
    g_assert_cmpuint(asked, ==, 0);
    console_listen(con, &w.listener);
    g_assert_cmpuint(w.resized, ==, 1);
    g_assert_true(w.updated == 1 && w.width == 640 && w.height == 480);
    while (asked < 3) {
        main_loop_wait(false); /* the host's time */
    }
    g_assert_cmpuint(w.refreshed, ==, asked);
    console_unlisten(&w.listener);
    asked = 0;
    g_usleep(50000);
    main_loop_wait(true);
    g_assert_cmpuint(asked, ==, 0);
    console_free(con);
}

static void test_listeners_are_told(void)
{
    unsigned asked = 0;
    Console *con = console_new(NULL, 0, &counting_console, &asked);
    Watcher a = { .listener.ops = &watcher_ops }, b = { .listener.ops = &watcher_ops };

    console_listen(con, &a.listener);
    console_listen(con, &b.listener);
    console_update(con, 630, 10, 100, 5);
    g_assert_true(a.updated == 2 && a.x == 630 && a.y == 10 && a.width == 10 && a.height == 5);
    console_update(con, 640, 0, 1, 1); /* outside */
    g_assert_cmpuint(a.updated, ==, 2);
    console_set_surface(con, surface_new(10, 20));
    g_assert_true(b.resized == 2 && b.width == 10 && b.height == 20);
    console_unlisten(&a.listener);
    console_update_all(con);
    g_assert_true(a.updated == 3 && b.updated == 4);
    console_free(con);
    g_assert_true(a.gone == 0 && b.gone == 1);
    g_assert_null(b.listener.console);
}

static void test_consoles_are_found(void)
{
    Object *device = object_new(TYPE_CONTAINER);
    Console *first = console_new(device, 0, NULL, NULL);
    Console *second = console_new(device, 1, NULL, NULL);

    g_assert_true(console_get(0) == first && console_get(1) == second);
    g_assert_null(console_get(2));
    g_assert_true(console_of_device(device, 1) == second);
    g_assert_null(console_of_device(device, 2));
    console_free(first);
    g_assert_true(console_index(second) == 0);
    console_free(second);
    object_unref(device);
}

static void test_pictures_are_written(void)
{
    Console *con = console_new(NULL, 0, NULL, NULL);
    g_autofree char *dir = g_dir_make_tmp("console-XXXXXX", NULL);
    g_autofree char *name = g_build_filename(dir, "picture", NULL);
    g_autofree char *bytes = NULL;
    Surface *s = surface_new(2, 1);
    Error *err = NULL;
    gsize size;

    surface_line(s, 0)[0] = 0x010203;
    surface_line(s, 0)[1] = 0xfffefd;
    console_set_surface(con, s);
    g_assert_true(console_dump(con, name, IMAGE_PPM, &error_abort));
    g_assert_true(g_file_get_contents(name, &bytes, &size, NULL));
    g_assert_cmpmem(bytes, size, "P6\n2 1\n255\n\x01\x02\x03\xff\xfe\xfd", 17);
    g_assert_true(console_dump(con, name, IMAGE_PNG, &error_abort));
    g_clear_pointer(&bytes, g_free);
    g_assert_true(g_file_get_contents(name, &bytes, &size, NULL));
    g_assert_cmpmem(bytes, 8, "\x89PNG\r\n\x1a\n", 8);
    g_assert_false(console_dump(con, "/nonexistent/picture", IMAGE_PPM, &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "/nonexistent/picture"));
    error_free(err);
    err = NULL;
    g_assert_false(console_dump(con, "/dev/full", IMAGE_PNG, &err));
    error_free(err);
    console_free(con);
    unlink(name);
    rmdir(dir);
}

/* ---- Input ---- */

typedef struct Sink {
    GString *got; /* "k30:1 |" */
} Sink;

static void sink_event(void *opaque, const InputEvent *e)
{
    Sink *s = opaque;

    g_string_append_printf(s->got, "%c%u:%d ", "kbra"[e->kind], e->code, e->value);
}

static void sink_sync(void *opaque)
{
    g_string_append(((Sink *)opaque)->got, "| ");
}

static const InputHandlerOps keyboard = { "a keyboard", 1 << INPUT_KEY, sink_event, sink_sync };
static const InputHandlerOps mouse = { "a mouse", 1 << INPUT_BUTTON | 1 << INPUT_REL, sink_event,
                                       sink_sync };
static const InputHandlerOps tablet = { "a tablet", 1 << INPUT_BUTTON | 1 << INPUT_ABS, sink_event,
                                        sink_sync };

static void check(Sink *s, const char *expected)
{
    g_assert_cmpstr(s->got->str, ==, expected);
    g_string_truncate(s->got, 0);
}

static void test_events_go_to_the_handler_in_front(void)
{
    Sink k = { g_string_new(NULL) }, m = { g_string_new(NULL) }, t = { g_string_new(NULL) };
    InputHandler *hk = input_handler_new(&keyboard, NULL, &k);
    InputHandler *hm = input_handler_new(&mouse, NULL, &m);
    InputHandler *ht = input_handler_new(&tablet, NULL, &t);
    g_autoptr(GArray) mice = input_mice();
    Error *err = NULL;

    g_assert_true(input_pointer_is_absolute());
    g_assert_cmpuint(mice->len, ==, 2);
    g_assert_true(g_array_index(mice, InputMouse, 0).absolute);
    input_send_key(NULL, KEY_A, true);
    input_send_button(NULL, INPUT_LEFT, true);
    input_send_position(NULL, INPUT_X, 99, 100);
    input_send_position(NULL, INPUT_Y, -5, 100);
    input_sync();
    check(&k, "k30:1 | ");
    check(&t, "b0:1 a0:32767 a1:0 | ");
    check(&m, "");
    input_sync();
    check(&k, "");

    g_assert_true(input_mouse_set(g_array_index(mice, InputMouse, 1).index, &error_abort));
    g_assert_false(input_pointer_is_absolute());
    input_send_button(NULL, INPUT_LEFT, false);
    input_send_motion(NULL, INPUT_Y, -3);
    input_sync();
    check(&m, "b0:0 r1:-3 | ");
    g_assert_false(input_mouse_set(77, &err));
    g_assert_cmpstr(error_get_pretty(err), ==, "Mouse at index '77' not found");
    error_free(err);

    input_handler_free(hm);
    g_assert_false(input_is_taken(INPUT_REL));
    input_handler_free(ht);
    input_handler_free(hk);
    g_assert_false(input_is_taken(INPUT_KEY));
    input_send_key(NULL, KEY_A, true); /* to nobody */
    g_string_free(k.got, TRUE);
    g_string_free(m.got, TRUE);
    g_string_free(t.got, TRUE);
}

static void test_keys_are_pressed_for_a_time(void)
{
    static const uint16_t both[] = { KEY_LEFTCTRL, KEY_C }, one[] = { KEY_X };
    Sink k = { g_string_new(NULL) };
    InputHandler *h = input_handler_new(&keyboard, NULL, &k);

    input_press_keys(both, 2, 100);
    input_press_keys(one, 1, 20);
    check(&k, "k29:1 | k46:1 | ");
    test_advance_ns(99 * SCALE_MS);
    check(&k, "");
    test_advance_ns(1 * SCALE_MS);
    check(&k, "k46:0 | k29:0 | ");
    test_advance_ns(1 * SCALE_MS);
    check(&k, "k45:1 | ");
    test_advance_ns(30 * SCALE_MS);
    check(&k, "k45:0 | ");
    input_handler_free(h);
    g_string_free(k.got, TRUE);
}

static void test_a_stopped_machine_gets_releases_only(void)
{
    Sink k = { g_string_new(NULL) };
    InputHandler *h = input_handler_new(&keyboard, NULL, &k);

    runstate_set(RUN_STATE_PAUSED);
    input_send_key(NULL, KEY_A, true);
    input_send_key(NULL, KEY_B, false);
    check(&k, "k48:0 ");
    runstate_set(RUN_STATE_RUNNING);
    input_handler_free(h);
    g_string_free(k.got, TRUE);
}

/* ---- Keys ---- */

static void test_keys_have_names_and_numbers(void)
{
    g_assert_cmpuint(input_key_by_name("ret"), ==, KEY_ENTER);
    g_assert_cmpuint(input_key_by_name("ctrl_r"), ==, KEY_RIGHTCTRL);
    g_assert_cmpuint(input_key_by_name("nonsense"), ==, 0);
    g_assert_cmpuint(input_key_by_number(0x1c), ==, KEY_ENTER);
    g_assert_cmpuint(input_key_by_number(0xc8), ==, KEY_UP);
    g_assert_cmpuint(input_key_by_number(0), ==, 0);
    g_assert_cmpuint(input_key_by_number(INT64_MIN), ==, 0);
    g_assert_cmpuint(input_key_number(KEY_DELETE), ==, 0xd3);
    g_assert_cmpstr(input_key_name(KEY_KPASTERISK), ==, "kp_multiply");
    g_assert_null(input_key_name(KEY_MAX));
}

static void test_layouts_know_their_keys(void)
{
    static const struct {
        const char *layout;
        uint32_t symbol;
        unsigned key;
    } cases[] = {
        { "en-us", XKB_KEY_a, KEY_A },         { "en-us", XKB_KEY_Z, KEY_Z },
        { "en-us", XKB_KEY_Return, KEY_ENTER }, { "en-us", XKB_KEY_Delete, KEY_DELETE },
        { "en-us", XKB_KEY_Alt_R, KEY_RIGHTALT },
        { "en-us", XKB_KEY_exclam, KEY_1 },    { "de", XKB_KEY_z, KEY_Y },
        { "de", XKB_KEY_odiaeresis, KEY_SEMICOLON }, { "de", XKB_KEY_at, KEY_Q },
        { "de", XKB_KEY_ISO_Level3_Shift, KEY_RIGHTALT },
        { "fr", XKB_KEY_a, KEY_Q },            { "fr(bepo)", XKB_KEY_b, KEY_Q },
        { "de-ch", XKB_KEY_udiaeresis, KEY_LEFTBRACE },
        { "en-us", XKB_KEY_odiaeresis, 0 },
    };
    Error *err = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_true(input_set_layout(cases[i].layout, &error_abort));
        g_assert_cmpuint(input_key_for_keysym(cases[i].symbol), ==, cases[i].key);
    }
    g_assert_false(input_set_layout("nonsense", &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "no keyboard layout 'nonsense'"));
    error_free(err);
    g_assert_false(input_set_layout("", NULL));
    g_assert_cmpuint(input_key_for_keysym(XKB_KEY_a), ==, KEY_A); /* the last good one */
}

/* ---- Text consoles ---- */

static GString *typed;

static int can_take(void *opaque)
{
    return 100;
}

static void take(void *opaque, const uint8_t *buf, int size)
{
    g_string_append_len(typed, (const char *)buf, size);
}

/* The lines of a character cell, dots that aren't of the background's colour. */
static bool looks_like(Console *con, unsigned row, unsigned col, uint32_t character)
{
    const Glyph *g = font_glyphs;

    while (g->code != character) {
        g++;
    }
    for (unsigned y = 0; y < FONT_HEIGHT; y++) {
        const uint32_t *line = surface_line(console_surface(con), row * FONT_HEIGHT + y);

        for (unsigned x = 0; x < FONT_WIDTH; x++) {
            if ((line[col * FONT_WIDTH + x] != 0) != (g->lines[y] >> (7 - x) & 1)) {
                return false;
            }
        }
    }
    return true;
}

static void test_a_text_console_shows_and_types(void)
{
    Chardev *chr = qemu_chr_new_from_str("vc0", "vc:20Cx5C", false, &error_abort);
    Console *con = console_get(0);
    CharBackend be = { 0 };

    typed = g_string_new(NULL);
    qemu_chr_fe_init(&be, chr, &error_abort);
    qemu_chr_fe_set_handlers(&be, can_take, take, NULL, NULL, NULL, NULL, true);
    g_assert_true(console_takes_keys(con));
    g_assert_cmpuint(console_surface(con)->width, ==, 160);
    g_assert_cmpuint(console_surface(con)->height, ==, 80);
    qemu_chr_fe_write_all(&be, (const uint8_t *)"\033[2;3HA\303\204\r\nx", 13);
    console_refresh(con);
    g_assert_true(looks_like(con, 1, 2, 'A'));
    g_assert_true(looks_like(con, 1, 3, 0xc4));
    g_assert_true(looks_like(con, 2, 0, 'x'));
    g_assert_false(looks_like(con, 2, 0, 'y'));

    console_text(con, 'a');
    console_text(con, 0xe4);
    console_key(con, KEY_ENTER, true);
    console_key(con, KEY_ENTER, false);
    console_key(con, KEY_LEFTCTRL, true);
    console_key(con, KEY_C, true);
    console_key(con, KEY_LEFTCTRL, false);
    console_key(con, KEY_UP, true);
    qemu_chr_fe_write_all(&be, (const uint8_t *)"\033[6n", 4); /* where is the cursor? */
    while (!strchr(typed->str, 'R')) {
        main_loop_wait(false);
    }
    g_assert_cmpstr(typed->str, ==, "a\303\244\r\003\033[A\033[3;2R");
    qemu_chr_fe_deinit(&be, true);
    g_assert_null(console_get(0));
    g_assert_null(qemu_chr_new_from_str("vc1", "vc:2000Cx5C", false, NULL));
    g_assert_null(qemu_chr_new_from_str("vc1", "vc:x", false, NULL));
    g_string_free(typed, TRUE);
}

/* Two cells wide, as the narrowest terminal is; not in the font. */
static void test_a_text_console_has_room_for_wide_characters(void)
{
    static const char *const sizes[] = { "vc:20Cx5C", "vc:2Cx2C" };

    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        Chardev *chr = qemu_chr_new_from_str("vc0", sizes[i], false, &error_abort);
        Console *con = console_get(0);
        CharBackend be = { 0 };

        qemu_chr_fe_init(&be, chr, &error_abort);
        qemu_chr_fe_write_all(&be, (const uint8_t *)"\033[2;1H\344\270\200", 9);
        console_refresh(con);
        g_assert_true(i || looks_like(con, 1, 0, ' ')); /* else the cursor is there */
        g_assert_true(looks_like(con, 1, 1, ' '));
        qemu_chr_fe_deinit(&be, true);
    }
    g_assert_null(qemu_chr_new_from_str("vc1", "vc:1Cx2C", false, NULL));
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    runstate_set(RUN_STATE_RUNNING);
    g_test_add_func("/surface/formats-are-read-as-they-are-written",
                    test_formats_are_read_as_they_are_written);
    g_test_add_func("/surface/a-rectangle-is-cut-to-the-surface",
                    test_a_rectangle_is_cut_to_the_surface);
    g_test_add_func("/console/a-device-is-asked-only-while-somebody-looks",
                    test_a_device_is_asked_only_while_somebody_looks);
    g_test_add_func("/console/listeners-are-told", test_listeners_are_told);
    g_test_add_func("/console/consoles-are-found", test_consoles_are_found);
    g_test_add_func("/console/pictures-are-written", test_pictures_are_written);
    g_test_add_func("/input/events-go-to-the-handler-in-front",
                    test_events_go_to_the_handler_in_front);
    g_test_add_func("/input/keys-are-pressed-for-a-time", test_keys_are_pressed_for_a_time);
    g_test_add_func("/input/a-stopped-machine-gets-releases-only",
                    test_a_stopped_machine_gets_releases_only);
    g_test_add_func("/input/keys-have-names-and-numbers", test_keys_have_names_and_numbers);
    g_test_add_func("/input/layouts-know-their-keys", test_layouts_know_their_keys);
    g_test_add_func("/text-console/shows-and-types", test_a_text_console_shows_and_types);
    g_test_add_func("/text-console/wide-characters", test_a_text_console_has_room_for_wide_characters);
    return g_test_run();
}
