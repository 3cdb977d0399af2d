/*
 * The first-boot agent: takes from the cloud what must not be in an image, its key, name and address, once for
 * each instance. /etc/agent.cfg says `datasource=NAME`, which cloud it knows. The cloud hands its data over on a
 * second disk, text from its first sector on, as a config drive does:
 *
 *   #metadata NAME
 *   instance-id=ID
 *   ssh-key=USER KEY…
 *   address=dhcp
 *
 * or, where the address is not to be asked for, address=ADDRESS/PREFIX and gateway=ADDRESS.
 */
#include "box.h"
#include "library.h"

#define CONFIG "/etc/agent.cfg"
#define SEEN "/etc/instance"
#define KEYS "/etc/sshkeys"
#define METADATA_DISK "/dev/vdb"

static char metadata[2048];

/* The value of NAME=… at the start of a line, up to its end; false when there is none, or no room for it. */
static bool value_of(const char *text, const char *name, char *value, uint32_t size) {
  for (const char *line = text; line != NULL && *line != 0; line = strchr(line, '\n')) {
    if (*line == '\n') line++;
    if (!starts_with(line, name) || line[strlen(name)] != '=') continue;
    const char *at = line + strlen(name) + 1;
    uint32_t length = 0;
    while (at[length] != 0 && at[length] != '\n' && at[length] != '\r') length++;
    if (length == 0 || length >= size) return false;
    copy_text(value, at, length + 1);
    return true;
  }
  return false;
}

/* A file from its beginning, as text; false when it cannot be read. */
static bool read_text(const char *path, char *text, uint32_t size) {
  int fd = open(path, O_RDONLY);
  int count = fd < 0 ? fd : read(fd, text, size - 1);
  if (fd >= 0) close(fd);
  text[count > 0 ? count : 0] = 0;
  return count >= 0;
}

static bool write_line(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC);
  int result = fd < 0 ? fd : write(fd, text, strlen(text));
  if (result >= 0) result = write(fd, "\n", 1);
  if (fd >= 0) close(fd);
  return result >= 0 || fail_with(path, result) == 0;
}

/* The address is the interface's until the machine is switched off. */
static void configure_network(void) {
  static char *const dhcp[] = {"dhcp", NULL};
  static char address[32], gateway[32];
  uint32_t own, router = 0;
  uint64_t prefix;
  if (!value_of(metadata, "address", address, sizeof address)) return;
  if (strcmp(address, "dhcp") == 0) {
    int pid = fork(), code;
    if (pid == 0) exit(fail_with("/bin/dhcp", exec("/bin/dhcp", dhcp)));
    wait_for(pid, &code);
    return;
  }
  char *slash = strchr(address, '/');
  if (slash != NULL) *slash = 0;
  bool valid = slash != NULL && parse_address(address, &own) && parse_number(slash + 1, &prefix) && prefix <= 32;
  if (value_of(metadata, "gateway", gateway, sizeof gateway) && !parse_address(gateway, &router)) valid = false;
  if (!valid) {
    fail("the metadata has an address that is none");
    return;
  }
  int error = system_call(SYS_NETWORK, own, (uint32_t)prefix, router, 0, 0);
  if (error != 0)
    fail("no network interface for %s: %s", address, error_text(error));
  else
    print("agent: eth0 has %s/%u\n", address, (uint32_t)prefix);
}

/* What is done once: an image made of this disk is another instance, and is configured anew. */
static int first_boot(const char *instance) {
  static char key[512];
  bool has_key = value_of(metadata, "ssh-key", key, sizeof key);
  if (has_key && !write_line(KEYS, key)) return 1;
  if (!write_line(SEEN, instance)) return 1;
  int error = system_call(SYS_SYNC, 0, 0, 0, 0, 0);
  if (error != 0) return fail_with("disk", error);
  print("agent: first boot of %s, %s\n", instance, has_key ? "its key is in " KEYS : "without a key");
  return 0;
}

int agent_main(int argc, char **argv) {
  (void)argc, (void)argv;
  static char config[256], datasource[16], start[32] = "#metadata ", instance[64], seen[64];
  if (!read_text(CONFIG, config, sizeof config)) return 0; /* an image without an agent */
  if (!value_of(config, "datasource", datasource, sizeof datasource))
    return fail("%s names no datasource", CONFIG);
  if (!read_text(METADATA_DISK, metadata, sizeof metadata))
    return fail("no metadata: there is no disk %s", METADATA_DISK);
  copy_text(start + 10, datasource, sizeof start - 10);
  uint32_t length = strlen(start);
  if (!starts_with(metadata, start) || metadata[length] != '\n') {
    char *end = strchr(metadata, '\n');
    if (end != NULL) *end = 0;
    return fail("this agent knows %s, and the disk says \"%s\": no key, no address", datasource, metadata);
  }
  if (!value_of(metadata, "instance-id", instance, sizeof instance)) return fail("the metadata has no instance-id");
  configure_network();
  if (read_text(SEEN, seen, sizeof seen)) {
    char *end = strchr(seen, '\n');
    if (end != NULL) *end = 0;
    if (strcmp(seen, instance) == 0) return 0;
  }
  return first_boot(instance);
}
