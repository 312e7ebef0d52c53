/*
 * The table of options for people and their shells: -help, the manual page, completion.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "cli.h"

void cli_print_version(void)
{
    printf("sysemu emulator version " SYSEMU_VERSION "\n");
}

/* What the option does, or whose second name it is. The caller frees it. */
static char *description(const CliOption *option)
{
    for (const CliOption *o = cli_options; !option->help && (o->name || o->help); o++) {
        if (o->handle == option->handle && o->help) {
            return g_strdup_printf("The same as -%s.", o->name);
        }
    }
    return g_strdup(option->help ? option->help : "");
}

/* ---- -help ---- */

#define HELP_WIDTH  79
#define HELP_INDENT 8

/* A paragraph, indented; what doesn't fit on its first line further. */
static void print_wrapped(const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", 0);
    int column = printf("%*s%s", HELP_INDENT, "", words[0]);

    for (int i = 1; words[i]; i++) {
        if (column + 1 + strlen(words[i]) > HELP_WIDTH) {
            column = printf("\n%*s%s", HELP_INDENT + 2, "", words[i]) - 1;
        } else {
            column += printf(" %s", words[i]);
        }
    }
    putchar('\n');
}

void cli_print_help(void)
{
    cli_print_version();
    printf("usage: %s [-OPTION [ARGUMENT]]...\n", g_get_prgname());
    for (const CliOption *o = cli_options; o->name || o->help; o++) {
        g_autofree char *text = description(o);
        g_auto(GStrv) paragraphs = g_strsplit(text, "\n", 0);

        if (!o->name) {
            printf("\n%s:\n", o->help);
            continue;
        }
        printf("-%s%s%s\n", o->name, o->form ? " " : "", o->form ? o->form : "");
        for (int i = 0; paragraphs[i]; i++) {
            print_wrapped(paragraphs[i]);
        }
        if (o->listed && o->help) {
            g_autofree char *hint = g_strdup_printf("-%s help lists what there is.", o->name);

            print_wrapped(hint);
        }
    }
}

/* ---- the manual page ---- */

#define ROFF_WIDTH 78

/* A word that no formatter takes for its own; its length. */
static int roff_word(const char *word, int column)
{
    int length = !column && (*word == '.' || *word == '\'') ? printf("\\&") : 0;

    for (; *word; word++) {
        length += *word == '\\' ? printf("\\e") : *word == '-' ? printf("\\-") : printf("%c", *word);
    }
    return length;
}

/* A paragraph on lines of its own; the formatter joins them. */
static void roff_paragraph(const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", 0);
    int column = 0;

    for (int i = 0; words[i]; i++) {
        if (column && column + 1 + strlen(words[i]) > ROFF_WIDTH) {
            putchar('\n');
            column = 0;
        }
        column += column ? printf(" ") : 0;
        column += roff_word(words[i], column);
    }
    putchar('\n');
}

static void print_man_option(const CliOption *o)
{
    g_autofree char *text = description(o);
    g_auto(GStrv) paragraphs = g_strsplit(text, "\n", 0);

    printf(".TP\n\\fB\\-");
    roff_word(o->name, 1);
    printf("\\fR");
    if (o->form) {
        printf(" \\fI");
        roff_word(o->form, 1);
        printf("\\fR");
    }
    putchar('\n');
    for (int i = 0; paragraphs[i]; i++) {
        printf("%s", i ? ".br\n" : "");
        roff_paragraph(paragraphs[i]);
    }
    if (o->listed && o->help) {
        printf(".br\n\\fB\\-%s help\\fR lists what there is.\n", o->name);
    }
}

