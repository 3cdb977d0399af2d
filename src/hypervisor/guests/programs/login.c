/* Asks who it is, and lets everybody in: the console of a practice machine has no passwords. */
#include "box.h"
#include "library.h"

int login_main(int argc, char **argv) {
  (void)argc, (void)argv;
  static char host[24], name[24], prompt[64];
  if (!command_line_value("hostname", host, sizeof host)) copy_text(host, "guest", sizeof host);
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
