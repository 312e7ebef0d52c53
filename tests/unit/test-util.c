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
    g_test_add_func("/util/counts-are-defined-for-zero", test_counts);
    g_test_add_func("/util/byte-order-of-memory-accesses", test_byte_order);
    g_test_add_func("/util/safe-loops-survive-removal", test_tailq);
    g_test_add_func("/util/notifiers-may-remove-themselves", test_notifiers);
    return g_test_run();
}
