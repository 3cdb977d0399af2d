/* System calls about processes, time and the machine. */
#include "bufferCache.h"
#include "console.h"
#include "initramfs.h"
#include "log.h"
#include "pages.h"
#include "process.h"
#include "riscv.h"
#include "sbi.h"
#include "syscall.h"
#include "text.h"
#include "trace.h"

int sys_exit(const uint32_t *a) { process_exit((int)a[0] & 0xff); }

int sys_fork(const uint32_t *a) {
  (void)a;
  return process_fork();
}

/* The arguments move to a page of the kernel's, since the program that holds them goes. */
static int exec_with(char *page, const uint32_t *a) {
  char *argv[MAX_ARGUMENTS + 1];
  uint32_t at = 0;
  for (uint32_t i = 0;; i++) {
    uint32_t address;
    if (i > MAX_ARGUMENTS) return -E2BIG;
    if (!copy_from_user(&address, a[1] + i * 4, 4)) return -EFAULT;
    argv[i] = NULL;
    if (address == 0) break;
    if (!copy_text_from_user(page + at, address, PAGE_SIZE - at)) return -E2BIG;
    argv[i] = page + at;
    at += strlen(page + at) + 1;
  }
  char path[MAX_PATH];
  if (argv[0] == NULL || !copy_text_from_user(path, a[0], sizeof path)) return -EFAULT;
  return process_exec(path, argv);
}

int sys_exec(const uint32_t *a) {
  char *page = page_allocate();
  if (page == NULL) return -ENOMEM;
  int result = exec_with(page, a);
  page_free(page);
  return result;
}

int sys_wait(const uint32_t *a) {
  int code;
  int pid = process_wait((int)a[0], &code, (a[2] & WAIT_NO_HANG) == 0);
  if (pid > 0 && a[1] != 0 && !copy_to_user(a[1], &code, sizeof code)) return -EFAULT;
  return pid;
}

int sys_getcwd(const uint32_t *a) {
  return copy_to_user(a[0], current->directory, sizeof current->directory) ? 0 : -EFAULT;
}

int sys_getpid(const uint32_t *a) {
  (void)a;
  return current->pid;
}

int sys_kill(const uint32_t *a) { return process_kill((int)a[0]); }

int sys_sleep(const uint32_t *a) {
  sleep_on(current->files, time_now() + ticks_from_milliseconds(a[0])); /* a channel that nobody wakes */
  return current->killed ? -EINTR : 0;
}

int sys_yield(const uint32_t *a) {
  (void)a;
  schedule();
  return 0;
}

int sys_gettime(const uint32_t *a) {
  (void)a;
  return (int)(microseconds(time_now()) & 0x7fffffff); /* a negative result would be an error */
}

/* The heap only gets a new end; its pages come when they are touched. */
int sys_brk(const uint32_t *a) {
  struct address_space *space = &current->space;
  if (a[0] == 0) return (int)space->heap_end;
  if (a[0] < space->heap_start || a[0] > USER_TOP - USER_STACK_SIZE) return -ENOMEM;
  space->heap_end = a[0];
  return (int)a[0];
}

int sys_reboot(const uint32_t *a) {
  if (a[0] != REBOOT_POWER_OFF && a[0] != REBOOT_RESTART) return -EINVAL;
  log_line("reboot: %s", a[0] == REBOOT_RESTART ? "restarting" : "power down");
  sbi_system_reset(a[0] == REBOOT_RESTART ? SBI_RESET_COLD_REBOOT : SBI_RESET_SHUTDOWN, SBI_REASON_NONE);
}

int sys_trace(const uint32_t *a) {
  trace_switch(a[0] != 0);
  return 0;
}

int sys_foreground(const uint32_t *a) {
  console_set_foreground((int)a[0]);
  return 0;
}
