/* Where files come from: the FAT partition of the disk that was booted, or the server that the loader came
 * from. */
#include "loader.h"
#include "machine.h"
#include "text.h"
#include "virtio.h"

static bool from_network;
/* Folder of the boot file, with a slash at its end: names are relative to it, as PXELINUX has it. */
static char folder[128];
static uint32_t card;

bool files_open(uint32_t slot) {
  const char *boot_file = SERVICES->boot_file();
  from_network = boot_file != NULL;
  card = slot;
  if (!from_network) return fat_open(slot);
  uint32_t length = 0;
  for (uint32_t i = 0; boot_file[i] != 0; i++)
    if (boot_file[i] == '/') length = i + 1;
  copy_text(folder, boot_file, length + 1 < sizeof folder ? length + 1 : sizeof folder);
  return true;
}

int file_load(const char *path, uint8_t *to, uint32_t most, bool quiet) {
  static char full[256];
  if (!from_network) return fat_load(path, to, most, quiet);
  uint32_t length = 0;
  if (*path != '/') {
    copy_text(full, folder, sizeof full);
    length = strlen(full);
  }
  copy_text(full + length, path, sizeof full - length);
  return SERVICES->fetch(full, to, most);
}

/* pxelinux.cfg/01-52-54-00-00-00-05: "01" is Ethernet, then the card's address. */
static void own_name(char *to) {
  const volatile uint8_t *config = (const volatile uint8_t *)(machine.virtio[card].base + Config);
  copy_text(to, "pxelinux.cfg/01", 16);
  to += 15;
  for (uint32_t i = 0; i < 6; i++) {
    *to++ = '-';
    *to++ = "0123456789abcdef"[config[i] >> 4];
    *to++ = "0123456789abcdef"[config[i] & 15];
  }
  *to = 0;
}

int configuration_load(uint8_t *to, uint32_t most) {
  static const char places[][32] = {"/boot/syslinux/syslinux.cfg", "/syslinux/syslinux.cfg", "/syslinux.cfg"};
  int size = -1;
  if (from_network) {
    char name[40];
    own_name(name);
    size = file_load(name, to, most, true);
    if (size < 0) size = file_load("pxelinux.cfg/default", to, most, false);
  }
  for (uint32_t i = 0; !from_network && size < 0 && i < 3; i++) size = file_load(places[i], to, most, true);
  if (size < 0)
    print("loader: no configuration file (%s) is there\n",
          from_network ? "pxelinux.cfg/default" : "syslinux.cfg");
  return size;
}
