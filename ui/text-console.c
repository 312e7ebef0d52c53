/*
 * Text consoles: a character device whose other side is a terminal on a console, `-serial vc`.
 *
 * libvterm is the terminal. What is written to the device may come from any thread, under the
 * device's lock, which protects the terminal; cells that have changed are drawn when the console is
 * asked, on the main thread. What the terminal answers and what is typed goes to the front end.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <linux/input-event-codes.h>
#include <vterm.h>
#include "chardev/char-fe.h"
#include "chardev/char.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/option.h"
#include "ui/console.h"
#include "ui/font.h"
#include "ui/input.h"

/* Each way; libvterm puts a wide character into one cell only by writing past its memory. */
#define MIN_CELLS 2
#define MAX_CELLS 512

typedef struct VCChardev {
    Chardev parent;

    Console *con;
    VTerm *term;         /* the device's lock */
    VTermScreen *screen; /* of term */
    bool dirty;          /* the lock: these cells have changed */
    VTermRect cells;
    VTermPos cursor;     /* the lock */
    bool cursor_visible;
    unsigned modifiers;  /* VTermModifier, of keys that are down; main thread */
    guint answer_source; /* the lock */
} VCChardev;
DECLARE_INSTANCE_CHECKER(VCChardev, VC_CHARDEV, TYPE_CHARDEV_VC)

/* ---- Cells to dots ---- */

static const uint8_t *glyph_for(uint32_t code)
{
    static const uint8_t none[FONT_HEIGHT];
    unsigned low = 0, high = font_num_glyphs;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (font_glyphs[middle].code == code) {
            return font_glyphs[middle].lines;
        }
        if (font_glyphs[middle].code < code) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return code > ' ' && code != 0xfffd ? glyph_for(0xfffd) : none;
}

static uint32_t colour_of(const VCChardev *s, VTermColor colour)
{
    vterm_screen_convert_color_to_rgb(s->screen, &colour);
    return colour.rgb.red << 16 | colour.rgb.green << 8 | colour.rgb.blue;
}

static void draw_cell(VCChardev *s, VTermPos at)
{
    Surface *surface = console_surface(s->con);
    bool cursor = s->cursor_visible && at.row == s->cursor.row && at.col == s->cursor.col;
    uint32_t colours[2];
    VTermScreenCell cell;
    const uint8_t *glyph;

    vterm_screen_get_cell(s->screen, at, &cell);
    /* wide characters aren't in the font; the right half of one has no character */
    glyph = glyph_for(cell.width == 1 && cell.chars[0] != UINT32_MAX ? cell.chars[0] : ' ');
    colours[cell.attrs.reverse == cursor] = colour_of(s, cell.fg);
    colours[cell.attrs.reverse != cursor] = colour_of(s, cell.bg);
    for (unsigned line = 0; line < FONT_HEIGHT; line++) {
        uint32_t *out = surface_line(surface, at.row * FONT_HEIGHT + line) + at.col * FONT_WIDTH;
        uint8_t dots = cell.attrs.underline && line == FONT_HEIGHT - 2 ? 0xff : glyph[line];

        for (unsigned x = 0; x < FONT_WIDTH; x++) {
            out[x] = colours[dots >> (FONT_WIDTH - 1 - x) & 1];
        }
    }
}

static void include(VTermRect *all, bool first, VTermRect r)
{
    *all = first ? r
                 : (VTermRect){ MIN(all->start_row, r.start_row), MAX(all->end_row, r.end_row),
                                MIN(all->start_col, r.start_col), MAX(all->end_col, r.end_col) };
}

static VTermRect cell_at(VTermPos at)
{
    return (VTermRect){ at.row, at.row + 1, at.col, at.col + 1 };
}

static void vc_refresh(void *opaque)
{
    VCChardev *s = opaque;
    VTermRect r;

    g_mutex_lock(&s->parent.write_lock);
    vterm_screen_flush_damage(s->screen);
    if (!s->dirty) {
        g_mutex_unlock(&s->parent.write_lock);
        return;
    }
    r = s->cells;
    s->dirty = false;
    for (int row = r.start_row; row < r.end_row; row++) {
        for (int col = r.start_col; col < r.end_col; col++) {
            draw_cell(s, (VTermPos){ row, col });
        }
    }
    g_mutex_unlock(&s->parent.write_lock);
    console_update(s->con, r.start_col * FONT_WIDTH, r.start_row * FONT_HEIGHT,
                   (r.end_col - r.start_col) * FONT_WIDTH, (r.end_row - r.start_row) * FONT_HEIGHT);
}

