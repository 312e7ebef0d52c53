/*
 * Several CPUs at once: locks, litmus tests, code that another CPU changes, page tables.
 *
 * Says "NAME: N rounds, M wrong" for each test, once with translation off and once with pages, and
 * DONE. Built with ROUNDS.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdint.h>

#include "../bare/console.h"

#define MAILBOX  0xf0000000
#define HTAB     0x00200000 /* 64 KiB: 1024 groups */
#define FRAMES   0x00300000 /* of the pages that change */
#define VIRTUAL  0x00800000 /* where they are seen */
#define IDENTITY 0x00200000 /* so much is mapped where it is */
#define PAGE     4096
#define MAX_CPUS 4

enum {
    MAILBOX_NB_CPUS = 0,
    MAILBOX_DMA = 8,
    MAILBOX_VALUE = 12,
    MAILBOX_YIELD = 16,
    MAILBOX_INTERRUPT = 0x100,
    MSR_EE = 0x8000,
    MSR_PAGED = 0x30,
    VECTOR_DSI = 0x300,
    VECTOR_EXTERNAL = 0x500,
    VECTOR_DECREMENTER = 0x900,
    PTE_VALID = 0x80000000,
    PTE_R = 0x100,
    PTE_C = 0x80,
    PTE_COUNT = 0xe00,    /* bits that mean nothing to the CPU */
    PTE_COUNT_ONE = 0x200,
    VSID_LOW = 1,
    VSID_DEVICES = 2,
    CELLS = 256, /* of a litmus test between two barriers */
    LINE = 8,    /* words */
};

static unsigned nb_cpus;

#define sync()  __asm__ volatile("sync" ::: "memory")
#define isync() __asm__ volatile("isync" ::: "memory")

static void write32(uint32_t addr, uint32_t value)
{
    *(volatile uint32_t *)addr = value;
    __asm__ volatile("eieio" ::: "memory");
}

/* ---- Output ---- */

static const char *mode;

static void report(const char *name, uint32_t rounds, uint32_t wrong)
{
    put(mode);
    put(" ");
    put(name);
    put(": ");
    put_number(rounds);
    put(" rounds, ");
    put_number(wrong);
    put(" wrong\n");
}

/* ---- Barrier ---- */

static uint32_t arrived, generation;

static void barrier(void)
{
    uint32_t now = __atomic_load_n(&generation, __ATOMIC_ACQUIRE);

    if (__atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST) == nb_cpus) {
        __atomic_store_n(&arrived, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&generation, now + 1, __ATOMIC_RELEASE);
    } else {
        for (uint32_t n = 1; __atomic_load_n(&generation, __ATOMIC_ACQUIRE) == now; n++) {
            if (n % 1024 == 0) {
                (void)*(volatile uint32_t *)(MAILBOX + MAILBOX_YIELD);
            }
        }
    }
}

/* ---- Locks ---- */

static uint32_t lock_word, atomic_sum, atomic_bits;
static volatile uint32_t counter, mirror;

static void lock(void)
{
    uint32_t free = 0;

    while (!__atomic_compare_exchange_n(&lock_word, &free, 1, 0, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED)) {
        free = 0;
    }
}

static void test_locks(unsigned cpu)
{
    static uint32_t wrong;
    uint32_t rounds = ROUNDS * 20000;

    if (cpu == 0) {
        counter = mirror = atomic_sum = wrong = 0;
    }
    barrier();
    for (uint32_t i = 0; i < rounds; i++) {
        lock();
        if (counter != mirror) {
            wrong++;
        }
        counter++;
        mirror++;
        __atomic_store_n(&lock_word, 0, __ATOMIC_RELEASE);
        __atomic_fetch_add(&atomic_sum, 3, __ATOMIC_RELAXED);
        __atomic_fetch_xor(&atomic_bits, 1u << cpu, __ATOMIC_RELAXED);
    }
    barrier();
    if (cpu == 0) {
        wrong += counter != rounds * nb_cpus;
        wrong += atomic_sum != rounds * nb_cpus * 3;
        wrong += atomic_bits != 0; /* an even number of rounds */
        report("locks", rounds * nb_cpus, wrong);
    }
}

