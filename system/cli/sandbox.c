/*
 * The sandbox: system calls that a running emulator has no use for and that whoever took it over
 * would like fail with EPERM.
 *
 * It is on unless somebody switches it off, from the moment when everything is open: what needs
 * more (helpers and scripts of tap devices) has had its turn by then. A list of what is denied, not
 * of what is allowed: the libraries below us use other calls with each release, and a guest shall
 * not stop because of one.
 *
 * Reference: seccomp(2), seccomp_rule_add(3), seccomp_attr_set(3).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <sched.h>
#include <seccomp.h>
#include "cli.h"
#include "qemu/error-report.h"

/* What can be allowed and denied by itself, and what always is denied. */
typedef enum DeniedSet {
    DENIED_ALWAYS,
    DENIED_OBSOLETE,
    DENIED_PRIVILEGES,
    DENIED_SPAWN,
    DENIED_RESOURCES,
} DeniedSet;

typedef struct DeniedCall {
    const char *name; /* one that this architecture lacks is passed over */
    DeniedSet set;
} DeniedCall;

static const DeniedCall denied_calls[] = {
    /* the host as a whole: its file systems, clocks, kernel, names, accounting */
    { "acct", DENIED_ALWAYS }, { "adjtimex", DENIED_ALWAYS }, { "chroot", DENIED_ALWAYS },
    { "clock_adjtime", DENIED_ALWAYS }, { "clock_settime", DENIED_ALWAYS },
    { "delete_module", DENIED_ALWAYS }, { "finit_module", DENIED_ALWAYS },
    { "fsconfig", DENIED_ALWAYS }, { "fsmount", DENIED_ALWAYS }, { "fsopen", DENIED_ALWAYS },
    { "init_module", DENIED_ALWAYS }, { "kexec_file_load", DENIED_ALWAYS },
    { "kexec_load", DENIED_ALWAYS }, { "mount", DENIED_ALWAYS }, { "mount_setattr", DENIED_ALWAYS },
    { "move_mount", DENIED_ALWAYS }, { "nfsservctl", DENIED_ALWAYS }, { "open_tree", DENIED_ALWAYS },
    { "pivot_root", DENIED_ALWAYS }, { "quotactl", DENIED_ALWAYS },
    { "quotactl_fd", DENIED_ALWAYS }, { "reboot", DENIED_ALWAYS },
    { "setdomainname", DENIED_ALWAYS }, { "sethostname", DENIED_ALWAYS }, { "setns", DENIED_ALWAYS },
    { "settimeofday", DENIED_ALWAYS }, { "swapoff", DENIED_ALWAYS }, { "swapon", DENIED_ALWAYS },
    { "syslog", DENIED_ALWAYS }, { "umount", DENIED_ALWAYS }, { "umount2", DENIED_ALWAYS },
    { "unshare", DENIED_ALWAYS }, { "vhangup", DENIED_ALWAYS },

    /* ways into the kernel or into other processes that nothing here goes */
    { "add_key", DENIED_ALWAYS }, { "bpf", DENIED_ALWAYS },
    { "fanotify_init", DENIED_ALWAYS }, { "ioperm", DENIED_ALWAYS }, { "iopl", DENIED_ALWAYS },
    { "kcmp", DENIED_ALWAYS }, { "keyctl", DENIED_ALWAYS }, { "lookup_dcookie", DENIED_ALWAYS },
    { "name_to_handle_at", DENIED_ALWAYS }, { "open_by_handle_at", DENIED_ALWAYS },
    { "perf_event_open", DENIED_ALWAYS }, { "pidfd_getfd", DENIED_ALWAYS },
    { "process_vm_readv", DENIED_ALWAYS }, { "process_vm_writev", DENIED_ALWAYS },
#ifndef __SANITIZE_ADDRESS__ /* its search for leaks looks at the process from outside */
    { "ptrace", DENIED_ALWAYS },
#endif
    { "request_key", DENIED_ALWAYS }, { "userfaultfd", DENIED_ALWAYS },

    /* what today's C libraries have left behind */
    { "_sysctl", DENIED_OBSOLETE }, { "afs_syscall", DENIED_OBSOLETE }, { "bdflush", DENIED_OBSOLETE },
    { "break", DENIED_OBSOLETE }, { "create_module", DENIED_OBSOLETE }, { "ftime", DENIED_OBSOLETE },
    { "get_kernel_syms", DENIED_OBSOLETE }, { "getpmsg", DENIED_OBSOLETE },
    { "gtty", DENIED_OBSOLETE }, { "idle", DENIED_OBSOLETE }, { "lock", DENIED_OBSOLETE },
    { "modify_ldt", DENIED_OBSOLETE }, { "mpx", DENIED_OBSOLETE }, { "prof", DENIED_OBSOLETE },
    { "profil", DENIED_OBSOLETE }, { "putpmsg", DENIED_OBSOLETE }, { "query_module", DENIED_OBSOLETE },
    { "readdir", DENIED_OBSOLETE }, { "remap_file_pages", DENIED_OBSOLETE },
    { "security", DENIED_OBSOLETE }, { "sgetmask", DENIED_OBSOLETE }, { "ssetmask", DENIED_OBSOLETE },
    { "stty", DENIED_OBSOLETE }, { "sysfs", DENIED_OBSOLETE }, { "tuxcall", DENIED_OBSOLETE },
    { "ulimit", DENIED_OBSOLETE }, { "uselib", DENIED_OBSOLETE }, { "ustat", DENIED_OBSOLETE },
    { "vm86", DENIED_OBSOLETE }, { "vm86old", DENIED_OBSOLETE }, { "vserver", DENIED_OBSOLETE },

    /* to become somebody else, or more */
    { "capset", DENIED_PRIVILEGES }, { "setfsgid", DENIED_PRIVILEGES },
    { "setfsgid32", DENIED_PRIVILEGES }, { "setfsuid", DENIED_PRIVILEGES },
    { "setfsuid32", DENIED_PRIVILEGES }, { "setgid", DENIED_PRIVILEGES },
    { "setgid32", DENIED_PRIVILEGES }, { "setgroups", DENIED_PRIVILEGES },
    { "setgroups32", DENIED_PRIVILEGES }, { "setregid", DENIED_PRIVILEGES },
    { "setregid32", DENIED_PRIVILEGES }, { "setresgid", DENIED_PRIVILEGES },
    { "setresgid32", DENIED_PRIVILEGES }, { "setresuid", DENIED_PRIVILEGES },
    { "setresuid32", DENIED_PRIVILEGES }, { "setreuid", DENIED_PRIVILEGES },
    { "setreuid32", DENIED_PRIVILEGES }, { "setuid", DENIED_PRIVILEGES },
    { "setuid32", DENIED_PRIVILEGES },

    /* other programs; clone and clone3 make threads, too: see deny_processes() */
    { "execve", DENIED_SPAWN }, { "execveat", DENIED_SPAWN }, { "fork", DENIED_SPAWN },
    { "vfork", DENIED_SPAWN },

    /* its share of the host */
    { "ioprio_set", DENIED_RESOURCES }, { "mbind", DENIED_RESOURCES },
    { "migrate_pages", DENIED_RESOURCES }, { "move_pages", DENIED_RESOURCES },
    { "nice", DENIED_RESOURCES }, { "sched_setaffinity", DENIED_RESOURCES },
    { "sched_setattr", DENIED_RESOURCES }, { "sched_setparam", DENIED_RESOURCES },
    { "sched_setscheduler", DENIED_RESOURCES }, { "set_mempolicy", DENIED_RESOURCES },
    { "set_mempolicy_home_node", DENIED_RESOURCES }, { "setpriority", DENIED_RESOURCES },
};

