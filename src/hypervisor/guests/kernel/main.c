/* The boot, on one screen. Each step says in the log what it did. */
#include "bufferCache.h"
#include "console.h"
#include "fat.h"
#include "fsLock.h"
#include "initramfs.h"
#include "log.h"
#include "machine.h"
#include "network.h"
#include "pages.h"
#include "paging.h"
#include "powerKey.h"
#include "process.h"
#include "sbi.h"
#include "text.h"
#include "trap.h"
#include "virtio.h"

/* root=/dev/NAME on the command line; without it the initramfs stays the root. */
static void mount_root(void) {
  char root[32];
  const char *why;
  if (!command_line_value("root", root, sizeof root)) {
    log_line("root: none given (root=), the initramfs is the root file system");
    return;
  }
  struct volume *volume = starts_with(root, "/dev/") ? volume_of(root + 5) : NULL;
  if (volume == NULL) {
    log_line("root: cannot open root device \"%s\". These are there:%s", root,
             volume_at(0) == NULL ? " none, no disk was found" : "");
    for (uint32_t i = 0; (volume = volume_at(i)) != NULL; i++)
      log_line("root:   /dev/%s, %u sectors", volume->name, (uint32_t)volume->sectors);
    panic("unable to mount root: no device \"%s\"", root);
  }
  if (!fat_mount(volume, &why)) panic("unable to mount root on \"%s\": %s", root, why);
  log_line("root: mounted %s%s", root, volume->disk->read_only ? " read-only" : "");
}

/* The kernel's part of process 1: what needs a process that can wait for a disk. Then it becomes the program
 * init. */
static void first_process(void) {
  fs_lock();
  partitions_scan();
  mount_root();
  fs_unlock();
  if (file_open("/dev/console", O_RDWR, &current->files[0]) != 0) panic("no console");
  for (int fd = 1; fd <= 2; fd++) {
    current->files[fd] = current->files[0];
    current->files[0]->references++;
  }
  static char *const argv[] = {"init", NULL};
  int error = process_exec("/bin/init", argv);
  if (error != 0) panic("no init: /bin/init of the initramfs cannot be run (error %d)", -error);
  log_line("init: process 1 goes to user mode");
  enter_user();
}

void kernel_main(uint32_t hart, const void *device_tree) {
  trap_init();
  bool valid = device_tree_read(hart, device_tree);
  log_line("Virtbook guest kernel, RISC-V rv32imac, Sv32");
  if (!valid || machine.ram_size == 0 || machine.timebase == 0)
    panic("no usable device tree at 0x%x", device_tree);
  log_line("boot: hart %u in S mode, device tree at 0x%x, timer %u Hz", hart, device_tree, machine.timebase);
  log_line("command line: %s", machine.command_line);
  sbi_probe();
  pages_init((uintptr_t)device_tree);
  paging_init();
  console_init();
  power_key_init();
  initramfs_init();
  virtio_init();
  network_init();
  process_first(first_process);
  schedule();
}
