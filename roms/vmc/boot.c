/*
 * Booting a kernel from flash bank A.
 *
 * The image is a legacy uImage at the start of the bank, uncompressed: a kernel alone, or kernel
 * and initial RAM disk in one "multi" image. scripts/make-flash-image makes them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "board.h"

#define UIMAGE_MAGIC 0x27051956
#define ARCH_PPC     7
#define TYPE_KERNEL  2
#define TYPE_MULTI   4

typedef struct uimage_header {
    u32 magic, header_crc, time, size, load, entry, data_crc;
    u8 os, arch, type, compression;
    char name[32];
} uimage_header;

typedef struct boot_image {
    u32 kernel, kernel_size, load, entry;
    u32 ramdisk, ramdisk_size; /* 0: none */
} boot_image;

static int header_is_good(const uimage_header *h)
{
    uimage_header copy = *h;

    if (h->magic != UIMAGE_MAGIC) {
        print("no image in flash bank A (a uImage at %08x is expected)\n", FLASH_A);
        return 0;
    }
    copy.header_crc = 0;
    if (crc32(0, &copy, sizeof(copy)) != h->header_crc) {
        print("the image's header is damaged\n");
        return 0;
    }
    if (h->arch != ARCH_PPC || h->compression != 0 ||
        (h->type != TYPE_KERNEL && h->type != TYPE_MULTI)) {
        print("the image is of the wrong kind: an uncompressed PowerPC kernel is expected\n");
        return 0;
    }
    if (h->size > FLASH_A_SIZE - sizeof(*h)) {
        print("the image is larger than the flash\n");
        return 0;
    }
    if (crc32(0, h + 1, h->size) != h->data_crc) {
        print("the image's data is damaged\n");
        return 0;
    }
    return 1;
}

/*
 * A multi image starts with the sizes of its parts, ended by 0; each part is padded to four bytes.
 */
static int find_parts(const uimage_header *h, boot_image *image)
{
    const u32 *sizes = (const u32 *)(h + 1);
    u32 start = (u32)(h + 1), end = start + h->size, n = 0;

    image->load = h->load;
    image->entry = h->entry;
    image->kernel = start;
    image->kernel_size = h->size;
    image->ramdisk_size = 0;
    if (h->type == TYPE_KERNEL) {
        return 1;
    }
    while (n < 8 && sizes[n]) {
        n++;
    }
    image->kernel = (u32)&sizes[n + 1];
    image->kernel_size = sizes[0];
    if (n > 1) {
        image->ramdisk = image->kernel + ((sizes[0] + 3) & ~3u);
        image->ramdisk_size = sizes[1];
    }
    if (n == 0 || n > 2 || sizes[0] > h->size || image->ramdisk_size > h->size ||
        (n > 1 && image->ramdisk + sizes[1] > end)) {
        print("the image's parts do not fit its size\n");
        return 0;
    }
    return 1;
}

void boot_flash(const char *bootargs)
{
    const uimage_header *h = (const uimage_header *)FLASH_A;
    u32 limit = fw->ram_size - FIRMWARE_RAM;
    u32 initrd = 0, dtb = limit + 0x50000;
    boot_image image;

    if (!header_is_good(h) || !find_parts(h, &image)) {
        return;
    }
    if (image.load > limit || image.kernel_size > limit - image.load) {
        print("the kernel does not fit into memory\n");
        return;
    }
    if (image.ramdisk_size) {
        /* below 256 MiB: what the kernel maps first */
        u32 top = limit < 0x10000000 ? limit : 0x10000000;

        initrd = (top - image.ramdisk_size) & ~0xfffu;
        if (image.ramdisk_size > top || initrd < image.load + image.kernel_size + 0x100000) {
            print("kernel and RAM disk do not fit into memory\n");
            return;
        }
        memcpy((void *)initrd, (const void *)image.ramdisk, image.ramdisk_size);
    }
    if (fw->ram_size > 0x10000000) {
        dtb = 0x0fff0000 - ((image.ramdisk_size + 0xfffff) & ~0xfffffu);
    }
    print("Booting %s\n", h->name);
    make_device_tree(dtb, bootargs, initrd, initrd ? initrd + image.ramdisk_size : 0);
    /*
     * The kernel's place may be where exception handlers of low memory were: nothing of ours is
     * there any more.
     */
    memcpy((void *)image.load, (const void *)image.kernel, image.kernel_size);
    sync_code(image.load, image.kernel_size);
    start_kernel(dtb, image.entry, limit + 0x4ff00);
}
