/* The interface's address, and the neighbours it knows. */
#include "box.h"
#include "library.h"

static int add(int argc, char **argv) {
  uint32_t address, gateway = 0;
  uint64_t prefix;
  char *slash = strchr(argv[3], '/');
  if (slash != NULL) *slash = 0;
  bool valid =
      slash != NULL && parse_address(argv[3], &address) && parse_number(slash + 1, &prefix) && prefix <= 32;
  if (!valid || (argc > 4 && !parse_address(argv[4], &gateway)))
    return fail("usage: ip addr add ADDRESS/PREFIX [GATEWAY]");
  int error = system_call(SYS_NETWORK, address, (uint32_t)prefix, gateway, 0, 0);
  return error == 0 ? 0 : fail_with("eth0", error);
}

int ip_main(int argc, char **argv) {
  if (argc == 1 || (argc == 2 && starts_with(argv[1], "a"))) return print_file("/proc/net");
  if (argc == 2 && starts_with(argv[1], "n")) return print_file("/proc/arp");
  if (argc >= 4 && argc <= 5 && starts_with(argv[1], "a") && strcmp(argv[2], "add") == 0)
    return add(argc, argv);
  return fail("usage: ip [addr] | ip addr add ADDRESS/PREFIX [GATEWAY] | ip neigh");
}
