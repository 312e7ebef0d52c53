/*
 * sysemu-img: makes, examines and converts disk images. The command lines and what it prints are
 * those of qemu-img.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <getopt.h>
#include "img.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"

static const ImgCommand commands[] = {
    { "check", "f:r:qU", 1, 1, "[-f FORMAT] [-r leaks|all] [--output=json] [-q] [-U] FILE",
      "looks for contradictions in an image; -r repairs them", img_check },
    { "commit", "f:t:qdp", 1, 1, "[-f FORMAT] [-d] [-q] FILE",
      "writes what an image has to its backing file; -d: without emptying it", img_commit },
    { "compare", "f:F:psqU", 2, 2, "[-f FORMAT] [-F FORMAT] [-s] [-p] [-q] [-U] FILE FILE",
      "whether two images have the same contents; -s: and the same size", img_compare },
    { "convert", "f:O:B:F:o:l:t:cnpqU", 2, INT_MAX,
      "[-f FORMAT] [-O FORMAT] [-B BACKING [-F FORMAT]] [-o OPTIONS] [-n] [-p] [-q] [-U] FILE... "
      "TARGET", "copies images, one behind the other, to a new one", img_convert },
    { "create", "f:b:F:o:qu", 1, 2,
      "[-f FORMAT] [-b BACKING [-F FORMAT]] [-u] [-o OPTIONS] FILE [SIZE]",
      "makes an empty image", img_create },
    { "info", "f:U", 1, 1, "[-f FORMAT] [--backing-chain] [--output=json] [-U] FILE",
      "tells about an image", img_info },
    { "map", "f:U", 1, 1, "[-f FORMAT] [--output=json] [-U] FILE",
      "where the parts of an image are", img_map },
    { "rebase", "f:b:F:upqU", 1, 1, "[-f FORMAT] [-u] -b BACKING [-F FORMAT] FILE",
      "gives an image another backing file; -u: without looking at the contents", img_rebase },
    { "resize", "f:q", 2, 2, "[-f FORMAT] [--shrink] [-q] FILE [+|-]SIZE",
      "makes an image longer or shorter", img_resize },
    { "snapshot", "lc:a:d:qU", 1, 1, "[-l | -c NAME | -a NAME | -d NAME] [-q] FILE",
      "lists, creates, applies, deletes snapshots inside of an image", img_snapshot },
};

enum { OPT_OUTPUT = 256, OPT_BACKING_CHAIN, OPT_SHRINK, OPT_IMAGE_OPTS, OPT_FORCE_SHARE };

static const struct option long_options[] = {
    { "output", required_argument, NULL, OPT_OUTPUT },
    { "backing-chain", no_argument, NULL, OPT_BACKING_CHAIN },
    { "shrink", no_argument, NULL, OPT_SHRINK },
    { "image-opts", no_argument, NULL, OPT_IMAGE_OPTS },
    { "force-share", no_argument, NULL, 'U' },
    { },
};

static const char *program_name;

/* --- what commands share --- */

BlockDriverState *img_open(const ImgOptions *o, const char *name, const char *format,
                           bool writable, Error **errp)
{
    BlockFlags flags = { .read_only = !writable, .force_share = o->force_share, .unmap = true,
                         .no_flush = o->cache && g_str_equal(o->cache, "unsafe") };
    BlockDriverState *bs;

    if (o->image_opts) {
        g_autoptr(BlockOptions) options = block_options_new();

        if (!block_options_parse(options, name, errp)) {
            return NULL;
        }
        if (format) {
            block_options_set(options, "driver", format);
        }
        return bdrv_open_options(g_steal_pointer(&options), &flags, errp);
    }
    bs = bdrv_open_filename(name, format, NULL, &flags, NULL, errp);
    if (!bs) {
        error_prepend(errp, "Could not open '%s': ", name);
    }
    return bs;
}

BlockOptions *img_creation_options(const ImgOptions *o, Error **errp)
{
    g_autoptr(BlockOptions) options = block_options_new();

    for (guint i = 0; i < o->creation->len; i++) {
        if (!block_options_parse(options, g_ptr_array_index(o->creation, i), errp)) {
            return NULL;
        }
    }
    return g_steal_pointer(&options);
}

void img_progress(const ImgOptions *o, double part)
{
    if (o->progress && !o->quiet) {
        printf("    (%3.2f/100%%)%s", part * 100, part >= 1 ? "\n" : "\r");
        fflush(stdout);
    }
}

void img_print_json(JsonNode *node)
{
    g_autoptr(JsonGenerator) generator = json_generator_new();
    g_autofree char *text = NULL;

    json_generator_set_pretty(generator, TRUE);
    json_generator_set_indent(generator, 4);
    json_generator_set_root(generator, node);
    text = json_generator_to_data(generator, NULL);
    puts(text);
    json_node_unref(node);
}

