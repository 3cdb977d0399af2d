/* The boot ROM on one screen: each device of the boot order in turn, and a word about each that was passed
 * over. */
#include "machine.h"
#include "riscv.h"
#include "rom.h"

static struct {
  uint32_t hart;
  const void *tree;
} boot;

void rom_init(uint32_t hart, const void *tree) {
  boot.hart = hart;
  boot.tree = tree;
  if (!device_tree_read(hart, tree)) print("boot: no device tree at 0x%x\n", tree);
}

/* Runs what has been loaded; comes back when that has failed. */
static void start(const char *name, uintptr_t entry, uint32_t slot) {
  uint32_t cause = run(entry, boot.hart, (uintptr_t)boot.tree, slot);
  service_exit();
  if (cause == 0)
    print("%s: passed over: what it started has come back\n", name);
  else
    print("%s: passed over: what it started met exception %u at 0x%x\n", name, cause - 1, csr_read(sepc));
}

/* Sector 0 is run only when its last two bytes say that it is meant for that. */
static int try_disk(uint32_t slot, const char *name) {
  uint32_t sectors;
  uint8_t *sector = (uint8_t *)BOOT_SECTOR;
  int reason = disk_open(slot, &sectors);
  if (reason == DONE) reason = service_read(slot, 0, 1, sector);
  if (reason != DONE) return reason;
  if (sector[510] != 0x55 || sector[511] != 0xaa) return NO_SIGNATURE;
  print("%s: boot signature found, %u sectors: starting its first\n", name, sectors);
  start(name, BOOT_SECTOR, slot);
  return DONE;
}

static int try_network(uint32_t slot, const char *name) {
  int reason = network_load(slot);
  if (reason != DONE) return reason;
  print("%s: starting the loader\n", name);
  start(name, LOADER + LOADER_ENTRY, slot);
  return DONE;
}

static void try(uint32_t slot) {
  const char *name = device_name(slot);
  uint32_t kind = device_in(slot);
  int reason = kind == 0                ? NO_DEVICE
               : kind == DEVICE_DISK    ? try_disk(slot, name)
               : kind == DEVICE_NETWORK ? try_network(slot, name)
                                        : NOT_BOOTABLE;
  if (reason == DONE) return; /* it has been told already why it came back */
  service_exit();
  print("%s: passed over: %s\n", name, reason_of(reason));
}

void halt(void) {
  print("No bootable device.\n");
  for (;;) wait_for_interrupt();
}

void rom_main(uint32_t hart, const void *tree) {
  uint32_t slots[MAX_VIRTIO];
  print("Virtbook boot ROM\n");
  rom_init(hart, tree);
  uint32_t count = boot_order(tree, slots, MAX_VIRTIO);
  print("boot order:");
  for (uint32_t i = 0; i < count; i++) print(" %s", device_name(slots[i]));
  print(count == 0 ? " no device is in it\n" : "\n");
  for (uint32_t i = 0; i < count; i++) try(slots[i]);
  halt();
}

/* Entered as boot sectors are; a hypervisor that chose the network by itself comes here. */
void network_entry(uint32_t hart, const void *tree, uint32_t slot) {
  (void)hart, (void)tree;
  try(slot);
}

/* Somebody else has chosen and loaded: this ROM gives its services, and says how it ended. */
void rom_handed(uintptr_t entry, uint32_t a0, uintptr_t a1, uint32_t a2) {
  uint32_t cause = run(entry, a0, a1, a2);
  service_exit();
  if (cause == 0)
    print("boot: what was started at 0x%x has come back\n", entry);
  else
    print("boot: what was started at 0x%x met exception %u at 0x%x\n", entry, cause - 1, csr_read(sepc));
  halt();
}
