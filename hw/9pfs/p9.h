/*
 * 9P file server: messages in, replies out. 9P2000.L and 9P2000.u.
 *
 * A server has a table of fids: numbers that the client chooses for files. A request is worked on
 * by p9_answer(), on any thread, several at a time; P9Queue keeps the threads.
 *
 * Nothing a client sends does more than get it an error.
 *
 * References: Plan 9 Programmer's Manual, section 5; the 9P2000.u extension (Van Hensbergen);
 * 9P2000.L protocol (diod's protocol.md).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_9PFS_P9_H
#define HW_9PFS_P9_H

#include "qemu/osdep.h"
#include "fsdev/fsdev.h"
#include "qemu/iov.h"
#include "qemu/queue.h"

#define P9_HEADER    7  /* size[4] type[1] tag[2] */
#define P9_MIN_REPLY 11 /* room for Rlerror, Rversion without text ... */
#define P9_NOTAG     0xffff
#define P9_NOFID     UINT32_MAX

/* T of each; the reply has the next number. */
typedef enum P9Type {
    P9_TLERROR = 6, /* only its reply is ever sent */
    P9_TSTATFS = 8,
    P9_TLOPEN = 12,
    P9_TLCREATE = 14,
    P9_TSYMLINK = 16,
    P9_TMKNOD = 18,
    P9_TRENAME = 20,
    P9_TREADLINK = 22,
    P9_TGETATTR = 24,
    P9_TSETATTR = 26,
    P9_TXATTRWALK = 30,
    P9_TXATTRCREATE = 32,
    P9_TREADDIR = 40,
    P9_TFSYNC = 50,
    P9_TLOCK = 52,
    P9_TGETLOCK = 54,
    P9_TLINK = 70,
    P9_TMKDIR = 72,
    P9_TRENAMEAT = 74,
    P9_TUNLINKAT = 76,
    P9_TVERSION = 100,
    P9_TAUTH = 102,
    P9_TATTACH = 104,
    P9_TERROR = 106,
    P9_TFLUSH = 108,
    P9_TWALK = 110,
    P9_TOPEN = 112,
    P9_TCREATE = 114,
    P9_TREAD = 116,
    P9_TWRITE = 118,
    P9_TCLUNK = 120,
    P9_TREMOVE = 122,
    P9_TSTAT = 124,
    P9_TWSTAT = 126,
    P9_NUM_TYPES = 128,
} P9Type;

typedef struct P9Server P9Server;

/* A message: `out` is the client's, which we read; `in` is for the reply. */
typedef struct P9Request {
    P9Server *server;
    const struct iovec *out, *in;
    unsigned num_out, num_in;
    size_t out_size, in_size; /* at least P9_HEADER and P9_MIN_REPLY */
    uint8_t type;             /* both: p9_request_init() */
    uint16_t tag;
    size_t written;           /* of the reply */

    /* the queue's */
    uint64_t number;
    QTAILQ_ENTRY(P9Request) link;
} P9Request;

/* --- the server --- */

P9Server *p9_server_new(FsExport *fs);
void p9_server_free(P9Server *server);
/* As before the first message. No request is worked on. */
void p9_server_reset(P9Server *server);
/* How many fids the client has. */
unsigned p9_server_fids(P9Server *server);

/* Looks at the header; false: there is no room for one, or none for an answer. */
bool p9_request_init(P9Request *r, P9Server *server);
/* Does what it asks, and writes the reply. */
void p9_answer(P9Request *r);

/* --- threads --- */

typedef struct P9Queue P9Queue;

/* done: called in the main loop for each request that has an answer. */
P9Queue *p9_queue_new(void (*done)(P9Request *r));
/* The queue is idle. */
void p9_queue_free(P9Queue *queue);
void p9_queue_add(P9Queue *queue, P9Request *r);
/* Whether requests wait, or are worked on, or wait for done(). */
bool p9_queue_is_idle(P9Queue *queue);
/* Waits for those that are worked on; then nothing is left, and dropped() has had each request. */
void p9_queue_drop_all(P9Queue *queue, void (*dropped)(P9Request *r));

#endif