/* A key of the option. Its set is denied from the start or by the user only. */
typedef struct SandboxKey {
    const char *name;
    DeniedSet set;
    bool denied; /* unless the user says otherwise */
} SandboxKey;

static const SandboxKey sandbox_keys[] = {
    { "obsolete", DENIED_OBSOLETE, true },
    { "elevateprivileges", DENIED_PRIVILEGES, false },
    { "spawn", DENIED_SPAWN, false },
    { "resourcecontrol", DENIED_RESOURCES, false },
};

CLI_HANDLER(sandbox)
{
    static QemuOptsList list = {
        .name = "sandbox",
        .implied_opt_name = "enable",
        .head = QTAILQ_HEAD_INITIALIZER(list.head),
        .desc = {
            { .name = "enable", .type = QEMU_OPT_BOOL },
            { .name = "obsolete", .type = QEMU_OPT_STRING },
            { .name = "elevateprivileges", .type = QEMU_OPT_STRING },
            { .name = "spawn", .type = QEMU_OPT_STRING },
            { .name = "resourcecontrol", .type = QEMU_OPT_STRING },
            { NULL },
        },
    };
    g_autoptr(QemuOpts) opts = qemu_opts_parse(&list, arg, true, errp);
    Sandbox sandbox = { .loc = g_strdup(cli->loc) };

    if (!opts) {
        return;
    }
    sandbox.off = !qemu_opt_get_bool(opts, "enable", false);
    for (size_t i = 0; i < ARRAY_SIZE(sandbox_keys); i++) {
        const SandboxKey *key = &sandbox_keys[i];
        const char *value = qemu_opt_get(opts, key->name);
        bool may_be_children = key->set == DENIED_PRIVILEGES;

        if (!value) {
            sandbox.changed[i] = false;
        } else if (may_be_children && g_str_equal(value, "children")) {
            sandbox.changed[i] = !key->denied;
        } else if (g_str_equal(value, "deny") || g_str_equal(value, "allow")) {
            sandbox.changed[i] = key->denied != g_str_equal(value, "deny");
        } else {
            error_setg(errp, "Parameter '%s' expects allow%s deny%s", key->name,
                       may_be_children ? "," : " or", may_be_children ? " or children" : "");
            return;
        }
    }
    g_free(cli->sandbox.loc);
    cli->sandbox = sandbox;
}

