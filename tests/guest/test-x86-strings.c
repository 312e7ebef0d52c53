/*
 * Instructions that fault on the way: registers, flags and memory are as the manual says they are
 * then. Strings with REP keep what they have done; what reads and writes memory writes nothing else
 * before. Copies that overlap repeat a pattern.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "x86-machine.h"

#define FIRST  (X86_TEST_DATA) /* a page that is there, and one behind it that isn't */
#define SECOND (X86_TEST_DATA + 0x1000)

static X86TestState state;

static void begin(unsigned bits)
{
    state = (X86TestState){ .bits = bits };
    for (unsigned i = 0; i < X86_TEST_DATA_SIZE; i++) {
        state.data[i] = i * 7 + (i >> 8);
    }
    state.regs[R_ESP] = X86_TEST_DATA - 0x100;
    x86_machine_set_prepare(NULL);
}

#define RUN(...)                                                                                   \
    do {                                                                                           \
        static const uint8_t code[] = { __VA_ARGS__ };                                             \
        x86_machine_run(&state, code, sizeof(code));                                               \
    } while (0)

/* The second page of data can't be written, or isn't there. */
static void hide_second(CPUX86State *env)
{
    x86_machine_page(env);
    x86_machine_set_page(SECOND, 0);
}

static void protect_second(CPUX86State *env)
{
    x86_machine_page(env);
    x86_machine_set_page(SECOND, SECOND | 1);
}

static void limit_es(CPUX86State *env)
{
    env->segs[R_ES].limit = FIRST + 0x20b;
}

static uint64_t cr2(void)
{
    return x86_machine_cpu()->env.cr2;
}

/* rep movsb, rep movsd, in flat and paged memory: as far as it goes. */
static void test_movs_page_fault(void)
{
    uint8_t expected[0x10];

    begin(32);
    memcpy(expected, state.data + 0x100, sizeof(expected));
    x86_machine_set_prepare(hide_second);
    state.regs[R_ESI] = FIRST + 0x100;
    state.regs[R_EDI] = SECOND - 0x10;
    state.regs[R_ECX] = 0x30;
    RUN(0xf3, 0xa4);
    g_assert_cmpuint(state.stop, ==, EXCP_PF);
    g_assert_cmphex(cr2(), ==, SECOND);
    g_assert_cmphex(state.regs[R_ECX], ==, 0x20);
    g_assert_cmphex(state.regs[R_ESI], ==, FIRST + 0x110);
    g_assert_cmphex(state.regs[R_EDI], ==, SECOND);
    g_assert_cmpmem(state.data + 0xff0, 16, expected, 16);
}

/* An element that lies in both pages: nothing of it. */
static void test_stos_across_pages(void)
{
    uint8_t last[2];

    begin(32);
    memcpy(last, state.data + 0xffe, sizeof(last));
    x86_machine_set_prepare(protect_second);
    state.regs[R_EDI] = SECOND - 0x0a;
    state.regs[R_ECX] = 5;
    state.regs[R_EAX] = 0x11223344;
    RUN(0xf3, 0xab);
    g_assert_cmpuint(state.stop, ==, EXCP_PF);
    g_assert_cmphex(cr2(), ==, SECOND);
    g_assert_cmphex(state.regs[R_ECX], ==, 3);
    g_assert_cmphex(state.regs[R_EDI], ==, SECOND - 2);
    g_assert_cmpmem(state.data + 0xffe, 2, last, 2);
    g_assert_cmphex(state.data[0xff6], ==, 0x44);
    g_assert_cmphex(state.data[0xffd], ==, 0x11);
}

/* A segment's limit: checked for each element. */
static void test_movs_limit(void)
{
    begin(32);
    x86_machine_set_prepare(limit_es);
    state.regs[R_ESI] = FIRST + 0x100;
    state.regs[R_EDI] = FIRST + 0x200;
    state.regs[R_ECX] = 8;
    RUN(0xf3, 0xa5);
    g_assert_cmpuint(state.stop, ==, EXCP_GP);
    g_assert_cmphex(state.regs[R_ECX], ==, 5);
    g_assert_cmphex(state.regs[R_ESI], ==, FIRST + 0x10c);
    g_assert_cmphex(state.regs[R_EDI], ==, FIRST + 0x20c);
}

/* The flags of a comparison that has been made stay when the next one faults. */
static void test_scas_page_fault(void)
{
    begin(32);
    memset(state.data + 0xff8, 0x55, 8);
    x86_machine_set_prepare(hide_second);
    state.regs[R_EDI] = SECOND - 8;
    state.regs[R_ECX] = 100;
    state.regs[R_EAX] = 0x55;
    RUN(0xf3, 0xae);
    g_assert_cmpuint(state.stop, ==, EXCP_PF);
    g_assert_cmphex(state.regs[R_ECX], ==, 92);
    g_assert_cmphex(state.regs[R_EDI], ==, SECOND);
    g_assert_cmphex(state.eflags & FLAGS_STATUS, ==, FLAG_ZF | FLAG_PF);
}

