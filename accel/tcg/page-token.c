/*
 * Page tokens: numbers for pairs of a virtual page and the RAM page that it shows.
 *
 * A link across pages holds if the destination's virtual page still shows the RAM page that it was
 * translated from. Generated code checks that with one comparison of 32 bits, whatever the sizes of
 * the addresses: it compares tokens.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "internal.h"

/* So many pairs are enough for the working set; the rest are processes that have ended. */
#define MAX_TOKENS (256 * 1024)

static GArray *pairs; /* PagePair; token n is element n - 1 */
static GHashTable *tokens;

static guint hash_pair(gconstpointer p)
{
    const PagePair *pair = p;
    uint64_t h = (pair->page ^ pair->ram_page << 9) * 0x9e3779b97f4a7c15ull;

    return h >> 32;
}

static gboolean same_pair(gconstpointer a, gconstpointer b)
{
    return !memcmp(a, b, sizeof(PagePair));
}

void page_tokens_reset(void)
{
    if (!tokens) {
        pairs = g_array_new(FALSE, FALSE, sizeof(PagePair));
        tokens = g_hash_table_new_full(hash_pair, same_pair, g_free, NULL);
    }
    g_array_set_size(pairs, 0);
    g_hash_table_remove_all(tokens);
}

uint32_t page_token(vaddr addr, ram_addr_t ram_addr)
{
    PagePair pair = { addr & TARGET_PAGE_MASK, ram_addr & TARGET_PAGE_MASK };
    gpointer known = g_hash_table_lookup(tokens, &pair);

    if (!known) {
        g_array_append_val(pairs, pair);
        known = GUINT_TO_POINTER(pairs->len);
        g_hash_table_insert(tokens, g_memdup2(&pair, sizeof(pair)), known);
    }
    return GPOINTER_TO_UINT(known);
}

const PagePair *page_token_pair(uint32_t token)
{
    return token == ITLB_EMPTY ? NULL : &g_array_index(pairs, PagePair, token - 1);
}

bool page_tokens_exhausted(void)
{
    return pairs->len >= MAX_TOKENS;
}
