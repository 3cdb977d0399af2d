/* Process 1: keeps a login on the console, buries processes whose parent has ended, and shuts the system down
 * when the power key is pressed. */
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

/* Before anybody can log in, the cloud is asked who may, in an image that says which cloud that is. */
static void run_agent(void) {
  static char *const agent[] = {"agent", NULL};
  int config = open("/etc/agent.cfg", O_RDONLY), code;
  if (config < 0) return;
  close(config);
  int pid = fork();
  if (pid == 0) exit(exec("/bin/agent", agent) != 0);
  wait_for(pid, &code);
}

/* powerd ends when the key is pressed. 0: the machine has none, or nobody is to listen for it. */
static int listen_for_power_key(void) {
  static char *const powerd[] = {"powerd", NULL};
  int key = open("/dev/powerkey", O_RDONLY);
  if (key < 0) return 0;
  close(key);
  int pid = fork();
  if (pid == 0) exit(exec("/bin/powerd", powerd) != 0);
  return pid > 0 ? pid : 0;
}

/* Nothing runs any more when what is in memory goes to the disk. */
static void shut_down(void) {
  int code;
  print("\nThe power key was pressed: the system goes down.\n");
  system_call(SYS_KILL, (uint32_t)-1, 0, 0, 0, 0);
  while (wait_for(-1, &code) > 0) continue;
  int error = system_call(SYS_SYNC, 0, 0, 0, 0, 0);
  if (error != 0) fail("the disk could not be written: %s", error_text(error));
  fail_with("power off", system_call(SYS_REBOOT, REBOOT_POWER_OFF, 0, 0, 0, 0));
}

int init_main(int argc, char **argv) {
  (void)argc, (void)argv;
  configure_network();
  run_agent();
  int powerd = listen_for_power_key();
  for (;;) {
    static char *const login[] = {"login", NULL};
    int pid = fork();
    if (pid == 0) {
      int error = exec("/bin/login", login);
      exit(fail_with("/bin/login", error));
    }
    if (pid < 0) return fail_with("fork", pid);
    int code, ended;
    while ((ended = wait_for(-1, &code)) != pid && ended > 0)
      if (ended == powerd && code == 0) shut_down();
  }
}
