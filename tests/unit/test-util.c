/*
 * Strings, numbers, bits and byte order.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/host-utils.h"
#include "qemu/id.h"
#include "qemu/int128.h"
#include "qemu/module.h"
#include "qemu/notify.h"
#include "qemu/queue.h"
#include "qemu/units.h"

static void test_strings(void)
{
    const char *rest;
    char buf[4];

    pstrcpy(buf, sizeof(buf), "abcdef");
    g_assert_cmpstr(buf, ==, "abc");
    g_assert_true(strstart("unix:path", "unix:", &rest));
    g_assert_cmpstr(rest, ==, "path");
    g_assert_false(strstart("unix", "unix:", NULL));
    g_assert_true(stristart("UNIX:x", "unix:", NULL));
    strpadcpy(buf, 4, "ab", 0);
    g_assert_cmpmem(buf, 4, "ab\0\0", 4);
    strpadcpy(buf, 4, "abcdef", ' ');
    g_assert_cmpmem(buf, 4, "abcd", 4);
}

static int calls;

static int64_t count_to(int64_t value)
{
    calls++;
    return value;
}

#define ONCE(expression, result)                \
    do {                                        \
        calls = 0;                              \
        g_assert_cmpint(expression, ==, result); \
        g_assert_cmpint(calls, ==, 1);          \
    } while (0)

static void test_macros_evaluate_once(void)
{
    ONCE(MIN(count_to(3), 5), 3);
    ONCE(MIN(5, count_to(3)), 3);
    ONCE(MAX(count_to(5), 3), 5);
    ONCE(MAX(3, count_to(5)), 5);
    ONCE(CLAMP(count_to(3), 1, 5), 3);
    ONCE(CLAMP(3, count_to(1), 5), 3);
    ONCE(CLAMP(3, 1, count_to(5)), 3);
    ONCE(ABS(count_to(-3)), 3);
    ONCE(DIV_ROUND_UP(count_to(9), 4), 3);
    ONCE(DIV_ROUND_UP(9, count_to(4)), 3);
    ONCE(ROUND_UP(count_to(9), 8), 16);
    ONCE(ROUND_UP(9, count_to(8)), 16);
    ONCE(ROUND_DOWN(count_to(9), 8), 8);
    ONCE(ROUND_DOWN(9, count_to(8)), 8);
    ONCE(QEMU_ALIGN_UP(9, count_to(8)), 16);
    ONCE(QEMU_IS_ALIGNED(16, count_to(8)), true);
}

static void test_arithmetic_macros(void)
{
    static const uint64_t n[] = { 0, 1, 7, 8, 9, 15, 16, UINT64_MAX - 8, UINT64_MAX - 7 };

    for (size_t i = 0; i < ARRAY_SIZE(n); i++) {
        uint64_t up = n[i] % 8 ? n[i] / 8 * 8 + 8 : n[i];

        g_assert_cmpuint(ROUND_DOWN(n[i], 8), ==, n[i] / 8 * 8);
        g_assert_cmpuint(ROUND_UP(n[i], 8), ==, up);
        g_assert_cmpuint(ROUND_UP(n[i], 8u), ==, up); /* the narrow type doesn't cut */
        g_assert_cmpuint(DIV_ROUND_UP(n[i], 8), ==, n[i] / 8 + (n[i] % 8 != 0));
    }
    g_assert_cmpint(CLAMP(-9, -3, 3), ==, -3);
    g_assert_cmpint(CLAMP(9, -3, 3), ==, 3);
    g_assert_cmpint(MIN(MAX(1, MIN(2, 3)), MAX(0, -1)), ==, 0);
    g_assert_cmphex(MAKE_64BIT_MASK(0, 64), ==, UINT64_MAX);
    g_assert_cmphex(MAKE_64BIT_MASK(4, 8), ==, 0xff0);
}

