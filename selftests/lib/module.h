/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns how C tests load and unload vmring, and ask the hardware whether VMX is
 * on. No process is started where it can be helped: on a debug kernel that is
 * what takes the time.
 */
#ifndef VMR_TEST_MODULE_H
#define VMR_TEST_MODULE_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CR4_FILE	"/sys/kernel/debug/vmrprobe/cr4"
#define HOTPLUG_STATES	"/sys/devices/system/cpu/hotplug/states"

static inline bool module_is_loaded(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return !access(path, F_OK);
}

/* The file of an installed module, or the one that the environment names. */
static inline const char *module_file(const char *name, const char *variable)
{
	static char path[PATH_MAX];
	char command[128];
	FILE *f;

	if (getenv(variable))
		return getenv(variable);
	snprintf(command, sizeof(command), "modinfo -n %s 2>/dev/null", name);
	path[0] = '\0';
	f = popen(command, "r");
	if (f && fgets(path, sizeof(path), f))
		path[strcspn(path, "\n")] = '\0';
	if (f)
		pclose(f);
	return path;
}

static inline int module_load_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return errno;
	if (syscall(SYS_finit_module, fd, "", 0))
		err = errno;
	close(fd);
	return err;
}

/* vmring: 0 or an errno. A compressed file is modprobe's business. */
static inline int vmring_load(void)
{
	static char path[PATH_MAX];
	size_t size;

	if (!path[0])
		snprintf(path, sizeof(path), "%s", module_file("vmring", "VMR_MODULE"));
	size = strlen(path);
	if (size > 3 && !strcmp(path + size - 3, ".ko"))
		return module_load_file(path);
	return system("modprobe vmring") ? EIO : 0;
}

static inline int vmring_unload(void)
{
	return syscall(SYS_delete_module, "vmring", O_NONBLOCK) ? errno : 0;
}

static inline bool probe_load(void)
{
	if (module_is_loaded("vmrprobe"))
		return true;
	return !module_load_file(module_file("vmrprobe", "VMR_PROBE"));
}

/* How many lines of a file hold a word; -1: it can't be read. */
static inline int lines_with(const char *path, const char *word)
{
	char line[1024];
	int count = 0;
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f))
		count += !!strstr(line, word);
	fclose(f);
	return count;
}

/* On how many online CPUs CR4.VMXE is set, or is not. */
static inline int cpus_with_vmxe(bool set)
{
	return lines_with(CR4_FILE, set ? " vmxe 1" : " vmxe 0");
}

/* What vmring leaves behind, NULL if that is nothing. */
static inline const char *vmring_remains(void)
{
	if (module_is_loaded("vmring"))
		return "the module";
	if (!access("/dev/vmring", F_OK))
		return "/dev/vmring";
	if (!access("/sys/kernel/debug/vmring", F_OK))
		return "its folder in debugfs";
	if (lines_with(HOTPLUG_STATES, "vmring:"))
		return "the hotplug state";
	if (cpus_with_vmxe(true))
		return "CR4.VMXE";
	return NULL;
}

/* What keeps a test that loads and unloads vmring from being run, or NULL. */
static inline const char *module_why_not(void)
{
	if (geteuid())
		return "this needs root";
	if (!probe_load())
		return "the module vmrprobe is not here (VMR_PROBE names its file)";
	if (!module_is_loaded("vmring") && vmring_load())
		return "vmring can't be loaded";
	return NULL;
}

#endif
