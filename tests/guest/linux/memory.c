/*
 * Memory: mappings, protection and its faults, accesses across pages, copy on write, code that
 * changes.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "check.h"

#define PAGE 4096u

static uint8_t *pages;
static volatile uint32_t fault_addr;
static volatile int fault_code, nb_faults;

/* Gives the page that was touched all rights, and tries again. */
static void open_page(int signal, siginfo_t *info, void *context)
{
    fault_addr = (uintptr_t)info->si_addr;
    fault_code = info->si_code;
    nb_faults++;
    mprotect((void *)(uintptr_t)(fault_addr & -PAGE), PAGE, PROT_READ | PROT_WRITE);
}

static void catch_faults(void)
{
    struct sigaction action = { .sa_sigaction = open_page, .sa_flags = SA_SIGINFO };

    sigaction(SIGSEGV, &action, NULL);
    nb_faults = 0;
}

static void close_pages(int rights)
{
    mprotect(pages, 4 * PAGE, PROT_READ | PROT_WRITE);
    for (unsigned i = 0; i < 4 * PAGE; i++) {
        pages[i] = i * 7 + i / PAGE;
    }
    mprotect(pages + PAGE, PAGE, rights);
    nb_faults = 0;
}

static void protection_faults(void)
{
    volatile uint8_t *p = pages + PAGE + 123;

    catch_faults();
    close_pages(PROT_NONE);
    EXPECT(*p == (uint8_t)((PAGE + 123) * 7 + 1));
    EXPECT(nb_faults == 1 && fault_addr == (uintptr_t)p && fault_code == SEGV_ACCERR);
    close_pages(PROT_READ);
    EXPECT(*p == (uint8_t)((PAGE + 123) * 7 + 1) && nb_faults == 0);
    *p = 5;
    EXPECT(*p == 5 && nb_faults == 1 && fault_addr == (uintptr_t)p);
    PASS();
}

/* An access that ends in a page that isn't there yet is done whole once it is. */
static void accesses_across_pages(void)
{
    uint8_t *edge = pages + PAGE, want[32];
    uint32_t value, words[8];
    double d;

    catch_faults();
    close_pages(PROT_NONE);
    for (int i = 0; i < 32; i++) {
        want[i] = (PAGE - 16 + i) * 7 + (i >= 16);
    }
    __asm__ volatile("lwz %0,-2(%1)" : "=r"(value) : "b"(edge) : "memory");
    EXPECT(nb_faults == 1 && !memcmp(&value, want + 14, 4));
    close_pages(PROT_NONE);
    __asm__ volatile("lfd %0,-4(%1)" : "=f"(d) : "b"(edge) : "memory");
    EXPECT(nb_faults == 1 && !memcmp(&d, want + 12, 8));
    close_pages(PROT_NONE);
    __asm__ volatile("lmw 24,-16(%0)\n\tstmw 24,0(%1)"
                     :
                     : "b"(edge), "b"(words)
                     : "memory", "r24", "r25", "r26", "r27", "r28", "r29", "r30", "r31");
    EXPECT(nb_faults == 1 && !memcmp(words, want, 32));
    close_pages(PROT_NONE);
    __asm__ volatile("lswi 5,%0,22\n\tstswi 5,%1,22"
                     :
                     : "b"(edge - 11), "b"(words)
                     : "memory", "r5", "r6", "r7", "r8", "r9", "r10");
    EXPECT(nb_faults == 1 && !memcmp(words, want + 5, 22));
    close_pages(PROT_READ);
    __asm__ volatile("stw %0,-1(%1)" : : "r"(0x11223344), "b"(edge) : "memory");
    EXPECT(nb_faults == 1 && edge[-1] == 0x11 && edge[0] == 0x22 && edge[2] == 0x44);
    PASS();
}

static void copy_on_write(void)
{
    int status;
    pid_t child;

    close_pages(PROT_READ | PROT_WRITE);
    child = fork();
    if (child == 0) {
        memset(pages, 0xee, 4 * PAGE);
        _exit(pages[PAGE] == 0xee ? 42 : 1);
    }
    waitpid(child, &status, 0);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 42);
    for (unsigned i = 0; i < 4 * PAGE; i++) {
        EXPECT(pages[i] == (uint8_t)(i * 7 + i / PAGE));
    }
    PASS();
}