/* --- the command line --- */

static void print_help(void)
{
    printf("usage: %s COMMAND [OPTION...]\n\nCommands:\n", program_name);
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        printf("  %s %s\n      %s\n", commands[i].name, commands[i].synopsis, commands[i].help);
    }
    printf("\nFormats:");
    for (size_t i = 0; block_drivers[i]; i++) {
        printf(" %s", block_drivers[i]->name);
    }
    printf("\nSizes may end with k, M, G, T, P or E (powers of 1024).\n");
}

static G_NORETURN void wrong(const ImgCommand *command, const char *what)
{
    fprintf(stderr, "%s: %s%s%s\nTry '%s --help' for more information\n", program_name,
            command ? command->name : "", command ? ": " : "", what, program_name);
    exit(1);
}

static void set_output(const ImgCommand *command, ImgOptions *o, const char *form)
{
    if (!g_str_equal(form, "json") && !g_str_equal(form, "human")) {
        wrong(command, "--output must be used with human or json as argument.");
    }
    o->json = g_str_equal(form, "json");
}

/* -F means another thing to compare than to the rest. */
static void take_option(const ImgCommand *command, ImgOptions *o, int letter, const char *value)
{
    switch (letter) {
    case 'f': o->format = value; break;
    case 'O': o->out_format = value; break;
    case 'b':
    case 'B': o->backing = value; break;
    case 'F': o->backing_format = value; break;
    case 'o': g_ptr_array_add(o->creation, (gpointer)value); break;
    case 'r': o->repair = value; break;
    case 't': o->cache = value; break;
    case 'q': o->quiet = true; break;
    case 'p': o->progress = true; break;
    case 'u': o->unsafe = true; break;
    case 'U': o->force_share = true; break;
    case 's': o->strict = true; break;
    case 'n': o->no_create = true; break;
    case OPT_OUTPUT: set_output(command, o, value); break;
    case OPT_BACKING_CHAIN: o->backing_chain = true; break;
    case OPT_SHRINK: o->shrink = true; break;
    case OPT_IMAGE_OPTS: o->image_opts = true; break;
    case 'c':
        if (!g_str_equal(command->name, "snapshot")) {
            o->compress = true;
            break;
        }
        /* fall through */
    case 'a':
    case 'd':
    case 'l':
        if (g_str_equal(command->name, "convert")) {
            o->snapshot = value;
        } else if (g_str_equal(command->name, "commit")) {
            o->keep = true;
        } else if (o->action) {
            wrong(command, "Cannot mix '-l', '-a', '-c', '-d'");
        } else {
            o->action = letter;
            o->action_name = value;
        }
        break;
    default:
        exit(1); /* getopt() has told */
    }
}

static const ImgCommand *find_command(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (g_str_equal(commands[i].name, name)) {
            return &commands[i];
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    ImgOptions o = { .creation = g_ptr_array_new() };
    const ImgCommand *command;
    Error *err = NULL;
    int letter, status;

    error_init(argv[0]);
    program_name = error_get_progname();
    if (argc < 2) {
        wrong(NULL, "Not enough arguments");
    }
    if (g_str_equal(argv[1], "--help") || g_str_equal(argv[1], "-h")) {
        print_help();
        return 0;
    }
    if (g_str_equal(argv[1], "--version") || g_str_equal(argv[1], "-V")) {
        printf("%s version %s\n", program_name, SYSEMU_VERSION);
        return 0;
    }
    command = find_command(argv[1]);
    if (!command) {
        g_autofree char *what = g_strdup_printf("Command not found: %s", argv[1]);

        wrong(NULL, what);
    }
    argv[1] = argv[0];
    argv++;
    argc--;
    while ((letter = getopt_long(argc, argv, command->letters, long_options, NULL)) != -1) {
        take_option(command, &o, letter, optarg);
    }
    o.args = (const char *const *)argv + optind;
    o.nb_args = argc - optind;
    if (o.nb_args < command->min_args || o.nb_args > command->max_args) {
        wrong(command, o.nb_args < command->min_args ? "Expecting more file names"
                                                     : "Too many arguments");
    }
    status = command->run(&o, &err);
    if (err) {
        error_report_err(err);
        status = MAX(status, 1);
    }
    g_ptr_array_unref(o.creation);
    if (fflush(stdout) || ferror(stdout)) {
        fprintf(stderr, "%s: what it has to say could not be written\n", program_name);
        status = MAX(status, 1);
    }
    return status;
}