/* ---- Litmus tests ---- */

static volatile uint32_t x[CELLS * LINE], y[CELLS * LINE], seen[MAX_CPUS][CELLS][2];

typedef void Part(uint32_t i);

/* What CPU `n` does in each cell, in order, while the others do theirs. */
typedef struct Litmus {
    const char *name;
    unsigned nb_parts;
    Part *parts[MAX_CPUS];
    int (*is_wrong)(uint32_t i);
} Litmus;

static void mp_write(uint32_t i)
{
    x[i * LINE] = 1;
    sync();
    y[i * LINE] = 1;
}

static void mp_read(uint32_t i)
{
    seen[1][i][0] = y[i * LINE];
    sync();
    seen[1][i][1] = x[i * LINE];
}

static int mp_wrong(uint32_t i)
{
    return seen[1][i][0] && !seen[1][i][1];
}

static void sb_left(uint32_t i)
{
    x[i * LINE] = 1;
    sync();
    seen[0][i][0] = y[i * LINE];
}

static void sb_right(uint32_t i)
{
    y[i * LINE] = 1;
    sync();
    seen[1][i][0] = x[i * LINE];
}

static int sb_wrong(uint32_t i)
{
    return !seen[0][i][0] && !seen[1][i][0];
}

static void lb_left(uint32_t i)
{
    seen[0][i][0] = x[i * LINE];
    sync();
    y[i * LINE] = 1;
}

static void lb_right(uint32_t i)
{
    seen[1][i][0] = y[i * LINE];
    sync();
    x[i * LINE] = 1;
}

static int lb_wrong(uint32_t i)
{
    return seen[0][i][0] && seen[1][i][0];
}

static void iriw_write_x(uint32_t i)
{
    x[i * LINE] = 1;
}

static void iriw_write_y(uint32_t i)
{
    y[i * LINE] = 1;
}

static void iriw_read_xy(uint32_t i)
{
    seen[2][i][0] = x[i * LINE];
    sync();
    seen[2][i][1] = y[i * LINE];
}

static void iriw_read_yx(uint32_t i)
{
    seen[3][i][0] = y[i * LINE];
    sync();
    seen[3][i][1] = x[i * LINE];
}

static int iriw_wrong(uint32_t i)
{
    return seen[2][i][0] && !seen[2][i][1] && seen[3][i][0] && !seen[3][i][1];
}

static void coherence_write(uint32_t i)
{
    x[i * LINE] = 1;
    x[i * LINE] = 2;
}

static void coherence_read(uint32_t i)
{
    seen[1][i][0] = x[i * LINE];
    seen[1][i][1] = x[i * LINE];
}

static int coherence_wrong(uint32_t i)
{
    return seen[1][i][0] > seen[1][i][1];
}

static const Litmus litmus_tests[] = {
    { "message passing", 2, { mp_write, mp_read }, mp_wrong },
    { "store buffering", 2, { sb_left, sb_right }, sb_wrong },
    { "load buffering", 2, { lb_left, lb_right }, lb_wrong },
    { "coherence", 2, { coherence_write, coherence_read }, coherence_wrong },
    { "IRIW", 4, { iriw_write_x, iriw_write_y, iriw_read_xy, iriw_read_yx }, iriw_wrong },
};

