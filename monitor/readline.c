/*
 * The monitor's line editor.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "readline.h"

enum { ESC_NONE, ESC_SEEN, ESC_CSI, ESC_SS3 };

struct ReadLine {
    const ReadLineOps *ops;
    void *opaque;
    char *prompt;
    GString *line;
    size_t cursor;
    GPtrArray *history; /* of char * */
    guint history_at;   /* == history->len: the line being typed */
    char *typed;        /* the line being typed, while an older one is shown */
    int esc;
    int esc_param;
    uint8_t last;
};

static void out(ReadLine *rl, const char *text)
{
    rl->ops->write(rl->opaque, text);
}

static void out_left(ReadLine *rl, size_t n)
{
    if (n > 0) {
        char seq[24];

        snprintf(seq, sizeof(seq), "\033[%zuD", n);
        out(rl, seq);
    }
}

/* What is behind the cursor has changed: draws it, erases what was longer, goes back. */
static void redraw_tail(ReadLine *rl)
{
    out(rl, rl->line->str + rl->cursor);
    out(rl, "\033[K");
    out_left(rl, rl->line->len - rl->cursor);
}

static void move_to(ReadLine *rl, size_t to)
{
    if (to < rl->cursor) {
        out_left(rl, rl->cursor - to);
    } else if (to > rl->cursor) {
        char seq[24];

        snprintf(seq, sizeof(seq), "\033[%zuC", to - rl->cursor);
        out(rl, seq);
    }
    rl->cursor = to;
}

static void insert(ReadLine *rl, const char *text)
{
    if (rl->line->len + strlen(text) > READLINE_MAX_LINE) {
        return;
    }
    g_string_insert(rl->line, rl->cursor, text);
    out(rl, text);
    rl->cursor += strlen(text);
    if (rl->cursor < rl->line->len) {
        redraw_tail(rl);
    }
}

/* Erases [from, to); the cursor is then at `from`. */
static void erase(ReadLine *rl, size_t from, size_t to)
{
    if (from == to) {
        return;
    }
    move_to(rl, from);
    g_string_erase(rl->line, from, to - from);
    redraw_tail(rl);
}

static void set_line(ReadLine *rl, const char *text)
{
    move_to(rl, 0);
    g_string_assign(rl->line, text);
    out(rl, text);
    out(rl, "\033[K");
    rl->cursor = rl->line->len;
}

static size_t word_left(ReadLine *rl)
{
    size_t i = rl->cursor;

    while (i > 0 && rl->line->str[i - 1] == ' ') {
        i--;
    }
    while (i > 0 && rl->line->str[i - 1] != ' ') {
        i--;
    }
    return i;
}

static size_t word_right(ReadLine *rl)
{
    size_t i = rl->cursor;

    while (i < rl->line->len && rl->line->str[i] == ' ') {
        i++;
    }
    while (i < rl->line->len && rl->line->str[i] != ' ') {
        i++;
    }
    return i;
}

/* ---- Keys ---- */

static void key_home(ReadLine *rl)
{
    move_to(rl, 0);
}

static void key_end(ReadLine *rl)
{
    move_to(rl, rl->line->len);
}

static void key_left(ReadLine *rl)
{
    move_to(rl, rl->cursor ? rl->cursor - 1 : 0);
}

static void key_right(ReadLine *rl)
{
    move_to(rl, MIN(rl->cursor + 1, rl->line->len));
}

static void key_word_left(ReadLine *rl)
{
    move_to(rl, word_left(rl));
}

static void key_word_right(ReadLine *rl)
{
    move_to(rl, word_right(rl));
}

static void key_backspace(ReadLine *rl)
{
    if (rl->cursor > 0) {
        erase(rl, rl->cursor - 1, rl->cursor);
    }
}

static void key_delete(ReadLine *rl)
{
    if (rl->cursor < rl->line->len) {
        erase(rl, rl->cursor, rl->cursor + 1);
    }
}

static void key_kill_to_end(ReadLine *rl)
{
    erase(rl, rl->cursor, rl->line->len);
}

static void key_kill_to_start(ReadLine *rl)
{
    erase(rl, 0, rl->cursor);
}

