/*
 * Fuzz target: loading saved state, as a snapshot file would bring it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"

typedef struct Part {
    uint16_t n;
    bool b;
} Part;

typedef struct State {
    uint8_t u8;
    int64_t i64;
    bool flags[4];
    uint8_t bytes[7];
    uint32_t nb_parts;
    Part parts[4];
    uint32_t nb_values;
    uint64_t *values;
    QEMUTimer timer;
    uint32_t extra;
} State;

static const VMStateDescription vmstate_part = {
    .name = "part",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_UINT16(n, Part),
        VMSTATE_BOOL(b, Part),
        VMSTATE_END_OF_LIST(),
    },
};

static const VMStateDescription vmstate_extra = {
    .name = "extra",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){ VMSTATE_UINT32(extra, State), VMSTATE_END_OF_LIST() },
};

static const VMStateDescription vmstate_state = {
    .name = "state",
    .version_id = 2,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_UINT8(u8, State),
        VMSTATE_INT64_V(i64, State, 2),
        VMSTATE_BOOL_ARRAY(flags, State, 4),
        VMSTATE_BUFFER(bytes, State),
        VMSTATE_UINT32(nb_parts, State),
        VMSTATE_STRUCT_VARRAY_UINT32(parts, State, nb_parts, 1, vmstate_part, Part),
        VMSTATE_VARRAY_UINT64_PTR(values, State, nb_values),
        VMSTATE_TIMER(timer, State),
        VMSTATE_END_OF_LIST(),
    },
    .subsections = (const VMStateDescription *const[]){ &vmstate_extra, NULL },
};

/* One saved state with the subsection and without the part's contents changed; made by hand. */
static const char saved[] = "\0\0\0\2"
                            "\x55" "\0\0\0\0\0\0\0\7" "\1\0\1\0" "1234567"
                            "\0\0\0\1" "\0\0\0\1" "\0\0\0\1" "\0\2" "\1" "\0"
                            "\0\0\0\2" "\0\0\0\0\0\0\0\1" "\0\0\0\0\0\0\0\2"
                            "\0\0\0\0\0\0\1\0"
                            "\1" "\5" "extra" "\0\0\0\1" "\0\0\0\7" "\0"
                            "\0";

const FuzzSeed fuzz_seeds[] = { { saved, sizeof(saved) - 1 }, { NULL, 0 } };

const FuzzSeed fuzz_tokens[] = {
    FUZZ_TEXT("\0\0\0\1"), FUZZ_TEXT("\xff\xff\xff\xff"), FUZZ_TEXT("\1\5extra\0\0\0\1"),
    FUZZ_TEXT("\0\0\0\5"), { NULL, 0 },
};

static void nothing(void *opaque)
{
}

void fuzz_init(void)
{
    qemu_init_main_loop(&error_abort);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    VMStateReader in = { data, size, 0 };
    State *s = g_new0(State, 1);
    Error *err = NULL;

    s->nb_values = 2;
    s->values = g_new0(uint64_t, 2);
    timer_init_ns(&s->timer, QEMU_CLOCK_VIRTUAL, nothing, NULL);
    if (vmstate_load_state(&in, &vmstate_state, s, &err) == 0) {
        GByteArray *out = g_byte_array_new();

        g_assert_null(err);
        g_assert_cmpuint(s->nb_parts, <=, 4);
        vmstate_save_state(out, &vmstate_state, s, &error_abort);
        g_byte_array_unref(out);
    } else {
        g_assert_nonnull(err);
        error_free(err);
    }
    timer_deinit(&s->timer);
    g_free(s->values);
    g_free(s);
    return 0;
}
