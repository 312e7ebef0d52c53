/*
 * Symbols of the loaded images: from address to name, for logs and the disassembler.
 *
 * Tables are only ever added; a lookup takes no lock.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/atomic.h"
#include "loader-internal.h"

/* How far a symbol of unknown size reaches at most. */
#define MAX_UNSIZED_SYMBOL (64 * KiB)

typedef struct SymbolTable {
    struct SymbolTable *next;
    GArray *symbols;  /* LoaderSymbol, by address; sizes are filled in */
    GArray *segments; /* LoaderSegment */
    GBytes *names;
} SymbolTable;

static SymbolTable *tables;

/* Of two symbols at one address the larger comes last and is found. */
static gint compare_symbols(gconstpointer a, gconstpointer b)
{
    const LoaderSymbol *x = a, *y = b;

    if (x->addr != y->addr) {
        return x->addr < y->addr ? -1 : 1;
    }
    return x->size < y->size ? -1 : x->size > y->size;
}

/*
 * That another symbol may follow earlier doesn't matter: a lookup finds the last one below the
 * address.
 */
static void fill_in_sizes(GArray *symbols)
{
    for (unsigned i = 0; i < symbols->len; i++) {
        LoaderSymbol *s = &g_array_index(symbols, LoaderSymbol, i);

        if (!s->size && s->limit > s->addr) {
            s->size = MIN(s->limit - s->addr, MAX_UNSIZED_SYMBOL);
        }
    }
}

void symbols_add(GArray *symbols, GArray *segments, GBytes *names)
{
    SymbolTable *t = g_new0(SymbolTable, 1);

    g_array_sort(symbols, compare_symbols);
    fill_in_sizes(symbols);
    t->symbols = symbols;
    t->segments = segments;
    t->names = g_bytes_ref(names);
    t->next = tables;
    qatomic_store_release(&tables, t);
}

void symbols_remove_all(void)
{
    while (tables) {
        SymbolTable *t = tables;

        tables = t->next;
        g_array_free(t->symbols, TRUE);
        g_array_free(t->segments, TRUE);
        g_bytes_unref(t->names);
        g_free(t);
    }
}

/* The last symbol at or below addr, if addr lies in it. */
static const LoaderSymbol *find_in_table(const SymbolTable *t, uint64_t addr)
{
    const LoaderSymbol *s = (const LoaderSymbol *)t->symbols->data;
    unsigned low = 0, high = t->symbols->len;

    while (low < high) {
        unsigned mid = low + (high - low) / 2;
        if (s[mid].addr <= addr) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low && addr - s[low - 1].addr < s[low - 1].size ? &s[low - 1] : NULL;
}

static const LoaderSymbol *find_by_phys(const SymbolTable *t, uint64_t phys, uint64_t *virt)
{
    for (unsigned i = 0; i < t->segments->len; i++) {
        const LoaderSegment *seg = &g_array_index(t->segments, LoaderSegment, i);

        if (phys - seg->phys < seg->size) {
            *virt = seg->virt + (phys - seg->phys);
            return find_in_table(t, *virt);
        }
    }
    return NULL;
}

const char *lookup_symbol_offset(uint64_t addr, uint64_t *offset)
{
    const SymbolTable *first = qatomic_load_acquire(&tables), *t;
    const LoaderSymbol *found = NULL;
    uint64_t virt = addr;

    for (t = first; t && !found; t = t->next) {
        found = find_in_table(t, addr);
    }
    for (t = first; t && !found; t = t->next) {
        found = find_by_phys(t, addr, &virt);
    }
    if (!found) {
        return NULL;
    }
    if (offset) {
        *offset = virt - found->addr;
    }
    return found->name;
}

const char *lookup_symbol(uint64_t addr)
{
    const char *name = lookup_symbol_offset(addr, NULL);

    return name ? name : "";
}

/* ---- System.map: lines of "address type name" ---- */

static bool parse_map_line(char *line, LoaderSymbol *s)
{
    char *end, type;

    s->addr = g_ascii_strtoull(line, &end, 16);
    if (end == line || end[0] != ' ' || !end[1] || end[2] != ' ' || !end[3]) {
        return false;
    }
    type = end[1];
    s->name = end + 3;
    s->size = 0;
    s->limit = UINT64_MAX;
    return strchr("tTwW", type);
}

bool load_symbol_map(const char *filename, Error **errp)
{
    g_autoptr(GBytes) file = loader_read_file(filename, LOADER_MAX_FILE, errp);
    GArray *symbols;

    if (file && loader_is_gzip(g_bytes_get_data(file, NULL), g_bytes_get_size(file))) {
        GBytes *packed = file;
        file = loader_gunzip(packed, LOADER_MAX_FILE, filename, errp);
        g_bytes_unref(packed);
    }
    if (!file) {
        return false;
    }
    if (elf_has_magic(file)) {
        return elf_add_symbols(filename, file, errp);
    }

    /* The copy's lines become the symbols' names. */
    size_t len = g_bytes_get_size(file);
    char *text = g_malloc0(len + 1);
    if (len) {
        memcpy(text, g_bytes_get_data(file, NULL), len);
    }
    g_autoptr(GBytes) names = g_bytes_new_take(text, len + 1);

    symbols = g_array_new(FALSE, FALSE, sizeof(LoaderSymbol));
    for (char *save = NULL, *line = strtok_r(text, "\r\n", &save); line;
         line = strtok_r(NULL, "\r\n", &save)) {
        LoaderSymbol s;
        if (parse_map_line(line, &s)) {
            g_array_append_val(symbols, s);
        }
    }
    if (!symbols->len) {
        error_setg(errp, "'%s' has no symbols: expected an ELF file, or lines like 'c0000000 T _stext'", filename);
        g_array_free(symbols, TRUE);
        return false;
    }
    symbols_add(symbols, g_array_new(FALSE, FALSE, sizeof(LoaderSegment)), names);
    return true;
}
