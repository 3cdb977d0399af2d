/* Process 1: keeps a login on the console, and buries processes whose parent has ended. */
#include "box.h"
#include "library.h"

/* With ip=dhcp on the command line the network is asked before anybody can log in. */
static void configure_network(void) {
  static char *const dhcp[] = {"dhcp", NULL};
  char how[8];
  if (!command_line_value("ip", how, sizeof how) || strcmp(how, "dhcp") != 0) return;
  int pid = fork(), code;
  if (pid == 0) exit(fail_with("/bin/dhcp", exec("/bin/dhcp", dhcp)));
  wait_for(pid, &code);
}

int init_main(int argc, char **argv) {
  (void)argc, (void)argv;
  configure_network();
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
