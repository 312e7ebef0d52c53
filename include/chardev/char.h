/*
 * Character devices: the host side of a serial line, a monitor or any other stream of bytes.
 *
 * A Chardev (the "back end": a terminal, a file, a socket, ...) is made from the command line; a
 * device or the monitor attaches to it through a CharBackend (chardev/char-fe.h), the "front end".
 * A back end has one front end, except a mux, which has several and one that has the input.
 *
 * Input goes through a queue that belongs to the back end: bytes and breaks reach the front end in
 * the order in which they came, as fast as it takes them.
 *
 * Everything runs with the big lock held, what the back ends do on the main loop, except writing:
 * qemu_chr_fe_write*() may be called from any thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CHARDEV_CHAR_H
#define CHARDEV_CHAR_H

#include "qemu/osdep.h"
#include "qom/object.h"

/* Values of QEMUChrEvent. */
typedef enum {
    CHR_EVENT_BREAK,   /* a break condition on the line */
    CHR_EVENT_OPENED,  /* the other side is there now */
    CHR_EVENT_MUX_IN,  /* this front end has got the mux's input */
    CHR_EVENT_MUX_OUT, /* ... has lost it */
    CHR_EVENT_CLOSED,  /* the other side has gone */
} QEMUChrEvent;

/* Arguments of qemu_chr_fe_ioctl(). */
#define CHR_IOCTL_SERIAL_SET_PARAMS 1 /* QEMUSerialSetParams */
#define CHR_IOCTL_SERIAL_SET_BREAK  2 /* int: 1 start, 0 end */
#define CHR_IOCTL_SERIAL_SET_TIOCM  13 /* int: CHR_TIOCM_* */
#define CHR_IOCTL_SERIAL_GET_TIOCM  14

#define CHR_TIOCM_CTS 0x020
#define CHR_TIOCM_CAR 0x040
#define CHR_TIOCM_DSR 0x100
#define CHR_TIOCM_RI  0x080
#define CHR_TIOCM_DTR 0x002
#define CHR_TIOCM_RTS 0x004

typedef struct {
    int speed;
    int parity; /* 'N', 'E', 'O' */
    int data_bits;
    int stop_bits;
} QEMUSerialSetParams;

#define TYPE_CHARDEV "chardev"
typedef struct ChardevClass ChardevClass;
DECLARE_OBJ_CHECKERS(Chardev, ChardevClass, CHARDEV, TYPE_CHARDEV)

struct Chardev {
    Object parent_obj;

    GMutex write_lock; /* serializes writers from different threads */
    CharBackend *be;   /* the front end, NULL if none; a mux has its own list */
    char *label;       /* the id */
    char *filename;    /* how `info chardev` describes it */
    int logfd;         /* logfile=, -1 if none */
    bool be_open;      /* the other side is there */
    bool is_open;      /* open() has succeeded */
    bool log_loss_reported;

    struct ChrQueue *input; /* what the front end hasn't taken yet */
    unsigned input_resume;  /* reading goes on once no more than this waits ... */
    bool input_paused;      /* ... if it was stopped */
};

struct ChardevClass {
    ObjectClass parent_class;

    bool internal; /* not for users: can't be named in -chardev */

    /*
     * Opens the back end as `opts` says. *be_opened is true on entry; a back end whose other side
     * comes later sets it false and calls qemu_chr_be_event(CHR_EVENT_OPENED) then.
     */
    void (*open)(Chardev *chr, QemuOpts *opts, bool *be_opened, Error **errp);

    /* Writes what goes without blocking; the number of bytes, or -1 with errno. write_lock is
     * held. */
    int (*chr_write)(Chardev *chr, const uint8_t *buf, int len);
    /* A source that fires (once ready) for `cond`, not attached; NULL if there is none. */
    GSource *(*chr_add_watch)(Chardev *chr, GIOCondition cond);
    /* -ENOTSUP where there is no such control. */
    int (*chr_ioctl)(Chardev *chr, int cmd, void *arg);
    /* The front end can take input again: it gets what waits, on the calling thread. */
    void (*chr_accept_input)(Chardev *chr);
    /* Waits for input and delivers it; qemu_chr_fe_wait_input(). */
    bool (*chr_wait_input)(Chardev *chr, int timeout_ms);
    /* An event for the front end passes by; a mux tells its own. */
    void (*chr_be_event)(Chardev *chr, QEMUChrEvent event);

