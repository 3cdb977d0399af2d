/* Programs about the machine and its processes; most show a file of /proc. */
#include "box.h"
#include "library.h"

int ps_main(int argc, char **argv) {
  (void)argc, (void)argv;
  return print_file("/proc/processes");
}

int free_main(int argc, char **argv) {
  (void)argc, (void)argv;
  return print_file("/proc/meminfo");
}

int uptime_main(int argc, char **argv) {
  (void)argc, (void)argv;
  return print_file("/proc/uptime");
}

int dmesg_main(int argc, char **argv) {
  (void)argc, (void)argv;
  return print_file("/dev/kmsg");
}

/* Shows the stations of a write through the kernel: trace on, the write, sync, trace. */
int trace_main(int argc, char **argv) {
  bool on = argc == 2 && strcmp(argv[1], "on") == 0, off = argc == 2 && strcmp(argv[1], "off") == 0;
  if (argc == 1) return print_file("/proc/trace");
  if (!on && !off) return fail("usage: trace [on|off]");
  system_call(SYS_TRACE, on, 0, 0, 0, 0);
  return 0;
}

int kill_main(int argc, char **argv) {
  int code = 0;
  if (argc < 2) return fail("usage: kill PID...");
  for (int i = 1; i < argc; i++) {
    uint64_t pid;
    if (!parse_number(argv[i], &pid)) return fail("%s: not a process number", argv[i]);
    int error = system_call(SYS_KILL, (uint32_t)pid, 0, 0, 0, 0);
    if (error == -ENOENT)
      code = fail("%s: No such process", argv[i]);
    else if (error != 0)
      code = fail_with(argv[i], error);
  }
  return code;
}

int sleep_main(int argc, char **argv) {
  uint64_t seconds;
  if (argc != 2 || !parse_number(argv[1], &seconds) || seconds > 1000000) return fail("usage: sleep SECONDS");
  sleep_milliseconds((uint32_t)seconds * 1000);
  return 0;
}

/* Shows from outside whether this machine gets its share of the processor: the beats stay a second apart, or
 * do not. */
int heartbeat_main(int argc, char **argv) {
  uint32_t last = microseconds();
  for (uint32_t beat = 1;; beat++) {
    sleep_milliseconds(1000);
    uint32_t now = microseconds(), passed = (now - last) & 0x7fffffff;
    print("heartbeat %u%s%s, %u ms after the last\n", beat, argc > 1 ? " of " : "", argc > 1 ? argv[1] : "",
          passed / 1000);
    last = now;
  }
}

static int end(int argc, char **argv, uint32_t how) {
  bool now = argc == 2 && strcmp(argv[1], "-f") == 0;
  if (argc > 1 && !now) return fail("%s: not understood; -f is", argv[1]);
  int error = now ? 0 : system_call(SYS_SYNC, 0, 0, 0, 0, 0);
  if (error != 0)
    return fail("not done, the disk could not be written: %s (-f goes on regardless)", error_text(error));
  return fail_with("reboot", system_call(SYS_REBOOT, how, 0, 0, 0, 0));
}

int poweroff_main(int argc, char **argv) { return end(argc, argv, REBOOT_POWER_OFF); }
int reboot_main(int argc, char **argv) { return end(argc, argv, REBOOT_RESTART); }

int help_main(int argc, char **argv) {
  (void)argc, (void)argv;
  for (const struct box_entry *entry = box; entry->name != NULL; entry++)
    if (entry->usage != NULL) print("  %-10s %s\n", entry->name, entry->usage);
  print("In the shell: cd, exit, < and > and >> FILE, & at the end; Ctrl-C ends a program.\n");
  return 0;
}