static bool is_denied(const Sandbox *sandbox, DeniedSet set)
{
    for (size_t i = 0; i < ARRAY_SIZE(sandbox_keys); i++) {
        if (sandbox_keys[i].set == set) {
            return sandbox_keys[i].denied != sandbox->changed[i];
        }
    }
    return true;
}

/*
 * A clone that makes no thread is a process. clone3 has its flags in memory, where no filter looks:
 * it "isn't there", and the C library takes clone instead.
 */
static int deny_processes(scmp_filter_ctx filter)
{
    int ret = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                               SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));

    return ret < 0 ? ret : seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

static int fill(scmp_filter_ctx filter, const Sandbox *sandbox)
{
    int ret = is_denied(sandbox, DENIED_SPAWN) ? deny_processes(filter) : 0;

    for (size_t i = 0; i < ARRAY_SIZE(denied_calls) && ret == 0; i++) {
        int number = seccomp_syscall_resolve_name(denied_calls[i].name);

        if (number != __NR_SCMP_ERROR && is_denied(sandbox, denied_calls[i].set)) {
            ret = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0);
        }
    }
    return ret;
}

/*
 * All threads get it, and children, which then gain nothing from set-user-ID programs either: the
 * library asks for that, since the kernel takes filters from users on that condition only (hence
 * elevateprivileges=children is the same as deny). Without the flag about stores older kernels
 * would switch off speculation past stores for them, which costs generated code a lot and guards
 * against code in the same process only. The calls are sorted into a tree, since most of ours are
 * none of those: it takes 7 comparisons instead of a hundred.
 */
static int load(const Sandbox *sandbox)
{
    static const struct {
        enum scmp_filter_attr attr;
        uint32_t value;
    } attrs[] = {
        { SCMP_FLTATR_CTL_TSYNC, 1 },
        { SCMP_FLTATR_CTL_SSB, 1 },
        { SCMP_FLTATR_CTL_OPTIMIZE, 2 },
        { SCMP_FLTATR_API_SYSRAWRC, 1 },
    };
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int ret = filter ? 0 : -ENOMEM;

    for (size_t i = 0; i < ARRAY_SIZE(attrs) && ret == 0; i++) {
        ret = seccomp_attr_set(filter, attrs[i].attr, attrs[i].value);
    }
    ret = ret == 0 ? fill(filter, sandbox) : ret;
    ret = ret == 0 ? seccomp_load(filter) : ret;
    if (filter) {
        seccomp_release(filter);
    }
    return ret;
}

void cli_enter_sandbox(Cli *cli)
{
    const Sandbox *sandbox = &cli->sandbox;
    int ret;

    if (sandbox->off) {
        return;
    }
    ret = load(sandbox);
    if (ret < 0 && sandbox->loc) { /* a host that can't do what nobody asked for is fine */
        error_loc_set(sandbox->loc);
        error_report("this host can't filter system calls: %s", g_strerror(-ret));
        exit(1);
    }
}