static void test_integers(void)
{
    const char *end;
    uint64_t u;
    int64_t i;
    int n;
    unsigned un;

    g_assert_cmpint(qemu_strtou64("0x10", NULL, 0, &u), ==, 0);
    g_assert_cmpuint(u, ==, 16);
    g_assert_cmpint(qemu_strtou64("-1", NULL, 0, &u), ==, -EINVAL);
    g_assert_cmpint(qemu_strtou64(" -1", NULL, 0, &u), ==, -EINVAL);
    g_assert_cmpint(qemu_strtou64("12x", NULL, 0, &u), ==, -EINVAL);
    g_assert_cmpint(qemu_strtou64("12x", &end, 0, &u), ==, 0);
    g_assert_cmpstr(end, ==, "x");
    g_assert_cmpint(qemu_strtou64("", NULL, 0, &u), ==, -EINVAL);
    g_assert_cmpint(qemu_strtou64(NULL, NULL, 0, &u), ==, -EINVAL);
    g_assert_cmpint(qemu_strtou64("18446744073709551616", NULL, 0, &u), ==, -ERANGE);
    g_assert_cmpint(qemu_strtoi64("-9223372036854775808", NULL, 0, &i), ==, 0);
    g_assert_cmpint(i, ==, INT64_MIN);
    g_assert_cmpint(qemu_strtoi("2147483648", NULL, 0, &n), ==, -ERANGE);
    g_assert_cmpint(n, ==, INT_MAX);
    g_assert_cmpint(qemu_strtoui("4294967295", NULL, 0, &un), ==, 0);
    g_assert_cmpuint(un, ==, UINT_MAX);
}

static void test_sizes(void)
{
    static const struct {
        const char *text;
        int ret;
        uint64_t value;
    } cases[] = {
        { "0", 0, 0 },
        { "12345", 0, 12345 },
        { "0x1000", 0, 4096 },
        { "1k", 0, 1024 },
        { "1.5M", 0, 1536 * KiB },
        { "2G", 0, 2 * GiB },
        { "3t", 0, 3 * TiB },
        { "1E", 0, EiB },
        { "12B", 0, 12 },
        { "16E", -ERANGE, UINT64_MAX },
        { "1.5", -EINVAL, 0 },
        { "", -EINVAL, 0 },
        { "-1", -EINVAL, 0 },
        { "x", -EINVAL, 0 },
        { "1kB", -EINVAL, 1024 },
        { "18446744073709551616", -ERANGE, UINT64_MAX },
    };
    uint64_t v;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        g_test_message("%s", cases[i].text);
        g_assert_cmpint(qemu_strtosz(cases[i].text, NULL, &v), ==, cases[i].ret);
        if (cases[i].ret != -EINVAL) {
            g_assert_cmpuint(v, ==, cases[i].value);
        }
    }
    g_assert_cmpint(qemu_strtosz_MiB("128", NULL, &v), ==, 0);
    g_assert_cmpuint(v, ==, 128 * MiB);
    g_assert_cmpint(qemu_strtosz_MiB("1g", NULL, &v), ==, 0);
    g_assert_cmpuint(v, ==, GiB);
}

