/*
 * The virtio GPU and input devices, with a driver that fills in rings by hand.
 *
 * SPDX-License-Identifier: MIT
 */
#include "device-test.h"
#include <linux/input.h>
#include <linux/virtio_gpu.h>
#include <linux/virtio_input.h>
#include "hw/virtio/virtio-mmio.h"
#include "hw/virtio/virtio.h"
#include "system/address-spaces.h"
#include "system/runstate.h"
#include "ui/console.h"
#include "ui/input.h"

enum { RAM_SIZE = 0x100000, RING = 0x1000, REQUEST = 0x8000, ANSWER = 0x9000, BACKING = 0x10000 };

static MemoryRegion ram;

static uint8_t *mem(hwaddr addr)
{
    return (uint8_t *)memory_region_get_ram_ptr(&ram) + addr;
}

/* Queue n's ring of 16 is at (n + 1) * RING. */
static VirtioDevice *device_new(const char *type, unsigned queues)
{
    DeviceState *slot = qdev_new(TYPE_VIRTIO_MMIO), *dev = qdev_new(type);
    VirtioDevice *vdev = VIRTIO_DEVICE(dev);

    qdev_prop_set_bit(slot, "force-legacy", false);
    sysbus_realize(SYS_BUS_DEVICE(slot), &error_abort);
    qdev_realize(dev, g_ptr_array_index(slot->child_buses, 0), &error_abort);
    virtio_set_status(vdev, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);
    virtio_set_features(vdev, VIRTIO_FEATURE(VIRTIO_F_VERSION_1));
    virtio_set_status(vdev, vdev->status | VIRTIO_STATUS_FEATURES_OK);
    for (unsigned i = 0; i < queues; i++) {
        VirtQueueSetup *setup = virtq_setup(virtio_queue(vdev, i));

        setup->size = 16;
        setup->desc = (i + 1) * RING;
        setup->driver = setup->desc + 0x400;
        setup->device = setup->desc + 0x800;
        memset(mem(setup->desc), 0, RING);
        virtq_enable(virtio_queue(vdev, i));
    }
    virtio_set_status(vdev, vdev->status | VIRTIO_STATUS_DRIVER_OK);
    return vdev;
}

static void device_free(VirtioDevice *vdev)
{
    DeviceState *slot = DEVICE(vdev)->parent_bus->parent;

    qdev_unrealize(DEVICE(vdev));
    object_unref(OBJECT(vdev));
    test_drop(slot);
}

static void put_descriptor(hwaddr ring, unsigned n, hwaddr addr, uint32_t size, uint16_t flags)
{
    uint8_t *d = mem(ring + n * 16);

    stq_le_p(d, addr);
    stl_le_p(d + 8, size);
    stw_le_p(d + 12, flags);
    stw_le_p(d + 14, n + 1);
}

/* Makes the buffer that begins with descriptor n available. */
static void offer(VirtioDevice *vdev, unsigned queue, unsigned n)
{
    uint8_t *driver = mem((queue + 1) * RING + 0x400);
    uint16_t index = lduw_le_p(driver + 2);

    stw_le_p(driver + 4 + index % 16 * 2, n);
    stw_le_p(driver + 2, index + 1);
    virtio_kick(vdev, queue);
}

/* ---- GPU ---- */

/* The answer's type. */
static uint32_t ask(VirtioDevice *vdev, const void *request, size_t size)
{
    memcpy(mem(REQUEST), request, size);
    memset(mem(ANSWER), 0xee, 0x800);
    put_descriptor(RING, 0, REQUEST, size, 1);
    put_descriptor(RING, 1, ANSWER, 0x800, 2);
    offer(vdev, 0, 0);
    return ldl_le_p(mem(ANSWER));
}

#define ASK(vdev, type_, ...)                                                                      \
    ({                                                                                             \
        struct type_ q_ = { __VA_ARGS__ };                                                         \
        ask(vdev, &q_, sizeof(q_));                                                                \
    })
