/*
 * load-crash-kernel KERNEL INITRD COMMAND-LINE: what Linux is to run after a panic (kexec_file_load(2)).
 *
 * SPDX-License-Identifier: MIT
 */
#include <fcntl.h>
#include <linux/kexec.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int kernel, initrd;

    if (argc != 4) {
        fprintf(stderr, "usage: %s KERNEL INITRD COMMAND-LINE\n", argv[0]);
        return 2;
    }
    kernel = open(argv[1], O_RDONLY);
    initrd = open(argv[2], O_RDONLY);
    if (syscall(SYS_kexec_file_load, kernel, initrd, strlen(argv[3]) + 1, argv[3],
                KEXEC_FILE_ON_CRASH) < 0) {
        perror("kexec_file_load");
        return 1;
    }
    puts("crash kernel loaded");
    return 0;
}
