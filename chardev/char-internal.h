/*
 * What the character back ends share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CHARDEV_CHAR_INTERNAL_H
#define CHARDEV_CHAR_INTERNAL_H

#include "chardev/char-fe.h"
#include "chardev/char.h"
#include "qapi/error.h"
#include "qemu/option.h"

/*
 * Input from a file descriptor with flow control: `ready` is called while `fd` has something to
 * read (or its other side has gone) and the front end can take it. While the front end can't, the
 * descriptor isn't polled at all: a closed pipe behind a full UART doesn't make the main loop spin.
 * Destroy with chr_input_remove().
 */
typedef void ChrInputReady(Chardev *chr);
GSource *chr_input_add(Chardev *chr, int fd, ChrInputReady *ready);
void chr_input_remove(GSource **source);

/* A GSource for `cond` on `fd`, for ChardevClass.chr_add_watch. */
GSource *chr_fd_watch(int fd, GIOCondition cond);

/* Input in chunks of at most this many bytes. */
#define CHR_READ_BUF_LEN 4096

/* A back end on a pair of descriptors; -1 where there is none. Parent of stdio, file, pipe. */
typedef struct FDChardev {
    Chardev parent;
    int fd_in;
    int fd_out;
    bool in_eof;
    GSource *input;
} FDChardev;
DECLARE_INSTANCE_CHECKER(FDChardev, FD_CHARDEV, TYPE_CHARDEV_FD)

/* Takes over the descriptors, which should not block where that matters. */
void qemu_chr_open_fd(Chardev *chr, int fd_in, int fd_out);

/* Each front end of a mux may be this far behind before the mux stops reading. */
#define MUX_BUFFER_SIZE 4096
#define MAX_MUX         8

typedef struct MuxFrontEnd {
    CharBackend *be;
    uint8_t buffer[MUX_BUFFER_SIZE]; /* ring: input it hasn't taken yet */
    unsigned prod, cons;             /* free-running */
} MuxFrontEnd;

typedef struct MuxChardev {
    Chardev parent;
    CharBackend chr; /* the mux is a front end of the real device */
    MuxFrontEnd *fe[MAX_MUX];
    int focus; /* index of the front end with the input, -1 for none */
    bool got_escape;
    bool timestamps;
    bool at_line_start;
    int64_t timestamps_start; /* us */
} MuxChardev;
DECLARE_INSTANCE_CHECKER(MuxChardev, MUX_CHARDEV, TYPE_CHARDEV_MUX)
#define CHARDEV_IS_MUX(chr) (object_dynamic_cast(OBJECT(chr), TYPE_CHARDEV_MUX) != NULL)

/* The front end list of a mux; tag or -1 if it is full. */
int mux_chr_attach_frontend(MuxChardev *d, CharBackend *be);
void mux_chr_detach_frontend(MuxChardev *d, int tag);
void mux_set_focus(MuxChardev *d, int tag);

/* char.c: the registered back ends. */
typedef struct ChardevBackendName {
    const char *name;
    const char *typename;
    const char *const *keys; /* of its options, ends with NULL */
} ChardevBackendName;
const ChardevBackendName *chr_backend_by_name(const char *name);

#endif