static const char man_head[] =
    ".TH SYSEMU 1 2026-11-26 \"sysemu " SYSEMU_VERSION "\" \"User Commands\"\n"
    ".SH NAME\n"
    "sysemu \\- run the firmware and operating systems of other computers\n"
    ".SH SYNOPSIS\n"
    ".B sysemu\n"
    "[\\fB\\-\\fIOPTION\\fR [\\fIARGUMENT\\fR]]...\n"
    ".br\n"
    ".B qemu\\-system\\-\\fIARCH\\fR ...\n"
    ".SH DESCRIPTION\n"
    "Emulates a whole board: processor, memory, devices.\n"
    "Options, monitor commands and exit codes are those of QEMU;\n"
    "an option of QEMU that is not there yet is refused by name, unless it asks for\n"
    "what is the case anyway\n"
    "(\\fB\\-vga none\\fR, \\fB\\-vnc none\\fR).\n"
    ".PP\n"
    "As\n"
    ".B sysemu\n"
    "it knows every board, and \\fB\\-machine\\fR must be given.\n"
    "Under a name like\n"
    ".B qemu\\-system\\-ppc\n"
    "it knows that architecture's boards, and has a default.\n"
    ".SH OPTIONS\n"
    "Options may begin with one dash or two.\n"
    "A comma inside of a value is written twice.\n";

static const char man_tail[] =
    ".SH EXIT STATUS\n"
    "0 when the machine ended, or was ended (by SIGINT, SIGTERM or SIGHUP, too);\n"
    "1 after a mistake in the options, which one line on standard error names.\n"
    ".SH EXAMPLES\n"
    "The VMC board with its own firmware on this terminal; Ctrl\\-A x ends it:\n"
    ".PP\n"
    ".nf\n"
    "    sysemu \\-machine VMC \\-nographic\n"
    ".fi\n"
    ".PP\n"
    "Linux on it:\n"
    ".PP\n"
    ".nf\n"
    "    sysemu \\-machine VMC \\-nographic \\-kernel vmlinux\n"
    "        \\-initrd initramfs.cpio.gz \\-append console=ttyS0\n"
    ".fi\n"
    ".SH SEE ALSO\n"
    "The user documentation, in\n"
    ".I share/doc/sysemu\n"
    "below the installation's prefix.\n";

static void print_man(void)
{
    fputs(man_head, stdout);
    for (const CliOption *o = cli_options; o->name || o->help; o++) {
        if (o->name) {
            print_man_option(o);
        } else {
            printf(".SS ");
            roff_paragraph(o->help);
        }
    }
    fputs(man_tail, stdout);
}

/* ---- completion ---- */

/* Both shells ask the program: what `-OPTION help` lists, each with its name in front. */
#define LIST_VALUES "\"$program\" \"$option\" help 2>/dev/null | " \
                    "awk 'NR > 1 { print $1 == \"PowerPC\" ? $2 : $1 }'"

typedef enum Completion { COMPLETE_NOTHING, COMPLETE_FILE, COMPLETE_FOLDER, COMPLETE_LIST } Completion;

static Completion completion_of(const CliOption *o)
{
    return !o->form                             ? COMPLETE_NOTHING
           : g_str_equal(o->form, "DIR")        ? COMPLETE_FOLDER
           : g_str_has_prefix(o->form, "FILE")  ? COMPLETE_FILE
           : o->listed                          ? COMPLETE_LIST
                                                : COMPLETE_NOTHING;
}

/* "-a|-b": the options that complete in this way. */
static char *options_completed_by(Completion way)
{
    GString *names = g_string_new(NULL);

    for (const CliOption *o = cli_options; o->name || o->help; o++) {
        if (o->name && completion_of(o) == way) {
            g_string_append_printf(names, "%s-%s", names->len ? "|" : "", o->name);
        }
    }
    return g_string_free(names, FALSE);
}

/* This program's names: its own, and one for each architecture that has a board. */
static char *program_names(void)
{
    GString *names = g_string_new("sysemu");
    GSList *machines = machine_class_list(NULL);

    for (GSList *l = machines; l; l = l->next) {
        const MachineClass *mc = l->data;
        const char *const archs[] = { mc->arch_name, mc->other_arch_name };

        for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
            g_autofree char *name = archs[i] ? g_strdup_printf(" qemu-system-%s", archs[i]) : NULL;

            if (name && !strstr(names->str, name)) {
                g_string_append(names, name);
            }
        }
    }
    g_slist_free(machines);
    return g_string_free(names, FALSE);
}