static void key_kill_word(ReadLine *rl)
{
    erase(rl, word_left(rl), rl->cursor);
}

static void key_kill_word_right(ReadLine *rl)
{
    erase(rl, rl->cursor, word_right(rl));
}

static void key_up(ReadLine *rl)
{
    if (rl->history_at == 0) {
        return;
    }
    if (rl->history_at == rl->history->len) {
        g_free(rl->typed);
        rl->typed = g_strdup(rl->line->str);
    }
    set_line(rl, g_ptr_array_index(rl->history, --rl->history_at));
}

static void key_down(ReadLine *rl)
{
    if (rl->history_at == rl->history->len) {
        return;
    }
    rl->history_at++;
    set_line(rl, rl->history_at == rl->history->len
                     ? (rl->typed ? rl->typed : "")
                     : g_ptr_array_index(rl->history, rl->history_at));
}

static void key_clear_screen(ReadLine *rl)
{
    out(rl, "\033[H\033[2J");
    readline_show_prompt(rl);
}

static void remember(ReadLine *rl, const char *line)
{
    for (guint i = 0; i < rl->history->len; i++) {
        if (g_str_equal(g_ptr_array_index(rl->history, i), line)) {
            g_ptr_array_remove_index(rl->history, i);
            break;
        }
    }
    if (rl->history->len == READLINE_MAX_HISTORY) {
        g_ptr_array_remove_index(rl->history, 0);
    }
    if (line[0]) {
        g_ptr_array_add(rl->history, g_strdup(line));
    }
}

static void key_enter(ReadLine *rl)
{
    g_autofree char *line = g_strdup(rl->line->str);

    out(rl, "\n");
    remember(rl, line);
    readline_restart(rl);
    rl->ops->line(rl->opaque, line);
}

/* ---- Completion ---- */

static size_t common_prefix(GPtrArray *matches)
{
    const char *first = g_ptr_array_index(matches, 0);
    size_t len = strlen(first);

    for (guint i = 1; i < matches->len; i++) {
        const char *other = g_ptr_array_index(matches, i);
        size_t n = 0;

        while (n < len && first[n] == other[n]) {
            n++;
        }
        len = n;
    }
    return len;
}

static void list_matches(ReadLine *rl, GPtrArray *matches)
{
    size_t width = 10, columns;

    for (guint i = 0; i < matches->len; i++) {
        width = MAX(width, strlen(g_ptr_array_index(matches, i)) + 2);
    }
    columns = MAX(80 / width, 1);
    out(rl, "\n");
    for (guint i = 0; i < matches->len; i++) {
        bool last = i + 1 == matches->len || (i + 1) % columns == 0;
        g_autofree char *cell = g_strdup_printf("%-*s%s", last ? 0 : (int)width,
                                                (char *)g_ptr_array_index(matches, i),
                                                last ? "\n" : "");

        out(rl, cell);
    }
    readline_show_prompt(rl);
}

