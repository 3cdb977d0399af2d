/* Process 1: keeps a login on the console, and buries processes whose parent has ended. */
#include "box.h"
#include "library.h"

int init_main(int argc, char **argv) {
  (void)argc, (void)argv;
  for (;;) {
    static char *const login[] = {"login", NULL};
    int pid = fork();
    if (pid == 0) {
      int error = exec("/bin/login", login);
      exit(fail_with("/bin/login", error));
    }
    if (pid < 0) return fail_with("fork", pid);
    int code, ended;
    while ((ended = wait_for(-1, &code)) != pid && ended > 0) continue;
  }
}