static void print_bash(void)
{
    g_autofree char *files = options_completed_by(COMPLETE_FILE);
    g_autofree char *folders = options_completed_by(COMPLETE_FOLDER);
    g_autofree char *lists = options_completed_by(COMPLETE_LIST);
    g_autofree char *programs = program_names();

    printf("# Completion for bash, from sysemu's table of options: sysemu -docs bash\n"
           "_sysemu_list() {\n"
           "    local program=${COMP_WORDS[0]/#\\~/$HOME} option=$1\n"
           "    " LIST_VALUES "\n"
           "}\n"
           "_sysemu() {\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
           "    COMPREPLY=()\n"
           "    case ${before/#--/-} in\n"
           "    %s) mapfile -t COMPREPLY < <(compgen -f -- \"$word\") ;;\n"
           "    %s) mapfile -t COMPREPLY < <(compgen -d -- \"$word\") ;;\n"
           "    %s) mapfile -t COMPREPLY < <(compgen -W \"$(_sysemu_list \"$before\") help\" -- "
           "\"$word\") ;;\n",
           files, folders, lists);
    printf("    *) mapfile -t COMPREPLY < <(compgen -W '");
    for (const CliOption *o = cli_options; o->name || o->help; o++) {
        if (o->name) {
            printf("-%s ", o->name);
        }
    }
    printf("' -- \"$word\") ;;\n"
           "    esac\n"
           "}\n"
           "complete -o bashdefault -F _sysemu %s\n", programs);
}

/* A text, or its first sentence, inside '…[…]' of zsh's _arguments. */
static void print_zsh_text(const char *text, bool sentence)
{
    for (; *text && !(sentence && *text == '.' && (!text[1] || strchr(" \n", text[1]))); text++) {
        if (strchr("[]:\\", *text)) {
            putchar('\\');
        }
        fputs(*text == '\'' ? "'\\''" : *text == '\n' ? " " : (char[]){ *text, 0 }, stdout);
    }
}

static void print_zsh_option(const CliOption *o)
{
    static const char *const actions[] = {
        [COMPLETE_NOTHING] = "",
        [COMPLETE_FILE] = "_files",
        [COMPLETE_FOLDER] = "_files -/",
        [COMPLETE_LIST] = "_sysemu_values",
    };
    Completion way = completion_of(o);
    g_autofree char *text = description(o);

    printf("        '*-%s[", o->name);
    print_zsh_text(text, true);
    putchar(']');
    if (o->form) {
        putchar(':');
        print_zsh_text(o->form, false);
        printf(":%s", actions[way]);
        if (way == COMPLETE_LIST) {
            printf(" -%s", o->name);
        }
    }
    printf("' \\\n");
}

static void print_zsh(void)
{
    g_autofree char *programs = program_names();

    printf("#compdef %s\n"
           "# Completion for zsh, from sysemu's table of options: sysemu -docs zsh\n"
           "_sysemu_values() {\n"
           "    local program=${~words[1]} option=${@[-1]}\n"
           "    compadd -- help $(" LIST_VALUES ")\n"
           "}\n"
           "_sysemu() {\n"
           "    _arguments \\\n", programs);
    for (const CliOption *o = cli_options; o->name || o->help; o++) {
        if (o->name) {
            print_zsh_option(o);
        }
    }
    printf("        && return 0\n"
           "}\n"
           "if [[ $funcstack[1] = _sysemu ]]; then\n"
           "    _sysemu \"$@\"\n"
           "else\n"
           "    compdef _sysemu %s\n"
           "fi\n", programs);
}

bool cli_print_docs(const char *format)
{
    static const struct {
        const char *name;
        void (*print)(void);
    } formats[] = { { "man", print_man }, { "bash", print_bash }, { "zsh", print_zsh } };

    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        if (g_str_equal(formats[i].name, format)) {
            formats[i].print();
            return true;
        }
    }
    return false;
}