static void run_litmus(unsigned cpu, const Litmus *test)
{
    uint32_t wrong = 0, rounds = ROUNDS * 40;

    if (test->nb_parts > nb_cpus) {
        return;
    }
    for (uint32_t n = 0; n < rounds; n++) {
        if (cpu == 0) {
            for (uint32_t i = 0; i < CELLS; i++) {
                x[i * LINE] = y[i * LINE] = 0;
            }
        }
        barrier();
        for (uint32_t i = 0; i < CELLS && cpu < test->nb_parts; i++) {
            test->parts[cpu](i);
        }
        barrier();
        for (uint32_t i = 0; i < CELLS && cpu == 0; i++) {
            wrong += test->is_wrong(i);
        }
    }
    if (cpu == 0) {
        report(test->name, rounds * CELLS, wrong);
    }
    barrier();
}

/* ---- Code that another CPU changes ---- */

enum {
    INSN_LI_R3 = 0x38600000,
    INSN_BLR = 0x4e800020,
    INSN_B_NEXT = 0x48000004,
};

/* Code and data that all CPUs write in one page: it gets guarded and loses its guard all the time. */
static volatile uint32_t patch_area[2][PAGE / 4] __attribute__((aligned(PAGE)));
static volatile uint32_t patch_generation, readers_done;
static uint32_t wrong_patches;

static void flush_code(volatile uint32_t *at)
{
    __asm__ volatile("dcbst 0,%0; sync; icbi 0,%0; sync; isync" : : "r"(at) : "memory");
}

static void patch(volatile uint32_t *code, uint32_t value, int by_dma)
{
    if (by_dma) {
        write32(MAILBOX + MAILBOX_VALUE, INSN_LI_R3 | value);
        write32(MAILBOX + MAILBOX_DMA, (uint32_t)code);
    } else {
        *code = INSN_LI_R3 | value;
    }
    flush_code(code);
}

static uint32_t call(volatile uint32_t *code)
{
    return ((uint32_t(*)(void))(uintptr_t)code)();
}

static void test_patches(unsigned cpu, const char *name, int by_dma, int spoil)
{
    uint32_t last = ROUNDS * 1000 < 30000 ? ROUNDS * 1000 : 30000;
    volatile uint32_t *code = &patch_area[spoil][64];

    if (cpu == 0) {
        code[1] = INSN_B_NEXT; /* the part that changes is linked to the next block */
        code[2] = INSN_BLR;
        flush_code(code + 1);
        patch(code, 0, 0);
        patch_generation = wrong_patches = readers_done = 0;
    }
    barrier();
    isync();
    if (cpu == 0) {
        for (uint32_t n = 1; n <= last; n++) {
            patch(code, n, by_dma);
            patch_generation = n;
            if (call(code) != n) {
                wrong_patches++;
            }
        }
    } else {
        uint32_t before, value, after;

        do {
            before = patch_generation;
            isync();
            value = call(code);
            sync();
            after = patch_generation;
            if (value < before || value > after + 1) {
                __atomic_fetch_add(&wrong_patches, 1, __ATOMIC_RELAXED);
            }
            if (spoil) {
                patch_area[spoil][cpu * 8]++;
            }
        } while (before != last);
    }
    barrier();
    if (cpu == 0) {
        report(name, last, wrong_patches);
    }
    barrier();
}

/* ---- Page tables ---- */

static volatile uint32_t *new_pte(uint32_t vsid, uint32_t ea)
{
    uint32_t hash = vsid ^ (ea >> 12 & 0xffff);
    volatile uint32_t *group = (volatile uint32_t *)(HTAB + (hash & 0x3ff) * 64);

    while (group[0] & PTE_VALID) {
        group += 2;
    }
    group[0] = vsid << 7 | (ea >> 22 & 0x3f);
    return group;
}

static volatile uint32_t *map(uint32_t vsid, uint32_t ea, uint32_t phys, uint32_t bits)
{
    volatile uint32_t *pte = new_pte(vsid, ea);

    pte[1] = phys | bits;
    sync();
    pte[0] |= PTE_VALID;
    sync();
    return pte;
}

static volatile uint32_t *moving_pte, *counted_pte;