/* ---- The terminal (the lock is held) ---- */

static int cells_changed(VTermRect r, void *opaque)
{
    VCChardev *s = opaque;

    include(&s->cells, !s->dirty, r);
    s->dirty = true;
    return 1;
}

static int cursor_moved(VTermPos to, VTermPos from, int visible, void *opaque)
{
    VCChardev *s = opaque;

    cells_changed(cell_at(from), s);
    cells_changed(cell_at(to), s);
    s->cursor = to;
    return 1;
}

static int property_set(VTermProp property, VTermValue *value, void *opaque)
{
    VCChardev *s = opaque;

    if (property == VTERM_PROP_CURSORVISIBLE) {
        s->cursor_visible = value->boolean;
        cells_changed(cell_at(s->cursor), s);
    }
    return 1;
}

static const VTermScreenCallbacks screen_callbacks = {
    .damage = cells_changed,
    .movecursor = cursor_moved,
    .settermprop = property_set,
};

/* ---- To the front end ---- */

/* What the terminal has to say, as far as the front end has room. */
static gboolean give_answers(gpointer opaque)
{
    VCChardev *s = opaque;
    Chardev *chr = &s->parent;
    char text[256];
    size_t n;

    g_mutex_lock(&chr->write_lock);
    s->answer_source = 0;
    n = vterm_output_read(s->term, text, MIN(sizeof(text), qemu_chr_be_can_write(chr)));
    g_mutex_unlock(&chr->write_lock);
    if (n) {
        qemu_chr_be_write(chr, (uint8_t *)text, n);
    }
    return G_SOURCE_REMOVE;
}

static void answer_soon(VCChardev *s)
{
    if (!s->answer_source && vterm_output_get_buffer_current(s->term)) {
        s->answer_source = g_idle_add(give_answers, s);
        qemu_notify_event();
    }
}

static int vc_write(Chardev *chr, const uint8_t *buf, int len)
{
    VCChardev *s = VC_CHARDEV(chr);

    vterm_input_write(s->term, (const char *)buf, len);
    answer_soon(s);
    return len;
}

static void vc_accept_input(Chardev *chr)
{
    VCChardev *s = VC_CHARDEV(chr);

    CHARDEV_CLASS(object_class_by_name(TYPE_CHARDEV))->chr_accept_input(chr);
    g_mutex_lock(&chr->write_lock);
    answer_soon(s);
    g_mutex_unlock(&chr->write_lock);
}

/* ---- Keys ---- */

static void type_character(VCChardev *s, uint32_t unicode, unsigned modifiers)
{
    g_mutex_lock(&s->parent.write_lock);
    vterm_keyboard_unichar(s->term, unicode, modifiers);
    answer_soon(s);
    g_mutex_unlock(&s->parent.write_lock);
}

static void vc_text(void *opaque, uint32_t unicode)
{
    VCChardev *s = opaque;

    type_character(s, unicode, s->modifiers & VTERM_MOD_ALT);
}

static const struct {
    uint16_t code;
    uint16_t key; /* VTermKey */
} special_keys[] = {
    { KEY_ENTER, VTERM_KEY_ENTER },      { KEY_KPENTER, VTERM_KEY_ENTER },
    { KEY_TAB, VTERM_KEY_TAB },          { KEY_BACKSPACE, VTERM_KEY_BACKSPACE },
    { KEY_ESC, VTERM_KEY_ESCAPE },       { KEY_UP, VTERM_KEY_UP },
    { KEY_DOWN, VTERM_KEY_DOWN },        { KEY_LEFT, VTERM_KEY_LEFT },
    { KEY_RIGHT, VTERM_KEY_RIGHT },      { KEY_INSERT, VTERM_KEY_INS },
    { KEY_DELETE, VTERM_KEY_DEL },       { KEY_HOME, VTERM_KEY_HOME },
    { KEY_END, VTERM_KEY_END },          { KEY_PAGEUP, VTERM_KEY_PAGEUP },
    { KEY_PAGEDOWN, VTERM_KEY_PAGEDOWN }, { KEY_F1, VTERM_KEY_FUNCTION(1) },
    { KEY_F2, VTERM_KEY_FUNCTION(2) },   { KEY_F3, VTERM_KEY_FUNCTION(3) },
    { KEY_F4, VTERM_KEY_FUNCTION(4) },   { KEY_F5, VTERM_KEY_FUNCTION(5) },
    { KEY_F6, VTERM_KEY_FUNCTION(6) },   { KEY_F7, VTERM_KEY_FUNCTION(7) },
    { KEY_F8, VTERM_KEY_FUNCTION(8) },   { KEY_F9, VTERM_KEY_FUNCTION(9) },
    { KEY_F10, VTERM_KEY_FUNCTION(10) }, { KEY_F11, VTERM_KEY_FUNCTION(11) },
    { KEY_F12, VTERM_KEY_FUNCTION(12) },
};

