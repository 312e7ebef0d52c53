/*
 * The first process of the benchmark's Linux: runs the jobs of /jobs, one after the other, and says
 * on the console when each begins and ends. The emulator's CPU time between the two is what the job
 * took.
 *
 * A line of /jobs is NAME PROGRAM [ARGUMENT ...], with spaces between them. A job's output is not
 * printed but for the last line that begins with "checksum" or "failed"; for a program that prints
 * none, the checksum is that of its whole output.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "bench.h"

enum { MOST_WORDS = 64 };

/* The console has all of it when this returns. */
static void say(const char *format, const char *name, const char *what)
{
    printf(format, name, what);
    fflush(stdout);
    tcdrain(STDOUT_FILENO);
}

static void run_child(char **words, int output)
{
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    close(output);
    execv(words[0], words);
    printf("failed: %s: %s\n", words[0], strerror(errno));
    exit(127);
}

/* What the job printed: its own verdict, or the Adler-32 of it all. */
static void summarize(FILE *output, char *verdict, size_t size)
{
    uint32_t a = 1, b = 0;
    char *line = NULL;
    size_t room = 0;

    verdict[0] = 0;
    for (ssize_t length; (length = getline(&line, &room, output)) > 0;) {
        for (ssize_t i = 0; i < length; i++) {
            a = (a + (uint8_t)line[i]) % 65521;
            b = (b + a) % 65521;
        }
        if (!strncmp(line, "checksum ", 9) || !strncmp(line, "failed: ", 8)) {
            line[strcspn(line, "\n")] = 0;
            snprintf(verdict, size, "%s", line);
        }
    }
    free(line);
    if (!verdict[0]) {
        snprintf(verdict, size, "checksum %08x", b << 16 | a);
    }
}

static void run_job(char *line)
{
    char *words[MOST_WORDS + 1], verdict[512], *name = strtok(line, " \n");
    int nb = 0, status, output[2];
    pid_t child;
    FILE *stream;

    for (char *word; nb < MOST_WORDS && (word = strtok(NULL, " \n"));) {
        words[nb++] = word;
    }
    words[nb] = NULL;
    if (!nb || pipe(output)) {
        say("failed: %s: %s\n", name ? name : "?", nb ? strerror(errno) : "no program");
        return;
    }
    say("begin %s%s\n", name, "");
    child = fork();
    if (child == 0) {
        close(output[0]);
        run_child(words, output[1]);
    }
    close(output[1]);
    stream = fdopen(output[0], "r");
    summarize(stream, verdict, sizeof(verdict));
    fclose(stream);
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) ||
        WEXITSTATUS(status)) {
        if (strncmp(verdict, "failed: ", 8)) {
            snprintf(verdict, sizeof(verdict), "failed: status %#x", status);
        }
    }
    say("end %s %s\n", name, verdict);
}

int main(void)
{
    char line[1024];
    FILE *jobs;

    mount("proc", "/proc", "proc", 0, NULL);
    mount("tmpfs", "/tmp", "tmpfs", 0, NULL);
    if (chdir("/data")) {
        chdir("/");
    }
    say("ready%s%s\n", "", "");
    jobs = fopen("/jobs", "r");
    if (!jobs) {
        say("failed: %s: %s\n", "/jobs", strerror(errno));
    }
    while (jobs && fgets(line, sizeof(line), jobs)) {
        run_job(line);
    }
    say("all done%s%s\n", "", "");
    for (;;) {
        pause();
    }
}