static void make_page_table(void)
{
    for (uint32_t i = 0; i < 64 * 1024 / 4; i++) {
        ((volatile uint32_t *)HTAB)[i] = 0;
    }
    for (uint32_t ea = 0; ea < IDENTITY; ea += PAGE) {
        map(VSID_LOW, ea, ea, PTE_R | PTE_C | 2);
    }
    for (uint32_t ea = HTAB; ea < HTAB + 64 * 1024; ea += PAGE) {
        map(VSID_LOW, ea, ea, PTE_R | PTE_C | 2);
    }
    for (uint32_t i = 0; i < 4; i++) {
        map(VSID_LOW, FRAMES + i * PAGE, FRAMES + i * PAGE, PTE_R | PTE_C | 2);
    }
    map(VSID_DEVICES, MAILBOX, MAILBOX, PTE_R | PTE_C | 0x2a);
    map(VSID_DEVICES, UART, UART & -PAGE, PTE_R | PTE_C | 0x2a);
    moving_pte = map(VSID_LOW, VIRTUAL, FRAMES, 2);
    counted_pte = map(VSID_LOW, VIRTUAL + PAGE, FRAMES + 2 * PAGE, 2);
}

static void tlbie(uint32_t ea)
{
    __asm__ volatile("tlbie %0; sync" : : "r"(ea) : "memory");
}

static void use_pages(void)
{
    uint32_t msr;

    for (uint32_t n = 0; n < 15; n++) {
        __asm__ volatile("mtsrin %0,%1" : : "r"(VSID_LOW + n * 16), "r"(n << 28));
    }
    __asm__ volatile("mtsrin %0,%1" : : "r"(VSID_DEVICES), "r"(15 << 28));
    __asm__ volatile("mtsdr1 %0; sync; isync" : : "r"(HTAB));
    for (uint32_t ea = 0; ea < 128 * PAGE; ea += PAGE) {
        tlbie(ea);
    }
    __asm__ volatile("mfmsr %0" : "=r"(msr));
    __asm__ volatile("sync; mtmsr %0; isync" : : "r"(msr | MSR_PAGED) : "memory");
}

static volatile uint32_t asked, answered[MAX_CPUS], moves;
static uint32_t wrong_moves, unexpected;

void interrupt(uint32_t vector, uint32_t cpu, uint32_t *srr0);
void interrupt(uint32_t vector, uint32_t cpu, uint32_t *srr0)
{
    if (vector == VECTOR_EXTERNAL) {
        uint32_t now = asked;

        write32(MAILBOX + MAILBOX_INTERRUPT + 4 * cpu, 0);
        tlbie(VIRTUAL);
        answered[cpu] = now;
        sync();
    } else if (vector == VECTOR_DSI) {
        /* The page is being moved: try again. */
    } else if (vector == VECTOR_DECREMENTER) {
        /* It counts from reset on, and may run out on a slow host. */
    } else {
        *srr0 += 4;
        __atomic_fetch_add(&unexpected, 1, __ATOMIC_RELAXED);
    }
}

static void set_interrupts(int on)
{
    uint32_t msr;

    __asm__ volatile("mfmsr %0" : "=r"(msr));
    __asm__ volatile("mtmsr %0; isync" : : "r"(on ? msr | MSR_EE : msr & ~MSR_EE) : "memory");
}

/* The 750's tlbie is its own matter: the others are asked to do theirs. */
static void flush_everywhere(uint32_t n)
{
    tlbie(VIRTUAL);
    asked = n;
    sync();
    for (uint32_t i = 1; i < nb_cpus; i++) {
        write32(MAILBOX + MAILBOX_INTERRUPT + 4 * i, 1);
    }
    for (uint32_t i = 1; i < nb_cpus; i++) {
        while (answered[i] != n) {
        }
    }
}

