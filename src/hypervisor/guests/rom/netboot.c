/* Booting over the network, step by step on the console: an address, the name of a file, the file. */
#include "dhcp.h"
#include "internet.h"
#include "rom.h"
#include "text.h"
#include "tftp.h"

static struct lease lease;
static bool booted;

const char *service_boot_file(void) { return booted ? lease.file : NULL; }

int service_fetch(const char *path, void *to, uint32_t most) {
  if (!booted) return NO_DEVICE;
  print("tftp://%I/%s ...", lease.boot_server, *path == '/' ? path + 1 : path);
  int result = tftp_read(lease.boot_server, path, to, most);
  if (result >= 0)
    print(" %d bytes\n", result);
  else
    print(" %s\n", result == NOT_FOUND ? "there is no such file" : reason_of(result));
  return result;
}

int network_load(uint32_t slot) {
  const char *name = device_name(slot);
  internet = (struct internet){0};
  booted = false;
  int reason = card_open(slot);
  if (reason != DONE) return reason;
  print("%s: asking for an address by DHCP, mac %M\n", name, card_mac());
  reason = dhcp_request(&lease);
  if (reason != DONE) return reason;
  internet = (struct internet){lease.address, lease.mask, lease.router};
  if (lease.boot_server == 0) lease.boot_server = lease.server;
  print("%s: %I netmask %I gateway %I, boot server %I, boot file \"%s\"\n", name, lease.address, lease.mask,
        lease.router, lease.boot_server, lease.file);
  if (lease.file[0] == 0) return NO_FILE_NAME;
  booted = true;
  int size = service_fetch(lease.file, (void *)LOADER, LOADER_MAX);
  reason = size < 0 ? size : loader_check((uint32_t)size);
  if (reason != DONE) booted = false;
  return reason;
}
