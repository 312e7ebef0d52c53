/*
 * An ISA bus with nothing but its ports, for tests of devices on it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_UNIT_ISA_TEST_H
#define TESTS_UNIT_ISA_TEST_H

#include "device-test.h"
#include "hw/isa/isa.h"

static MemoryRegion test_ports, test_memory;
static AddressSpace test_port_space;
static ISABus *test_bus;
static TestLine test_isa_lines[ISA_NUM_IRQS];

static void test_isa_line_set(void *opaque, int n, int level)
{
    test_line_set(&test_isa_lines[n], n, level);
}

/* Once in a program. The bus's lines are test_isa_lines until a test says otherwise. */
static G_GNUC_UNUSED void test_isa_init(void)
{
    memory_region_init(&test_ports, NULL, "io", 0x10000);
    memory_region_init(&test_memory, NULL, "memory", UINT64_MAX);
    address_space_init(&test_port_space, &test_ports, "io");
    test_bus = isa_bus_new(NULL, &test_memory, &test_ports, &error_abort);
    isa_bus_register_input_irqs(test_bus,
                                qemu_allocate_irqs(test_isa_line_set, NULL, ISA_NUM_IRQS));
}

static G_GNUC_UNUSED uint8_t in(uint16_t port)
{
    return rd(&test_port_space, port, MO_8);
}

static G_GNUC_UNUSED void out(uint16_t port, uint8_t value)
{
    wr(&test_port_space, port, value, MO_8);
}

/*
 * Random guests: the ports in `ports` are read and written with any bytes, `likely` among them,
 * while time passes; `also` does what else can happen. Meant for sanitizer builds; ISA_RANDOM_STEPS
 * sets the number of steps.
 */
static G_GNUC_UNUSED void test_isa_random(const uint16_t *ports, unsigned num_ports,
                                          const uint8_t *likely, unsigned num_likely,
                                          void (*also)(void))
{
    const char *text = g_getenv("ISA_RANDOM_STEPS");

    for (int i = text ? atoi(text) : 20000; i > 0; i--) {
        uint16_t port = ports[g_test_rand_int_range(0, num_ports)];
        int action = g_test_rand_int_range(0, 100);

        if (action < 5) {
            test_advance_ns(g_test_rand_int_range(0, action ? 10 * 1000 : 20 * 1000 * 1000));
        } else if (action < 10 && also) {
            also();
        } else if (action < 40) {
            in(port);
        } else {
            out(port, action < 70 && num_likely
                          ? likely[g_test_rand_int_range(0, num_likely)]
                          : g_test_rand_int_range(0, 256));
        }
    }
}

#endif