static void test_shootdown(unsigned cpu)
{
    volatile uint32_t *page = (volatile uint32_t *)VIRTUAL;
    uint32_t last = ROUNDS * 300;

    if (cpu == 0) {
        moves = wrong_moves = unexpected = 0;
        *(volatile uint32_t *)FRAMES = 0;
    }
    barrier();
    if (cpu == 0) {
        for (uint32_t n = 1; n <= last; n++) {
            uint32_t frame = FRAMES + (n & 1) * PAGE;

            moving_pte[0] &= ~PTE_VALID;
            sync();
            flush_everywhere(n);
            *(volatile uint32_t *)frame = n;
            *(volatile uint32_t *)(FRAMES + (~n & 1) * PAGE) = 0; /* nobody sees it any more */
            moving_pte[1] = frame | 2;
            sync();
            moving_pte[0] |= PTE_VALID;
            sync();
            moves = n;
        }
    } else {
        uint32_t before;

        set_interrupts(1);
        do {
            uint32_t value;

            before = moves;
            sync();
            value = *page;
            if (value < before) {
                __atomic_fetch_add(&wrong_moves, 1, __ATOMIC_RELAXED);
            }
        } while (before != last);
        set_interrupts(0);
    }
    barrier();
    if (cpu == 0) {
        report("shootdown", last, wrong_moves + unexpected);
    }
    barrier();
}

/* CPU 0 counts in a word of the page table in which the others' MMUs set R and C. */
static void test_table_updates(unsigned cpu)
{
    static volatile uint32_t stop;
    volatile uint32_t *page = (volatile uint32_t *)(VIRTUAL + PAGE);
    uint32_t rounds = ROUNDS * 20000, wrong = 0, never_set = nb_cpus > 1;

    if (cpu == 0) {
        stop = 0;
    }
    barrier();
    if (cpu == 0) {
        uint32_t count = counted_pte[1] & PTE_COUNT;

        /* On, until the others have had a turn: the host may have fewer processors. */
        for (uint32_t n = 0; n < rounds || (never_set && n < 5000 * rounds); n++) {
            uint32_t old = counted_pte[1], new;

            do {
                new = (old & ~(PTE_COUNT | PTE_R | PTE_C)) | ((old + PTE_COUNT_ONE) & PTE_COUNT);
            } while (!__atomic_compare_exchange_n(&counted_pte[1], &old, new, 0, __ATOMIC_SEQ_CST,
                                                  __ATOMIC_SEQ_CST));
            wrong += (old & PTE_COUNT) != count;
            never_set &= !(old & PTE_C);
            count = new & PTE_COUNT;
        }
        stop = 1;
    } else {
        while (!stop) {
            tlbie(VIRTUAL + PAGE);
            page[cpu]++;
        }
    }
    barrier();
    if (cpu == 0) {
        report("page table updates", rounds, wrong + never_set);
    }
    barrier();
}

/* ---- All of it ---- */

static void run_all(unsigned cpu)
{
    test_locks(cpu);
    for (uint32_t i = 0; i < sizeof(litmus_tests) / sizeof(litmus_tests[0]); i++) {
        run_litmus(cpu, &litmus_tests[i]);
    }
    test_patches(cpu, "code by stores", 0, 0);
    test_patches(cpu, "code by DMA", 1, 0);
    test_patches(cpu, "code among data", 0, 1);
}

int main(unsigned cpu);
int main(unsigned cpu)
{
    static volatile uint32_t go;

    if (cpu == 0) {
        nb_cpus = *(volatile uint32_t *)(MAILBOX + MAILBOX_NB_CPUS);
        mode = "real";
        make_page_table();
        sync();
        go = 1;
    }
    while (!go) {
    }
    sync();
    barrier();
    run_all(cpu);
    use_pages();
    if (cpu == 0) {
        mode = "paged";
    }
    barrier();
    run_all(cpu);
    test_shootdown(cpu);
    test_table_updates(cpu);
    if (cpu == 0) {
        put("DONE\n");
    }
    return 0;
}
