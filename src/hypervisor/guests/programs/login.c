/* Asks who it is, and lets everybody in: the console of a practice machine has no passwords. */
#include "box.h"
#include "library.h"

/* NAME=VALUE on the kernel's command line, as the boot log has it. */
static void hostname(char *name, uint32_t size) {
  static char log[2048];
  copy_text(name, "guest", size);
  int fd = open("/dev/kmsg", O_RDONLY), count = fd < 0 ? 0 : read(fd, log, sizeof log - 1);
  close(fd);
  log[count > 0 ? count : 0] = 0;
  for (const char *at = log; *at != 0; at++) {
    if (!starts_with(at, "hostname=")) continue;
    uint32_t length = 0;
    for (at += 9; at[length] > ' ' && length + 1 < size; length++) name[length] = at[length];
    name[length] = 0;
    return;
  }
}

int login_main(int argc, char **argv) {
  (void)argc, (void)argv;
  static char host[24], name[24], prompt[64];
  hostname(host, sizeof host);
  int count;
  do {
    print("%s login: ", host);
    count = read(0, name, sizeof name - 1);
    if (count <= 0) return 1;
    while (count > 0 && name[count - 1] <= ' ') count--;
  } while (count == 0);
  name[count] = 0;
  copy_text(prompt, name, sizeof prompt);
  copy_text(strchr(prompt, 0), "@", 2);
  copy_text(strchr(prompt, 0), host, sizeof host);
  print("Welcome to %s. `help` lists the commands.\n", host);
  char *const shell[] = {"sh", prompt, NULL};
  return fail_with("/bin/sh", exec("/bin/sh", shell));
}