static void test_size_text(void)
{
    static const struct {
        uint64_t value;
        const char *text;
    } cases[] = {
        { 0, "0 B" }, { 1, "1 B" }, { 1016, "0.992 KiB" }, { KiB, "1 KiB" }, { 1536, "1.5 KiB" },
        { 2047 * MiB, "2 GiB" }, { GiB, "1 GiB" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        g_autofree char *text = size_to_str(cases[i].value);

        g_assert_cmpstr(text, ==, cases[i].text);
    }
}

static void test_ids(void)
{
    g_assert_true(id_wellformed("a"));
    g_assert_true(id_wellformed("net0-x.y_Z"));
    g_assert_false(id_wellformed(""));
    g_assert_false(id_wellformed("0a"));
    g_assert_false(id_wellformed("a/b"));
    g_assert_false(id_wellformed("a b"));
    g_assert_false(id_wellformed("-a"));
    g_assert_false(id_wellformed("\xc3\xa4")); /* ASCII only */
}

static void test_fields(void)
{
    g_assert_cmphex(extract32(0x12345678, 8, 8), ==, 0x56);
    g_assert_cmphex(extract32(0x12345678, 0, 32), ==, 0x12345678);
    g_assert_cmphex(extract64(0xff00000000000000ULL, 56, 8), ==, 0xff);
    g_assert_cmpint(sextract32(0x80, 0, 8), ==, -128);
    g_assert_cmpint(sextract64(0x8000, 15, 1), ==, -1);
    g_assert_cmphex(deposit32(0xffffffff, 8, 8, 0x12), ==, 0xffff12ff);
    g_assert_cmphex(deposit64(0, 63, 1, 3), ==, 1ULL << 63);
    g_assert_cmphex(rol32(0x80000001, 1), ==, 3);
    g_assert_cmphex(rol32(0x12345678, 0), ==, 0x12345678);
    g_assert_cmphex(ror64(1, 1), ==, 1ULL << 63);
    g_assert_cmphex(rol8(0x81, 1), ==, 3);
    g_assert_cmphex(ror16(1, 1), ==, 0x8000);
}

/* Bit `i` of a field's value, one by one: what the functions do in a few instructions. */
static uint64_t slow_extract(uint64_t value, int start, int length)
{
    uint64_t field = 0;

    for (int i = 0; i < length; i++) {
        field += ((value >> (start + i)) & 1) * ((uint64_t)1 << i);
    }
    return field;
}

static void test_all_fields(void)
{
    static const uint64_t values[] = { 0, UINT64_MAX, 0x0123456789abcdefULL,
                                       0xfedcba9876543210ULL, 0x8000000180000001ULL };

    for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
        uint64_t value = values[v], patch = ~values[(v + 1) % ARRAY_SIZE(values)];

        for (int start = 0; start < 64; start++) {
            for (int length = 1; start + length <= 64; length++) {
                uint64_t field = slow_extract(value, start, length);
                int64_t sign = (int64_t)((field >> (length - 1)) & 1);
                int64_t extended = length == 64 ? (int64_t)field
                                                : (int64_t)field - (sign << length);
                uint64_t put = deposit64(value, start, length, patch);

                g_assert_cmphex(extract64(value, start, length), ==, field);
                g_assert_cmpint(sextract64(value, start, length), ==, extended);
                g_assert_cmphex(slow_extract(put, start, length), ==,
                                slow_extract(patch, 0, length));
                g_assert_cmphex(deposit64(put, start, length, field), ==, value);
                if (start + length <= 32) {
                    g_assert_cmphex(extract32(value, start, length), ==, field);
                    g_assert_cmpint(sextract32(value, start, length), ==, extended);
                    g_assert_cmphex(deposit32(value, start, length, patch), ==, (uint32_t)put);
                }
                if (start + length <= 16) {
                    g_assert_cmphex(extract16(value, start, length), ==, field);
                }
                if (start + length <= 8) {
                    g_assert_cmphex(extract8(value, start, length), ==, field);
                }
            }
        }
    }
}

static void test_all_rotations(void)
{
    uint64_t v = 0x8123456789abcdefULL, v64 = v;
    uint32_t v32 = v;
    uint16_t v16 = v;
    uint8_t v8 = v;

    for (unsigned n = 0; n < 130; n++) {
        g_assert_cmphex(rol64(v, n), ==, v64);
        g_assert_cmphex(ror64(v, 0 - n), ==, v64);
        g_assert_cmphex(rol32(v, n), ==, v32);
        g_assert_cmphex(ror32(v32, n), ==, (uint32_t)v);
        g_assert_cmphex(rol16(v, n), ==, v16);
        g_assert_cmphex(ror16(v16, n), ==, (uint16_t)v);
        g_assert_cmphex(rol8(v, n), ==, v8);
        g_assert_cmphex(ror8(v8, n), ==, (uint8_t)v);
        v64 = v64 << 1 | v64 >> 63;
        v32 = v32 << 1 | v32 >> 31;
        v16 = v16 << 1 | v16 >> 15;
        v8 = v8 << 1 | v8 >> 7;
    }
}