/* Two pages, from the middle of a word on. */
static void test_stos_large(void)
{
    begin(32);
    state.regs[R_EDI] = FIRST + 1;
    state.regs[R_ECX] = X86_TEST_DATA_SIZE - 1;
    state.regs[R_EAX] = 0xa5;
    RUN(0xf3, 0xaa);
    g_assert_cmpuint(state.stop, ==, X86_STOP_END);
    g_assert_cmphex(state.regs[R_ECX], ==, 0);
    g_assert_cmphex(state.regs[R_EDI], ==, FIRST + X86_TEST_DATA_SIZE);
    g_assert_cmphex(state.data[0], ==, 0);
    for (unsigned i = 1; i < X86_TEST_DATA_SIZE; i++) {
        g_assert_cmphex(state.data[i], ==, 0xa5);
    }
}

static void test_movs_backwards(void)
{
    g_autofree uint8_t *expected = NULL;

    begin(64);
    expected = g_memdup2(state.data, X86_TEST_DATA_SIZE);
    memmove(expected + 0x10, expected, 0x1800);
    state.eflags = FLAG_DF;
    state.regs[R_ESI] = FIRST + 0x17f8;
    state.regs[R_EDI] = FIRST + 0x1808;
    state.regs[R_ECX] = 0x300;
    RUN(0xf3, 0x48, 0xa5);
    g_assert_cmpuint(state.stop, ==, X86_STOP_END);
    g_assert_cmphex(state.regs[R_EDI], ==, FIRST + 8);
    g_assert_cmpmem(state.data, X86_TEST_DATA_SIZE, expected, X86_TEST_DATA_SIZE);
}

/* The destination, a few bytes ahead of the source, gets what has just been written. */
static void test_movs_pattern(void)
{
    begin(64);
    state.regs[R_ESI] = FIRST + 0x700;
    state.regs[R_EDI] = FIRST + 0x703;
    state.regs[R_ECX] = 0x1000;
    RUN(0xf3, 0xa4);
    g_assert_cmpuint(state.stop, ==, X86_STOP_END);
    for (unsigned i = 0; i < 0x1000; i++) {
        g_assert_cmphex(state.data[0x703 + i], ==, state.data[0x700 + i % 3]);
    }
}

/* add [page that can't be written], ecx: registers, flags and memory are as before. */
static void test_update_faults(void)
{
    uint8_t before;

    begin(32);
    before = state.data[0x1000];
    x86_machine_set_prepare(protect_second);
    state.regs[R_EBX] = SECOND;
    state.regs[R_ECX] = 0xffffffff;
    state.eflags = FLAG_OF | FLAG_AF;
    RUN(0x01, 0x0b);
    g_assert_cmpuint(state.stop, ==, EXCP_PF);
    g_assert_cmphex(state.eflags & FLAGS_STATUS, ==, FLAG_OF | FLAG_AF);
    g_assert_cmphex(state.data[0x1000], ==, before);
    g_assert_cmphex(state.regs[R_ECX], ==, 0xffffffff);
}

/* A flag that an instruction before has set is there when the next one faults. */
static void test_flags_at_fault(void)
{
    static const uint8_t code[] = { 0x01, 0xc8, 0x8b, 0x13 }; /* add eax, ecx; mov edx, [ebx] */

    begin(32);
    x86_machine_set_prepare(hide_second);
    state.regs[R_EBX] = SECOND + 4;
    state.regs[R_EAX] = 0x7fffffff;
    state.regs[R_ECX] = 1;
    x86_machine_run(&state, code, sizeof(code));
    g_assert_cmpuint(state.stop, ==, EXCP_PF);
    g_assert_cmphex(state.eflags & FLAGS_STATUS, ==, FLAG_OF | FLAG_AF | FLAG_SF | FLAG_PF);
    g_assert_cmphex(state.regs[R_EAX], ==, 0x80000000);
}

/* push, call and pop whose memory isn't there leave the stack pointer. */
static void test_stack_faults(void)
{
    begin(32);
    x86_machine_set_prepare(hide_second);
    state.regs[R_EBX] = SECOND;
    state.regs[R_ESP] = FIRST + 0x100;
    RUN(0x8f, 0x03); /* pop dword [ebx] */
    g_assert_cmpuint(state.stop, ==, EXCP_PF);
    /* The handler's frame: error code, eip, cs, eflags. */
    g_assert_cmphex(state.regs[R_ESP], ==, FIRST + 0x100 - 16);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*run)(void);
    } tests[] = {
        { "/x86/strings/movs-page-fault", test_movs_page_fault },
        { "/x86/strings/stos-across-pages", test_stos_across_pages },
        { "/x86/strings/movs-limit", test_movs_limit },
        { "/x86/strings/scas-page-fault", test_scas_page_fault },
        { "/x86/strings/stos-large", test_stos_large },
        { "/x86/strings/movs-backwards", test_movs_backwards },
        { "/x86/strings/movs-pattern", test_movs_pattern },
        { "/x86/faults/update", test_update_faults },
        { "/x86/faults/flags", test_flags_at_fault },
        { "/x86/faults/stack", test_stack_faults },
    };
    int result;

    g_test_init(&argc, &argv, NULL);
    x86_machine_init(argc > 1 && !strcmp(argv[1], "interp"), "max");
    for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
        g_test_add_func(tests[i].path, tests[i].run);
    }
    result = g_test_run();
    x86_machine_exit();
    return result;
}
