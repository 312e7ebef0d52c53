/*
 * GDB packets: what comes out of which bytes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "gdbstub/packet.h"

/*
 * What the parser made of some bytes, as one letter each: P packet, B bad, L too long, + - and I.
 */
static char *inputs(GdbParser *p, const char *bytes, size_t len)
{
    static const char letters[] = {
        [GDB_INPUT_PACKET] = 'P', [GDB_INPUT_BAD] = 'B',  [GDB_INPUT_TOO_LONG] = 'L',
        [GDB_INPUT_ACK] = '+',    [GDB_INPUT_NACK] = '-', [GDB_INPUT_INTERRUPT] = 'I',
    };
    GString *out = g_string_new(NULL);

    for (size_t i = 0; i < len; i++) {
        GdbInput input = gdb_parse_byte(p, bytes[i]);

        if (input != GDB_INPUT_NONE) {
            g_string_append_c(out, letters[input]);
        }
    }
    return g_string_free(out, FALSE);
}

static void check(const char *bytes, const char *expected, const char *data)
{
    GdbParser p;
    g_autofree char *seen = NULL;

    gdb_parser_init(&p);
    seen = inputs(&p, bytes, strlen(bytes));
    g_assert_cmpstr(seen, ==, expected);
    if (data) {
        g_assert_cmpstr(p.data->str, ==, data);
    }
    gdb_parser_clear(&p);
}

static void test_whole(void)
{
    check("$g#67", "P", "g");
    check("+$m0,4#fd", "+P", "m0,4");
    check("$#00", "P", "");
    check("\003-+", "I-+", NULL);
    check("$G#47$g#67", "PP", "g");
    check("$?#3F$?#3f", "PP", "?");
}

static void test_sums(void)
{
    check("$g#66", "B", NULL);
    check("$g#6x", "B", NULL);
    check("$g#x7", "B", NULL);
    check("$g#66$g#67", "BP", "g");
}

static void test_cut(void)
{
    check("$m0,$g#67", "P", "g");
    check("$m0#$g#67", "P", "g");
    check("$m0#2$g#67", "P", "g");
    check("g#67abc#", "", NULL);
}

static void test_escapes(void)
{
    GString *text = g_string_new(NULL), *packet = g_string_new(NULL);
    GdbParser p;
    g_autofree char *seen = NULL;
    char all[256];

    for (int i = 0; i < 256; i++) {
        all[i] = i;
    }
    gdb_append_escaped(text, all, sizeof(all));
    gdb_append_packet(packet, text->str, text->len);
    gdb_parser_init(&p);
    seen = inputs(&p, packet->str, packet->len);
    g_assert_cmpstr(seen, ==, "P");
    g_assert_cmpmem(p.data->str, p.data->len, all, sizeof(all));
    gdb_parser_clear(&p);
    g_string_free(text, TRUE);
    g_string_free(packet, TRUE);
}

static void test_long(void)
{
    for (size_t len = GDB_MAX_PACKET - 1; len < GDB_MAX_PACKET + 3; len++) {
        g_autofree char *data = g_strnfill(len, 'a');
        GString *packet = g_string_new(NULL);

        gdb_append_packet(packet, data, len);
        check(packet->str, len <= GDB_MAX_PACKET ? "P" : "L", NULL);
        g_string_append(packet, "$g#67");
        check(packet->str, len <= GDB_MAX_PACKET ? "PP" : "LP", "g");
        g_string_free(packet, TRUE);
    }
}

static void test_numbers(void)
{
    const char *text = "1fG";
    uint64_t value;
    uint8_t bytes[2];

    g_assert_true(gdb_parse_number(&text, &value));
    g_assert_cmphex(value, ==, 0x1f);
    g_assert_cmpstr(text, ==, "G");
    g_assert_false(gdb_parse_number(&text, &value));
    text = "ffffffffffffffff";
    g_assert_true(gdb_parse_number(&text, &value));
    g_assert_cmphex(value, ==, UINT64_MAX);
    text = "10000000000000000";
    g_assert_false(gdb_parse_number(&text, &value));
    g_assert_true(gdb_parse_hex("0aF0", bytes, 2));
    g_assert_cmphex(bytes[0] << 8 | bytes[1], ==, 0x0af0);
    g_assert_false(gdb_parse_hex("0a", bytes, 2));
    g_assert_false(gdb_parse_hex("0a0", bytes, 2));
}

/* Random bytes, often those that mean something. */
static void test_noise(void)
{
    static const char alphabet[] = "$#}+-\003gm0a,:";
    GdbParser p;

    gdb_parser_init(&p);
    for (int i = 0; i < 2000000; i++) {
        int r = g_test_rand_int_range(0, 256);

        gdb_parse_byte(&p, r & 1 ? r : alphabet[r / 2 % strlen(alphabet)]);
        g_assert_cmpuint(p.data->len, <=, GDB_MAX_PACKET);
    }
    gdb_parser_clear(&p);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/gdb/packet/whole-packets-and-signs", test_whole);
    g_test_add_func("/gdb/packet/wrong-sums-are-told", test_sums);
    g_test_add_func("/gdb/packet/a-new-packet-ends-a-cut-one", test_cut);
    g_test_add_func("/gdb/packet/every-byte-survives-escaping", test_escapes);
    g_test_add_func("/gdb/packet/longer-than-the-limit-is-dropped", test_long);
    g_test_add_func("/gdb/packet/numbers-are-hex-and-fit", test_numbers);
    g_test_add_func("/gdb/packet/noise-does-no-harm", test_noise);
    return g_test_run();
}