static void test_bad_field(void)
{
    if (g_test_subprocess()) {
        volatile int length = 5;

        extract32(0, 28, length);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
}

static void test_powers(void)
{
    for (int i = 0; i < 64; i++) {
        uint64_t power = (uint64_t)1 << i;

        g_assert_true(is_power_of_2(power));
        g_assert_cmphex(pow2floor(power), ==, power);
        g_assert_cmphex(pow2ceil(power), ==, power);
        if (i > 1) {
            g_assert_false(is_power_of_2(power - 1));
            g_assert_false(is_power_of_2(power + 1));
            g_assert_cmphex(pow2ceil(power - 1), ==, power);
            g_assert_cmphex(pow2floor(power - 1), ==, power / 2);
            g_assert_cmphex(pow2floor(power + 1), ==, power);
            g_assert_cmphex(pow2ceil(power + 1), ==, i == 63 ? 0 : power * 2);
        }
    }
    g_assert_cmphex(pow2floor(0), ==, 0);
    g_assert_cmphex(pow2ceil(0), ==, 1);
    g_assert_cmpuint(muldiv64_round_up(10, 1, 3), ==, 4);
    g_assert_cmpuint(muldiv64(10, 1, 3), ==, 3);
    g_assert_cmpuint(muldiv64(UINT64_MAX, UINT32_MAX, UINT32_MAX), ==, UINT64_MAX);
}

static void test_int128(void)
{
    Int128 big = int128_2_64(), minus = int128_makes64(-1);

    g_assert_true(int128_eq(big, int128_make128(0, 1)));
    g_assert_true(int128_eq(int128_sub(big, int128_one()), int128_make64(UINT64_MAX)));
    g_assert_cmphex(int128_getlo(minus), ==, UINT64_MAX);
    g_assert_cmpint(int128_gethi(minus), ==, -1);
    g_assert_cmphex(int128_get64(int128_rshift(big, 1)), ==, (uint64_t)1 << 63);
    g_assert_true(int128_eq(int128_lshift(int128_one(), 64), big));
    g_assert_true(int128_lt(minus, int128_zero()) && !int128_nonneg(minus) && int128_nz(minus));
    g_assert_true(int128_eq(int128_min(minus, big), minus));
    g_assert_true(int128_eq(int128_max(minus, big), big));
    int128_addto(&minus, int128_one());
    int128_subfrom(&big, int128_2_64());
    g_assert_true(int128_eq(minus, big));
    if (g_test_subprocess()) {
        int128_get64(int128_2_64());
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*2^64 or more as 64 bits*");
}

static void test_counts(void)
{
    uint64_t low, high;

    g_assert_cmpint(clz32(0), ==, 32);
    g_assert_cmpint(ctz64(0), ==, 64);
    g_assert_cmpint(clz64(1), ==, 63);
    g_assert_cmpint(clo32(0xf0000000), ==, 4);
    g_assert_cmpint(ctpop32(0xf0f0), ==, 8);
    g_assert_true(is_power_of_2(64));
    g_assert_false(is_power_of_2(0));
    g_assert_cmphex(pow2ceil(65), ==, 128);
    g_assert_cmphex(pow2ceil(64), ==, 64);
    g_assert_cmphex(pow2ceil(UINT64_MAX), ==, 0);
    g_assert_cmphex(pow2floor(65), ==, 64);
    muls64(&low, &high, -1, 1);
    g_assert_cmphex(high, ==, UINT64_MAX);
    g_assert_cmpuint(muldiv64(UINT64_MAX, 3, 3), ==, UINT64_MAX);
}

static void test_byte_order(void)
{
    uint8_t b[9] = { 0, 1, 2, 3, 4, 5, 6, 7, 8 };

    g_assert_cmphex((uint32_t)ldl_be_p(b + 1), ==, 0x01020304);
    g_assert_cmphex((uint32_t)ldl_le_p(b + 1), ==, 0x04030201);
    g_assert_cmphex(ldq_be_p(b + 1), ==, 0x0102030405060708ULL);
    g_assert_cmphex(lduw_le_p(b + 1), ==, 0x0201);
    b[1] = 0xff;
    g_assert_cmpint(ldsw_be_p(b + 1), ==, (int16_t)0xff02);
    g_assert_cmpint(lduw_be_p(b + 1), ==, 0xff02);
    g_assert_cmpint(ldl_be_p(b + 1), ==, (int)0xff020304);
    g_assert_cmpint(ldl_le_p(b + 5), ==, 0x08070605);
    g_assert_cmphex(ldq_le_p(b + 1), ==, 0x08070605040302ffULL);
    stq_le_p(b + 1, 0x1122334455667788ULL);
    g_assert_cmphex(ldq_he_p(b + 1), ==, HOST_BIG_ENDIAN ? 0x8877665544332211ULL
                                                         : 0x1122334455667788ULL);
    g_assert_cmphex(bswap16(0x1234), ==, 0x3412);
    g_assert_cmphex(cpu_to_le64(le64_to_cpu(1)), ==, 1);
    g_assert_cmphex(be16_to_cpu(0x1234) ^ le16_to_cpu(0x1234), ==, 0x1234 ^ 0x3412);
    stl_be_p(b + 3, 0xa0b0c0d0);
    g_assert_cmphex(ldn_be_p(b + 3, 3), ==, 0xa0b0c0);
    g_assert_cmphex(ldn_le_p(b + 3, 3), ==, 0xc0b0a0);
    stn_le_p(b, 2, 0x1234);
    g_assert_cmphex(b[0], ==, 0x34);
    g_assert_cmphex(be32_to_cpu(cpu_to_be32(0x12345678)), ==, 0x12345678);
}

typedef struct Item {
    int n;
    QTAILQ_ENTRY(Item) node;
} Item;

static void test_tailq(void)
{
    QTAILQ_HEAD(ItemHead, Item) head = QTAILQ_HEAD_INITIALIZER(head);
    Item items[4] = { { 0 }, { 1 }, { 2 }, { 3 } };
    Item *item, *next;
    int seen = 0;

    for (int i = 0; i < 4; i++) {
        QTAILQ_INSERT_TAIL(&head, &items[i], node);
    }
    QTAILQ_FOREACH_SAFE(item, &head, node, next) {
        if (item->n & 1) {
            QTAILQ_REMOVE(&head, item, node);
        }
        seen++;
    }
    g_assert_cmpint(seen, ==, 4);
    g_assert_true(QTAILQ_LAST(&head, ItemHead) == &items[2]);
    g_assert_true(QTAILQ_PREV(&items[2], ItemHead, node) == &items[0]);
}

static int notified;

static void count(Notifier *n, void *data)
{
    notified += *(int *)data;
}

static void count_and_leave(Notifier *n, void *data)
{
    notified += 100;
    notifier_remove(n);
}

static void test_notifiers(void)
{
    NotifierList list;
    Notifier a = { .notify = count }, b = { .notify = count_and_leave };
    int data = 1;

    notifier_list_init(&list);
    notifier_remove(&a);
    notifier_list_add(&list, &a);
    notifier_list_add(&list, &b);
    notifier_list_notify(&list, &data);
    notifier_list_notify(&list, &data);
    g_assert_cmpint(notified, ==, 102);
    notifier_remove(&a);
    g_assert_true(notifier_list_empty(&list));
}

static Notifier *victim;

static void remove_victim(Notifier *n, void *data)
{
    notified += 10;
    notifier_remove(victim);
}

static void add_victim(Notifier *n, void *data)
{
    if (!victim->hook) {
        notifier_list_add(data, victim);
    }
}

static void count_one(Notifier *n, void *data)
{
    notified++;
}

static void test_notifiers_change(void)
{
    NotifierList list = NOTIFIER_LIST_INITIALIZER(list);
    Notifier a = { .notify = count_one }, b = { .notify = count_one };
    Notifier remover = { .notify = remove_victim }, adder = { .notify = add_victim };

    notified = 0;
    victim = &b;
    notifier_list_notify(&list, NULL); /* nobody there yet */
    g_assert_true(notifier_list_empty(&list));
    notifier_list_add(&list, &a);
    notifier_list_add(&list, &b);
    notifier_list_add(&list, &remover); /* told first, b would be next */
    notifier_list_notify(&list, &list);
    g_assert_cmpint(notified, ==, 11);
    notifier_remove(&remover);
    notifier_list_add(&list, &adder);
    notifier_list_notify(&list, &list); /* b is back, and told from now on */
    g_assert_cmpint(notified, ==, 12);
    notifier_list_notify(&list, &list);
    g_assert_cmpint(notified, ==, 14);
    notifier_remove(&a);
    notifier_remove(&b);
    g_assert_false(notifier_list_empty(&list));
    notifier_remove(&adder);
    g_assert_true(notifier_list_empty(&list));
}

static char init_calls[8];

static void first_announced(void)
{
    pstrcat(init_calls, sizeof(init_calls), "1");
}

static void other_kind(void)
{
    pstrcat(init_calls, sizeof(init_calls), "b");
}

static void second_announced(void)
{
    pstrcat(init_calls, sizeof(init_calls), "2");
}

opts_init(first_announced)
block_init(other_kind)
opts_init(second_announced)

static void test_modules(void)
{
    module_call_init(MODULE_INIT_OPTS);
    g_assert_cmpstr(init_calls, ==, "12");
    module_call_init(MODULE_INIT_OPTS);
    module_call_init(MODULE_INIT_BLOCK);
    g_assert_cmpstr(init_calls, ==, "12b");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/util/macros-evaluate-their-arguments-once", test_macros_evaluate_once);
    g_test_add_func("/util/rounding-and-limits", test_arithmetic_macros);
    g_test_add_func("/util/string-copies-are-bounded", test_strings);
    g_test_add_func("/util/integers-are-parsed-strictly", test_integers);
    g_test_add_func("/util/sizes-take-binary-suffixes", test_sizes);
    g_test_add_func("/util/sizes-print-with-three-digits", test_size_text);
    g_test_add_func("/util/ids-start-with-a-letter", test_ids);
    g_test_add_func("/util/bit-fields", test_fields);
    g_test_add_func("/util/bit-fields-at-every-place", test_all_fields);
    g_test_add_func("/util/rotations-by-every-count", test_all_rotations);
    g_test_add_func("/util/bit-fields-lie-inside-their-value", test_bad_field);
    g_test_add_func("/util/powers-of-two", test_powers);
    g_test_add_func("/util/sizes-of-128-bits", test_int128);
    g_test_add_func("/util/counts-are-defined-for-zero", test_counts);
    g_test_add_func("/util/byte-order-of-memory-accesses", test_byte_order);
    g_test_add_func("/util/safe-loops-survive-removal", test_tailq);
    g_test_add_func("/util/notifiers-may-remove-themselves", test_notifiers);
    g_test_add_func("/util/notifiers-come-and-go-while-told", test_notifiers_change);
    g_test_add_func("/util/announced-functions-are-called-in-order-once", test_modules);
    return g_test_run();
}
