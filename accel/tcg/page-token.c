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
#include "tcg/table.h"

/*
 * So many pairs are enough for the working set; the rest are processes that have ended. CPUs go on
 * for a while until all is flushed: hence more room.
 */
#define MAX_TOKENS (256 * 1024)
#define TOKEN_ROOM (MAX_TOKENS + 64 * 1024)

/* Token n is element n - 1. An element doesn't change while somebody may have its token. */
static PagePair pairs[TOKEN_ROOM];
static uint32_t nb_pairs;
static GHashTable *tokens;
static GMutex lock; /* of nb_pairs and tokens */

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
    g_mutex_lock(&lock);
    if (!tokens) {
        tokens = g_hash_table_new(hash_pair, same_pair);
    }
    nb_pairs = 0;
    g_hash_table_remove_all(tokens);
    g_mutex_unlock(&lock);
}

uint32_t page_token(vaddr addr, ram_addr_t ram_addr)
{
    PagePair pair = { addr & TARGET_PAGE_MASK, ram_addr & TARGET_PAGE_MASK };
    gpointer known;

    g_mutex_lock(&lock);
    known = g_hash_table_lookup(tokens, &pair);
    if (!known && nb_pairs < TOKEN_ROOM) {
        pairs[nb_pairs] = pair;
        known = GUINT_TO_POINTER(nb_pairs + 1);
        tcg_table_set(tokens, &pairs[nb_pairs++], known);
    }
    g_mutex_unlock(&lock);
    return GPOINTER_TO_UINT(known);
}

const PagePair *page_token_pair(uint32_t token)
{
    return token == ITLB_EMPTY ? NULL : &pairs[token - 1];
}

bool page_tokens_exhausted(void)
{
    bool exhausted;

    g_mutex_lock(&lock);
    exhausted = nb_pairs >= MAX_TOKENS;
    g_mutex_unlock(&lock);
    return exhausted;
}