static int compare_strings(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void key_tab(ReadLine *rl)
{
    g_autoptr(GPtrArray) matches = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *before = g_strndup(rl->line->str, rl->cursor);
    size_t start = rl->cursor, typed, len;
    g_autofree char *more = NULL;

    rl->ops->complete(rl->opaque, before, matches, &start);
    if (matches->len == 0) {
        return;
    }
    g_ptr_array_sort(matches, compare_strings);
    typed = rl->cursor - start;
    len = common_prefix(matches);
    if (len > typed || matches->len == 1) {
        const char *first = g_ptr_array_index(matches, 0);
        bool space = matches->len == 1 && first[len - 1] != '/';

        more = g_strdup_printf("%.*s%s", (int)(len - typed), first + typed, space ? " " : "");
        insert(rl, more);
    } else {
        list_matches(rl, matches);
    }
}

static const struct {
    uint8_t key;
    void (*func)(ReadLine *rl);
} keys[] = {
    { 1, key_home },          { 2, key_left },       { 4, key_delete },   { 5, key_end },
    { 6, key_right },         { 8, key_backspace },  { 9, key_tab },      { 10, key_enter },
    { 11, key_kill_to_end },  { 12, key_clear_screen }, { 13, key_enter }, { 14, key_down },
    { 16, key_up },           { 21, key_kill_to_start }, { 23, key_kill_word },
    { 127, key_backspace },
};

/* ESC [ letter and ESC O letter; ESC [ number ~ has the number in `param`. */
static const struct {
    uint8_t letter;
    int param;
    void (*func)(ReadLine *rl);
} csi_keys[] = {
    { 'A', 0, key_up },   { 'B', 0, key_down },  { 'C', 0, key_right }, { 'D', 0, key_left },
    { 'H', 0, key_home }, { 'F', 0, key_end },   { '~', 1, key_home },  { '~', 7, key_home },
    { '~', 4, key_end },  { '~', 8, key_end },   { '~', 3, key_delete },
};

static const struct {
    uint8_t key;
    void (*func)(ReadLine *rl);
} esc_keys[] = {
    { 'b', key_word_left },
    { 'f', key_word_right },
    { 'd', key_kill_word_right },
    { 127, key_kill_word },
};

static void handle_escape(ReadLine *rl, uint8_t ch)
{
    int esc = rl->esc;

    rl->esc = ESC_NONE;
    if (esc == ESC_SEEN && (ch == '[' || ch == 'O')) {
        rl->esc = ch == '[' ? ESC_CSI : ESC_SS3;
        rl->esc_param = 0;
        return;
    }
    if (esc == ESC_SEEN) {
        for (size_t i = 0; i < ARRAY_SIZE(esc_keys); i++) {
            if (esc_keys[i].key == ch) {
                esc_keys[i].func(rl);
            }
        }
        return;
    }
    if (g_ascii_isdigit(ch) || ch == ';') { /* of "1;5C" the first number counts */
        rl->esc = esc;
        rl->esc_param = ch == ';' ? 0 : (rl->esc_param * 10 + ch - '0') % 1000;
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(csi_keys); i++) {
        if (csi_keys[i].letter == ch && (ch != '~' || csi_keys[i].param == rl->esc_param)) {
            csi_keys[i].func(rl);
            return;
        }
    }
}

void readline_handle_byte(ReadLine *rl, uint8_t ch)
{
    uint8_t last = rl->last;

    rl->last = ch;
    if (rl->esc != ESC_NONE) {
        handle_escape(rl, ch);
        return;
    }
    if (ch == 27) {
        rl->esc = ESC_SEEN;
        return;
    }
    if (last == '\r' && (ch == '\n' || ch == 0)) {
        return; /* one key on some terminals and in telnet */
    }
    if (ch >= ' ' && ch != 127) {
        char text[2] = { ch, 0 };

        insert(rl, text);
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        if (keys[i].key == ch) {
            keys[i].func(rl);
            return;
        }
    }
}

void readline_show_prompt(ReadLine *rl)
{
    out(rl, rl->prompt);
    out(rl, rl->line->str);
    out_left(rl, rl->line->len - rl->cursor);
}

void readline_restart(ReadLine *rl)
{
    g_string_truncate(rl->line, 0);
    rl->cursor = 0;
    rl->history_at = rl->history->len;
    g_clear_pointer(&rl->typed, g_free);
    rl->esc = ESC_NONE;
}

const char *readline_get_history(ReadLine *rl, unsigned n)
{
    return n < rl->history->len ? g_ptr_array_index(rl->history, n) : NULL;
}

ReadLine *readline_new(const char *prompt, const ReadLineOps *ops, void *opaque)
{
    ReadLine *rl = g_new0(ReadLine, 1);

    rl->ops = ops;
    rl->opaque = opaque;
    rl->prompt = g_strdup(prompt);
    rl->line = g_string_new(NULL);
    rl->history = g_ptr_array_new_with_free_func(g_free);
    return rl;
}

void readline_free(ReadLine *rl)
{
    if (rl) {
        g_free(rl->prompt);
        g_free(rl->typed);
        g_string_free(rl->line, TRUE);
        g_ptr_array_unref(rl->history);
        g_free(rl);
    }
}