/* Many mappings, more than any TLB holds, seen again after they have moved. */
static void many_mappings(void)
{
    enum { NB = 600 };
    static uint32_t *maps[NB];

    for (uint32_t i = 0; i < NB; i++) {
        maps[i] = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        EXPECT(maps[i] != MAP_FAILED);
        *maps[i] = i;
    }
    for (uint32_t i = 0; i < NB; i += 3) {
        maps[i] = mremap(maps[i], PAGE, 40 * PAGE, MREMAP_MAYMOVE);
        EXPECT(maps[i] != MAP_FAILED);
    }
    for (uint32_t i = 0; i < NB; i++) {
        EXPECT(*maps[i] == i);
        munmap(maps[i], i % 3 ? PAGE : 40 * PAGE);
    }
    PASS();
}

/* --- Code that changes */

typedef uint32_t Function(void);

static void write_code(uint32_t *where, const uint32_t *code, unsigned nb)
{
    memcpy(where, code, nb * 4);
    for (unsigned i = 0; i < nb; i++) {
        __asm__ volatile("dcbst 0,%0\n\tsync\n\ticbi 0,%0" : : "r"(where + i) : "memory");
    }
    __asm__ volatile("sync\n\tisync" : : : "memory");
}

static void self_modifying_code(void)
{
    uint32_t *code = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    EXPECT(code != MAP_FAILED);
    for (uint32_t i = 0; i < 2000; i++) {
        uint32_t insns[] = { 0x38600000 | (i & 0x7fff), 0x4e800020 }; /* li r3,i; blr */
        uint32_t *at = code + (i % 2 ? PAGE / 4 - 1 : 8); /* every other time across pages */

        write_code(at, insns, 2);
        EXPECT(((Function *)at)() == i);
    }
    munmap(code, 2 * PAGE);
    PASS();
}

/* Written through one mapping, executed through another. */
static void code_through_an_alias(void)
{
    int fd = memfd_create("code", 0);
    uint32_t *writable, *code;

    EXPECT(fd >= 0 && ftruncate(fd, PAGE) == 0);
    writable = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    code = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    EXPECT(writable != MAP_FAILED && code != MAP_FAILED);
    for (uint32_t i = 0; i < 1000; i++) {
        uint32_t insns[] = { 0x38600000 | i, 0x4e800020 };

        write_code(writable, insns, 2);
        __asm__ volatile("icbi 0,%0\n\tsync\n\tisync" : : "r"(code) : "memory");
        EXPECT(((Function *)code)() == i);
    }
    close(fd);
    PASS();
}

/* A function that changes the instruction behind the one that runs. */
static void code_that_changes_itself(void)
{
    static const uint32_t insns[] = {
        0x7c6802a6, /* mflr r3 */
        0x48000005, /* bl .+4 */
        0x7c8802a6, /* mflr r4 */
        0x7c6803a6, /* mtlr r3 */
        0x3ca03860, /* lis r5,0x3860 */
        0x60a5002a, /* ori r5,r5,42: r5 is li r3,42 */
        0x90a4002c, /* stw r5,44(r4) */
        0x3884002c, /* addi r4,r4,44 */
        0x7c00206c, /* dcbst 0,r4 */
        0x7c0004ac, /* sync */
        0x7c0027ac, /* icbi 0,r4 */
        0x7c0004ac, /* sync */
        0x4c00012c, /* isync */
        0x38600001, /* li r3,1, until then */
        0x4e800020, /* blr */
    };
    uint32_t *code =
        mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    for (int i = 0; i < 3; i++) {
        write_code(code, insns, 15);
        EXPECT(((Function *)code)() == 42);
    }
    munmap(code, PAGE);
    PASS();
}

int main(void)
{
    pages = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    protection_faults();
    accesses_across_pages();
    signal(SIGSEGV, SIG_DFL);
    copy_on_write();
    many_mappings();
    self_modifying_code();
    code_through_an_alias();
    code_that_changes_itself();
    return 0;
}
