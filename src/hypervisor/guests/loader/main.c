/*
 * The loader on one screen: configuration, kernel, initial file system, device tree, go. It comes from the
 * sectors behind the boot sector or from the network; where its files are goes by that.
 */
#include "loader.h"
#include "machine.h"
#include "text.h"

#define PAGE 4096u
#define CONFIGURATION_MAX 8192

static char configuration[CONFIGURATION_MAX + 1];
static struct entry chosen;

static uint32_t down(uint32_t address) { return address & ~(PAGE - 1); }

/* Comes back when something is missing: the ROM tries its next device then. */
void loader_main(uint32_t hart, const void *tree, uint32_t slot) {
  print("Virtbook loader\n");
  if (!device_tree_read(hart, tree)) {
    print("loader: no device tree at 0x%x\n", tree);
    return;
  }
  if (!files_open(slot)) return;
  int size = configuration_load((uint8_t *)configuration, CONFIGURATION_MAX);
  if (size < 0) return;
  configuration[size] = 0;
  if (!configuration_read(configuration, &chosen)) return;

  /* The kernel's file goes to the upper half of the memory, its segments to their places in the lower; the
   * initial file system then takes the place of the file, and moves up to below the device tree. */
  uint32_t end = down((uint32_t)(uintptr_t)tree - tree_room(tree, chosen.append));
  uint32_t half = down(KERNEL_START + (end - KERNEL_START) / 2);
  if (end <= KERNEL_START || half <= KERNEL_START) {
    print("loader: too little memory\n");
    return;
  }
  print("Loading %s\n", chosen.kernel);
  size = file_load(chosen.kernel, (uint8_t *)half, end - half, false);
  if (size < 0) return;
  uint32_t entry = elf_place((const uint8_t *)half, (uint32_t)size, KERNEL_START, half);
  if (entry == 0) return;
  uint32_t initrd = 0, initrd_end = 0;
  if (chosen.initrd[0] != 0) {
    print("Loading %s\n", chosen.initrd);
    size = file_load(chosen.initrd, (uint8_t *)half, end - half, false);
    if (size < 0) return;
    initrd = down(end - (uint32_t)size);
    initrd_end = initrd + (uint32_t)size;
    memmove((void *)initrd, (const void *)half, (uint32_t)size);
  }
  tree_write((void *)end, tree, chosen.append, initrd, initrd_end);
  print("Starting %s: %s\n", chosen.label, chosen.append);
  SERVICES->exit();
  enter(hart, (const void *)end, entry);
}