static const struct {
    uint16_t code;
    uint16_t modifier;
} modifier_keys[] = {
    { KEY_LEFTSHIFT, VTERM_MOD_SHIFT }, { KEY_RIGHTSHIFT, VTERM_MOD_SHIFT },
    { KEY_LEFTCTRL, VTERM_MOD_CTRL },   { KEY_RIGHTCTRL, VTERM_MOD_CTRL },
    { KEY_LEFTALT, VTERM_MOD_ALT },
};

/* Typed characters come as text: what is left are the other keys, and letters with Ctrl. */
static void vc_key(void *opaque, unsigned code, bool down)
{
    VCChardev *s = opaque;
    const char *name = input_key_name(code);

    for (size_t i = 0; i < ARRAY_SIZE(modifier_keys); i++) {
        if (modifier_keys[i].code == code) {
            s->modifiers = down ? s->modifiers | modifier_keys[i].modifier
                                : s->modifiers & ~modifier_keys[i].modifier;
            return;
        }
    }
    if (!down) {
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(special_keys); i++) {
        if (special_keys[i].code == code) {
            g_mutex_lock(&s->parent.write_lock);
            vterm_keyboard_key(s->term, special_keys[i].key, s->modifiers);
            answer_soon(s);
            g_mutex_unlock(&s->parent.write_lock);
            return;
        }
    }
    if (s->modifiers & VTERM_MOD_CTRL && name && name[0] && !name[1]) {
        type_character(s, name[0], VTERM_MOD_CTRL);
    }
}

/* ---- Coming and going ---- */

/* cols= and rows=, or width= and height= in dots; what isn't said is 80 x 24 cells. */
static bool cells_wanted(QemuOpts *opts, const char *in_cells, const char *in_dots, unsigned dots,
                         unsigned otherwise, unsigned *cells, Error **errp)
{
    uint64_t n = opts ? qemu_opt_get_number(opts, in_cells, 0) : 0;

    if (!n) {
        n = opts ? qemu_opt_get_number(opts, in_dots, 0) / dots : 0;
    }
    n = n ? n : otherwise;
    if (n < MIN_CELLS || n > MAX_CELLS) {
        error_setg(errp, "vc: %s=: expected %d to %d", in_cells, MIN_CELLS, MAX_CELLS);
        return false;
    }
    *cells = n;
    return true;
}

static void vc_open(Chardev *chr, QemuOpts *opts, bool *be_opened, Error **errp)
{
    static const ConsoleOps console = { .refresh = vc_refresh, .key = vc_key, .text = vc_text };
    VCChardev *s = VC_CHARDEV(chr);
    unsigned rows, cols;

    if (!cells_wanted(opts, "cols", "width", FONT_WIDTH, 80, &cols, errp) ||
        !cells_wanted(opts, "rows", "height", FONT_HEIGHT, 24, &rows, errp)) {
        return;
    }
    s->term = vterm_new(rows, cols);
    vterm_set_utf8(s->term, true);
    s->screen = vterm_obtain_screen(s->term);
    s->cursor_visible = true;
    vterm_screen_set_callbacks(s->screen, &screen_callbacks, s);
    vterm_screen_set_damage_merge(s->screen, VTERM_DAMAGE_SCREEN);
    vterm_screen_reset(s->screen, 1);
    s->con = console_new(NULL, 0, &console, s);
    console_set_surface(s->con, surface_new(cols * FONT_WIDTH, rows * FONT_HEIGHT));
    chr->filename = g_strdup("vc");
}

static void vc_finalize(Object *obj)
{
    VCChardev *s = VC_CHARDEV(obj);

    console_free(s->con);
    if (s->answer_source) {
        g_source_remove(s->answer_source);
    }
    if (s->term) {
        vterm_free(s->term);
    }
}

static void vc_class_init(ObjectClass *oc, void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->open = vc_open;
    cc->chr_write = vc_write;
    cc->chr_accept_input = vc_accept_input;
}

static const TypeInfo vc_type = {
    .name = TYPE_CHARDEV_VC,
    .parent = TYPE_CHARDEV,
    .instance_size = sizeof(VCChardev),
    .instance_finalize = vc_finalize,
    .class_init = vc_class_init,
};

static void register_types(void)
{
    type_register_static(&vc_type);
}

type_init(register_types)
