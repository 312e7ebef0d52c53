/*
 * The inside of the 9P server: fids, and how messages are read and written.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_9PFS_P9_INTERNAL_H
#define HW_9PFS_P9_INTERNAL_H

#include "p9.h"
#include "qemu/bswap.h"

#define P9_MAX_MSIZE    (1024 * 1024)
#define P9_MAX_NAMES    16 /* of a walk */
#define P9_READ_HEADER  (P9_HEADER + 4)          /* Rread: count[4] */
#define P9_WRITE_HEADER (P9_HEADER + 4 + 8 + 4)  /* Twrite: fid[4] offset[8] count[4] */
#define P9_IO_HEADER    24                       /* what clients leave room for (IOHDRSZ) */

/* qid.type */
#define P9_QTDIR     0x80
#define P9_QTAPPEND  0x40
#define P9_QTSYMLINK 0x02

typedef enum P9Version {
    P9_NONE,    /* there is no session: Tversion alone */
    P9_UNIX,    /* 9P2000.u */
    P9_LINUX,   /* 9P2000.L */
} P9Version;

typedef enum P9FidKind {
    P9_FID_CLOSED,
    P9_FID_FILE,
    P9_FID_FOLDER,
    P9_FID_XATTR_READ,
    P9_FID_XATTR_WRITE,
} P9FidKind;

/*
 * What a number stands for. It doesn't change, but for what `lock` guards: an open that is a new
 * P9Fid under the old number. Who works with one has a reference.
 */
typedef struct P9Fid {
    unsigned refs; /* atomic */
    P9Server *server;
    FsNode *node;
    uint32_t uid;  /* who has attached */
    P9FidKind kind;
    int fd;        /* of an open one; -1 */
    bool remove_on_clunk;

    GMutex lock;
    HostDirectory *dir;
    uint64_t dir_position;  /* what the next entry of `dir` is at */
    bool dir_position_lost;
    char *xattr_name;
    uint8_t *xattr;
    size_t xattr_size, xattr_filled;
    uint32_t xattr_flags;
} P9Fid;

struct P9Server {
    FsExport *fs;
    GMutex lock;      /* of the fids' table and of what follows it */
    GHashTable *fids; /* number -> P9Fid, a reference */
    size_t xattr_bytes; /* that fids hold */
    P9Version version; /* changed by Tversion, which runs alone */
    uint32_t msize;
};

/* --- messages (p9-wire.c) --- */

/* A request's parts, from front to back. After `bad` all are zeros and empty strings. */
typedef struct P9Reader {
    const uint8_t *at, *end;
    bool bad;
} P9Reader;

uint8_t p9_get8(P9Reader *r);
uint16_t p9_get16(P9Reader *r);
uint32_t p9_get32(P9Reader *r);
uint64_t p9_get64(P9Reader *r);
/* Caller frees. One with a 0 in it is bad. */
char *p9_get_string(P9Reader *r);

void p9_put8(GByteArray *w, uint8_t value);
void p9_put16(GByteArray *w, uint16_t value);
void p9_put32(GByteArray *w, uint32_t value);
void p9_put64(GByteArray *w, uint64_t value);
void p9_put_string(GByteArray *w, const char *text);

/* --- one message's way --- */

typedef struct P9Call {
    P9Server *server;
    P9Request *request;
    P9Reader in;
    GByteArray *out;  /* the reply, header included */
    size_t data_size; /* what has been put behind `out` already: Rread */
    size_t room;      /* for the reply in all */
} P9Call;

/* 0, or -errno: then what has been written is forgotten. */
typedef int P9Handler(P9Call *c);

#define P9_HANDLERS(X)                                                                             \
    X(statfs) X(lopen) X(lcreate) X(symlink) X(mknod) X(rename) X(readlink) X(getattr) X(setattr)  \
    X(xattrwalk) X(xattrcreate) X(readdir) X(fsync) X(lock) X(getlock) X(link) X(mkdir)            \
    X(renameat) X(unlinkat) X(open) X(create) X(stat) X(wstat)
#define P9_DECLARE_(name) P9Handler p9_##name;
P9_HANDLERS(P9_DECLARE_)

/* --- fids (p9-fid.c) --- */

/* NULL: there is none. Caller unrefs. */
P9Fid *p9_fid_get(P9Server *s, uint32_t number);
P9Fid *p9_fid_ref(P9Fid *f);
void p9_fid_unref(P9Fid *f);
/* A closed one; takes over the node. */
P9Fid *p9_fid_new(P9Server *s, FsNode *node, uint32_t uid);
/* Gives it the number; replace: somebody else may have had it. Takes over f, if it fails, too. */
int p9_fid_put(P9Server *s, uint32_t number, P9Fid *f, bool replace);
/* The number is free; what it stood for, or NULL. Caller unrefs. */
P9Fid *p9_fid_take(P9Server *s, uint32_t number);
/* Makes it an extended attribute's; takes over the value. -ENOMEM: there is too much already. */
int p9_fid_hold_xattr(P9Fid *f, P9FidKind kind, uint8_t *value, size_t size);
/* A new one like it that is open as @fd, which is taken over; NULL and *ret: -errno. */
P9Fid *p9_fid_opened(P9Fid *f, FsNode *node, int fd, int *ret);

/* Of the open file, or of what is at the node. */
int p9_fid_truncate(P9Fid *f, uint64_t size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(P9Fid, p9_fid_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FsNode, fs_node_unref)

/* --- shared by the versions (p9-server.c) --- */

/* The fid that the message names next. -EBADF: *f is NULL. */
int p9_get_fid(P9Call *c, P9Fid **f);
/* What the message names next in the folder. */
int p9_get_child(P9Call *c, P9Fid *folder, FsNode **node);
/* The kind and version of what is at the node, and its number. */
int p9_put_qid(GByteArray *w, FsNode *node, const struct stat *st);
/* The same, looking there. */
int p9_put_qid_of(GByteArray *w, FsNode *node);
/*
 * Puts entries of the open folder from @offset on into the reply, as long as their bytes are no
 * more than @count; how many bytes that were. add: writes one; position: behind the entry.
 */
int64_t p9_read_folder(P9Call *c, P9Fid *f, uint64_t offset, uint32_t count,
                       int (*add)(GByteArray *w, P9Fid *f, const struct dirent *entry,
                                  uint64_t position));
/* 9P2000.u: an entry as wstat(5) and read(5) have it. */
int p9_put_stat(GByteArray *w, FsNode *node, const char *name, const struct stat *st);
int p9_add_stat_entry(GByteArray *w, P9Fid *f, const struct dirent *entry, uint64_t position);

/* --- byte-range locks (p9-locks.c) --- */

enum { P9_LOCK_RDLCK, P9_LOCK_WRLCK, P9_LOCK_UNLCK };

typedef struct P9Lock {
    FsExport *fs;
    uint64_t file;    /* fs_file_id() */
    uint8_t type;
    uint64_t start, length; /* length 0: to the end */
    uint32_t process;
    char *client;
    P9Fid *fid;       /* that it ends with; not a reference */
} P9Lock;

/* -EAGAIN: somebody else has it; -ENOLCK: there are too many. */
int p9_lock_set(const P9Lock *wanted);
/* Whose lock is in the way, in *wanted (client: caller frees the new one); or type UNLCK. */
void p9_lock_test(P9Lock *wanted);
void p9_locks_end(P9Fid *f);

#endif