    /* A front end connects (false with *errp set: it can't) and goes. */
    bool (*fe_attach)(Chardev *chr, CharBackend *be, Error **errp);
    void (*fe_detach)(Chardev *chr, CharBackend *be);
    /* It has set its handlers. */
    void (*fe_ready)(Chardev *chr, CharBackend *be);
    /* It wants the input. */
    void (*fe_focus)(Chardev *chr, CharBackend *be);
    bool (*is_busy)(Chardev *chr);
};

/*
 * Makes a character device from a legacy description ("stdio", "file:NAME", "tcp:...",
 * "chardev:ID", ...). Returns NULL for "none"; on a bad description reports why and returns NULL
 * too.
 */
Chardev *qemu_chr_new(const char *label, const char *filename);
/* As qemu_chr_new(), and the "mon:" prefix (a mux with the monitor on it) is allowed. */
Chardev *qemu_chr_new_mux_mon(const char *label, const char *filename);
/* The same with the reason in *errp; NULL without *errp set for "none". */
Chardev *qemu_chr_new_from_str(const char *label, const char *filename, bool permit_mux_mon,
                               Error **errp);
/* The QemuOpts that `filename` stands for, or NULL with *errp set. */
QemuOpts *qemu_chr_parse_compat(const char *label, const char *filename, bool permit_mux_mon,
                                Error **errp);
/* Makes a character device from -chardev options; NULL with *errp set on failure. */
Chardev *qemu_chr_new_from_opts(QemuOpts *opts, Error **errp);
/* A new device of QOM type `typename`; `id` may be NULL for one that isn't listed. */
Chardev *qemu_chardev_new(const char *id, const char *typename, QemuOpts *opts, Error **errp);

/* The mux's escape character as a byte; 1 (Ctrl-A) at the start. */
void qemu_chr_set_escape_char(int ch);

Chardev *qemu_chr_find(const char *name);
/* Some front end uses it. */
bool qemu_chr_is_busy(Chardev *chr);
/* Closes and frees a device that has no front end; false with *errp set if it has one. */
bool qemu_chr_remove(const char *id, Error **errp);
/* Closes all devices and gives the terminal back; called once at exit. */
void qemu_chr_cleanup(void);

/* The options of -chardev. */
typedef struct QemuOptsList QemuOptsList;
extern QemuOptsList qemu_chardev_opts;

/* Calls func for each back-end name that -chardev accepts. */
void qemu_chr_foreach_backend(void (*func)(const char *name, void *opaque), void *opaque);

typedef struct ChardevInfo {
    char *label;
    char *filename;
    bool frontend_open;
} ChardevInfo;
/* What `info chardev` shows: a GPtrArray of ChardevInfo, owned by the caller. */
GPtrArray *qemu_chr_query(void);

/* Set by the monitor: attaches a monitor to `chr` for "mon:". */
extern void (*qemu_chr_attach_monitor)(Chardev *chr, Error **errp);
/* Set by the start-up code: what the mux's key for saving disk data does. */
extern void (*qemu_chr_save_disks)(void);

/* Back ends call these. */
/* How many bytes qemu_chr_be_write() takes now; 0 while no front end reads. */
int qemu_chr_be_can_write(Chardev *chr);
/* Input has come. What is more than qemu_chr_be_can_write() said is lost. */
void qemu_chr_be_write(Chardev *chr, const uint8_t *buf, int len);
/* An event: a break waits its turn in the input, the others are told at once. */
void qemu_chr_be_event(Chardev *chr, QEMUChrEvent event);
/* Forgets the input that the front end hasn't taken. */
void qemu_chr_be_drop_input(Chardev *chr);
/* Writes to the back end itself, past the front end: len bytes with write_all, else what goes. */
int qemu_chr_write(Chardev *chr, const uint8_t *buf, int len, bool write_all);
#define qemu_chr_write_all(chr, buf, len) qemu_chr_write(chr, buf, len, true)

/* Gives the terminal back to the shell; for crash handlers too (async-signal-safe). */
void qemu_term_restore(void);

#define TYPE_CHARDEV_NULL    "chardev-null"
#define TYPE_CHARDEV_MUX     "chardev-mux"
#define TYPE_CHARDEV_RINGBUF "chardev-ringbuf"
#define TYPE_CHARDEV_FD      "chardev-fd"
#define TYPE_CHARDEV_PTY     "chardev-pty"
#define TYPE_CHARDEV_FILE    "chardev-file"
#define TYPE_CHARDEV_STDIO   "chardev-stdio"
#define TYPE_CHARDEV_PIPE    "chardev-pipe"
#define TYPE_CHARDEV_SERIAL  "chardev-serial"
#define TYPE_CHARDEV_SOCKET  "chardev-socket"
#define TYPE_CHARDEV_VC      "chardev-vc"

#endif