#define HEADER(name)      .hdr.type = VIRTIO_GPU_CMD_##name
#define RECT(x, y, w, h)  .r = { x, y, w, h }

static uint32_t create(VirtioDevice *vdev, uint32_t id, uint32_t width, uint32_t height)
{
    return ASK(vdev, virtio_gpu_resource_create_2d, HEADER(RESOURCE_CREATE_2D), .resource_id = id,
               .format = VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM, .width = width, .height = height);
}

/* Two pieces, the second before the first. */
static uint32_t attach(VirtioDevice *vdev, uint32_t id, uint32_t first, uint32_t second)
{
    struct {
        struct virtio_gpu_resource_attach_backing q;
        struct virtio_gpu_mem_entry pieces[2];
    } all = {
        .q = { HEADER(RESOURCE_ATTACH_BACKING), .resource_id = id, .nr_entries = 2 },
        .pieces = { { BACKING + 0x1000, first }, { BACKING, second } },
    };

    return ask(vdev, &all, sizeof(all));
}

static uint32_t pixel(Console *con, unsigned x, unsigned y)
{
    uint32_t value;

    surface_read(console_surface(con), x, y, 1, 1, &value, 1);
    return value & 0xffffff;
}

static void test_a_resource_is_shown(void)
{
    VirtioDevice *vdev = device_new("virtio-gpu-device", 2);
    Console *con = console_of_device(OBJECT(vdev), 0);

    g_assert_cmphex(ASK(vdev, virtio_gpu_ctrl_hdr, VIRTIO_GPU_CMD_GET_DISPLAY_INFO), ==,
                    VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
    g_assert_cmpuint(ldl_le_p(mem(ANSWER + 24 + 8)), ==, 1280);
    g_assert_cmphex(ASK(vdev, virtio_gpu_cmd_get_edid, HEADER(GET_EDID)), ==,
                    VIRTIO_GPU_RESP_OK_EDID);
    g_assert_cmphex(ldl_be_p(mem(ANSWER + 32)), ==, 0x00ffffff);

    g_assert_cmphex(create(vdev, 7, 16, 8), ==, VIRTIO_GPU_RESP_OK_NODATA);
    g_assert_cmphex(attach(vdev, 7, 96, 1000), ==, VIRTIO_GPU_RESP_OK_NODATA);
    stl_le_p(mem(BACKING + 0x1000 + 20), 0x111111);  /* dot 5 of line 0 */
    stl_le_p(mem(BACKING + 64 + 12 - 96), 0);
    stl_le_p(mem(BACKING + (64 * 3 + 8 - 96)), 0x222222); /* dot 2 of line 3 */
    g_assert_cmphex(ASK(vdev, virtio_gpu_transfer_to_host_2d, HEADER(TRANSFER_TO_HOST_2D),
                        RECT(0, 0, 16, 8), .resource_id = 7), ==, VIRTIO_GPU_RESP_OK_NODATA);
    g_assert_cmphex(ASK(vdev, virtio_gpu_set_scanout, HEADER(SET_SCANOUT), RECT(2, 0, 10, 8),
                        .resource_id = 7), ==, VIRTIO_GPU_RESP_OK_NODATA);
    g_assert_cmpuint(console_surface(con)->width, ==, 10);
    g_assert_cmphex(pixel(con, 3, 0), ==, 0x111111);
    g_assert_cmphex(pixel(con, 0, 3), ==, 0x222222);
    /* a rectangle: the offset is where its first dot is */
    stl_le_p(mem(BACKING + (64 * 4 + 16 - 96)), 0x333333);
    stl_le_p(mem(BACKING + (64 * 3 + 8 - 96)), 0x444444);
    g_assert_cmphex(ASK(vdev, virtio_gpu_transfer_to_host_2d, HEADER(TRANSFER_TO_HOST_2D),
                        RECT(4, 4, 1, 1), .offset = 64 * 4 + 16, .resource_id = 7), ==,
                    VIRTIO_GPU_RESP_OK_NODATA);
    g_assert_cmphex(pixel(con, 2, 4), ==, 0x333333);
    g_assert_cmphex(pixel(con, 0, 3), ==, 0x222222);
    g_assert_cmphex(ASK(vdev, virtio_gpu_resource_unref, HEADER(RESOURCE_UNREF),
                        .resource_id = 7), ==,
                    VIRTIO_GPU_RESP_OK_NODATA);
    g_assert_cmphex(pixel(con, 2, 4), ==, 0); /* it is off */
    device_free(vdev);
}

static void test_mistakes_are_answered(void)
{
    VirtioDevice *vdev = device_new("virtio-gpu-device", 2);
    static const struct {
        uint32_t id, width, height, answer;
    } creations[] = {
        { 0, 1, 1, VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID },
        { 1, 0, 1, VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER },
        { 1, 0x40000000, 4, VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER },
        { 1, 16384, 16384, VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY },
        { 1, 16, 16, VIRTIO_GPU_RESP_OK_NODATA },
        { 1, 16, 16, VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(creations); i++) {
        g_assert_cmphex(create(vdev, creations[i].id, creations[i].width, creations[i].height), ==,
                        creations[i].answer);
    }
    g_assert_cmphex(ASK(vdev, virtio_gpu_set_scanout, HEADER(SET_SCANOUT), RECT(1, 0, 16, 16),
                        .resource_id = 1), ==, VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    g_assert_cmphex(ASK(vdev, virtio_gpu_set_scanout, HEADER(SET_SCANOUT), RECT(0, 0, 16, 16),
                        .scanout_id = 1, .resource_id = 1), ==,
                    VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID);
    g_assert_cmphex(ASK(vdev, virtio_gpu_resource_flush, HEADER(RESOURCE_FLUSH),
                        RECT(0xffffffff, 2, 2, 2), .resource_id = 1), ==,
                    VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    g_assert_cmphex(ASK(vdev, virtio_gpu_transfer_to_host_2d, HEADER(TRANSFER_TO_HOST_2D),
                        RECT(0, 0, 1, 1), .resource_id = 1), ==, VIRTIO_GPU_RESP_ERR_UNSPEC);
    g_assert_cmphex(ASK(vdev, virtio_gpu_resource_attach_backing, HEADER(RESOURCE_ATTACH_BACKING),
                        .resource_id = 1, .nr_entries = 1), ==,
                    VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER); /* the piece isn't there */
    g_assert_cmphex(attach(vdev, 1, UINT32_MAX, UINT32_MAX), ==, VIRTIO_GPU_RESP_OK_NODATA);
    g_assert_cmphex(ASK(vdev, virtio_gpu_transfer_to_host_2d, HEADER(TRANSFER_TO_HOST_2D),
                        RECT(0, 0, 1, 1), .offset = UINT64_MAX, .resource_id = 1), ==,
                    VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    g_assert_cmphex(ASK(vdev, virtio_gpu_ctrl_hdr, VIRTIO_GPU_CMD_CTX_CREATE,
                        .flags = VIRTIO_GPU_FLAG_FENCE, .fence_id = 0x1122334455), ==,
                    VIRTIO_GPU_RESP_ERR_UNSPEC);
    g_assert_cmphex(ldq_le_p(mem(ANSWER + 8)), ==, 0x1122334455);
    g_assert_cmphex(ask(vdev, "\0", 2), ==, VIRTIO_GPU_RESP_ERR_UNSPEC);
    g_assert_false(vdev->broken);
    virtio_set_status(vdev, 0); /* with everything still there */
    device_free(vdev);
}

/* ---- Input ---- */

static uint8_t select_config(VirtioDevice *vdev, uint8_t select, uint8_t subsel)
{
    virtio_config_write(vdev, 0, select, 1);
    virtio_config_write(vdev, 1, subsel, 1);
    return virtio_config_read(vdev, 2, 1);
}

static void test_a_device_says_what_it_has(void)
{
    VirtioDevice *vdev = device_new("virtio-tablet-device", 2);

    g_assert_cmpuint(select_config(vdev, VIRTIO_INPUT_CFG_ID_NAME, 0), ==, strlen("Virtio Tablet"));
    g_assert_cmphex(virtio_config_read(vdev, 8, 1), ==, 'V');
    g_assert_cmpuint(select_config(vdev, VIRTIO_INPUT_CFG_EV_BITS, EV_ABS), ==, 1);
    g_assert_cmphex(virtio_config_read(vdev, 8, 1), ==, 1 << ABS_X | 1 << ABS_Y);
    g_assert_cmpuint(select_config(vdev, VIRTIO_INPUT_CFG_EV_BITS, EV_LED), ==, 0);
    g_assert_cmpuint(select_config(vdev, VIRTIO_INPUT_CFG_ABS_INFO, ABS_Y), ==, 20);
    g_assert_cmpuint(virtio_config_read(vdev, 12, 4), ==, INPUT_ABS_MAX);
    g_assert_cmpuint(select_config(vdev, VIRTIO_INPUT_CFG_ABS_INFO, ABS_Y + 1), ==, 0);
    g_assert_cmpuint(select_config(vdev, VIRTIO_INPUT_CFG_ID_SERIAL, 0), ==, 0);
    g_assert_cmpuint(select_config(vdev, 0xff, 0xff), ==, 0);
    device_free(vdev);
}

static void check_event(unsigned buffer, unsigned type, unsigned code, uint32_t value)
{
    const uint8_t *e = mem(REQUEST + buffer * 8);

    g_assert_cmpuint(lduw_le_p(e), ==, type);
    g_assert_cmpuint(lduw_le_p(e + 2), ==, code);
    g_assert_cmpuint(ldl_le_p(e + 4), ==, value);
}

static void test_events_wait_for_buffers(void)
{
    VirtioDevice *vdev = device_new("virtio-keyboard-device", 2);
    uint8_t *used = mem(RING + 0x802);

    input_send_key(NULL, KEY_A, true);
    input_sync();
    input_send_key(NULL, KEY_A, false);
    input_sync();
    for (unsigned i = 0; i < 4; i++) {
        put_descriptor(RING, i, REQUEST + i * 8, 8, 2);
    }
    offer(vdev, 0, 0);
    g_assert_cmpuint(lduw_le_p(used), ==, 1);
    check_event(0, EV_KEY, KEY_A, 1);
    for (unsigned i = 1; i < 4; i++) {
        offer(vdev, 0, i);
    }
    check_event(1, EV_SYN, SYN_REPORT, 0);
    check_event(2, EV_KEY, KEY_A, 0);
    check_event(3, EV_SYN, SYN_REPORT, 0);

    for (int i = 0; i < 5000; i++) { /* nobody takes them: presses are lost, the release isn't */
        input_send_key(NULL, KEY_B, true);
        input_sync();
    }
    input_send_key(NULL, KEY_B, false);
    virtio_set_status(vdev, 0);
    input_send_key(NULL, KEY_C, true);
    input_sync();
    device_free(vdev);
    g_assert_false(input_is_taken(INPUT_KEY));
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    memory_map_init();
    runstate_set(RUN_STATE_RUNNING);
    memory_region_init_ram(&ram, NULL, "ram", RAM_SIZE, &error_abort);
    memory_region_add_subregion(get_system_memory(), 0, &ram);
    g_test_add_func("/virtio-gpu/a-resource-is-shown", test_a_resource_is_shown);
    g_test_add_func("/virtio-gpu/mistakes-are-answered", test_mistakes_are_answered);
    g_test_add_func("/virtio-input/a-device-says-what-it-has", test_a_device_says_what_it_has);
    g_test_add_func("/virtio-input/events-wait-for-buffers", test_events_wait_for_buffers);
    return g_test_run();
}
