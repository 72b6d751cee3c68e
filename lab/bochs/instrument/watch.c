// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a command in lab/profile's machine: tells the simulator when it begins
 * and when it has ended, and then the names of the kernel's functions, those of
 * the modules that are still loaded among them. Its exit status is the command's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../lib/port.h"

#define LAB_FAILED	125

static int failed(const char *what)
{
	fprintf(stderr, "lab: in the simulated machine: %s: %s\n", what, strerror(errno));
	return LAB_FAILED;
}

static void send_symbol(const char *line)
{
	size_t size = strlen(line);

	asm volatile("rep outsb" : "+S"(line), "+c"(size) : "d"(LAB_PROFILE_SYMBOLS) : "memory");
}

static int send_symbols(void)
{
	char line[512], type;
	FILE *f = fopen("/proc/kallsyms", "r");

	if (!f)
		return failed("/proc/kallsyms");
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%*x %c", &type) == 1 && strchr("tTwW", type))
			send_symbol(line);
	fclose(f);
	return 0;
}

static int run(char **words)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		execvp(words[0], words);
		fprintf(stderr, "lab: %s: %s\n", words[0],
			errno == ENOENT ? "not found in the simulated machine" : strerror(errno));
		_exit(errno == ENOENT ? 127 : 126);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return failed(words[0]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	int status, sent;

	if (argc < 2 || iopl(3))
		return failed("iopl");
	outl(LAB_PROFILE_BEGIN, LAB_PROFILE);
	status = run(argv + 1);
	outl(LAB_PROFILE_PAUSE, LAB_PROFILE);
	sent = send_symbols();
	outl(LAB_PROFILE_END, LAB_PROFILE);
	return status ? status : sent;
}
