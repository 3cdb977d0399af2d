/* System calls about the network. */
#include <stddef.h>
#include "network.h"
#include "pages.h"
#include "process.h"
#include "riscv.h"
#include "socket.h"
#include "syscall.h"
#include "trace.h"

static struct file *socket_of(uint32_t fd) {
  struct file *file = fd < MAX_FILES ? current->files[fd] : NULL;
  return file != NULL && is_socket(file) ? file : NULL;
}

int sys_socket(const uint32_t *a) {
  struct file *file;
  int error = socket_open(a[0], (uint16_t)a[1], &file);
  if (error != 0) return error;
  for (int fd = 0; fd < MAX_FILES; fd++) {
    if (current->files[fd] != NULL) continue;
    current->files[fd] = file;
    return fd;
  }
  file_close(file);
  return -ENFILE;
}

int sys_sendto(const uint32_t *a) {
  struct file *file = socket_of(a[0]);
  struct endpoint to = {0};
  if (file == NULL) return -EBADF;
  if (a[2] > MAX_FRAME) return -EMSGSIZE;
  if (a[3] != 0 && !copy_from_user(&to, a[3], sizeof to)) return -EFAULT;
  trace("system call: sendto, %u bytes", a[2]);
  uint8_t *page = page_allocate();
  if (page == NULL) return -ENOMEM;
  int result = copy_from_user(page + SOCKET_ROOM, a[1], a[2]) ? socket_send(file, page, a[2], &to) : -EFAULT;
  page_free(page);
  return result;
}

int sys_recvfrom(const uint32_t *a) {
  struct file *file = socket_of(a[0]);
  struct endpoint from;
  if (file == NULL) return -EBADF;
  uint8_t *page = page_allocate();
  if (page == NULL) return -ENOMEM;
  uint32_t size = a[2] < PAGE_SIZE ? a[2] : PAGE_SIZE;
  int result = socket_receive(file, page, size, &from, time_now() + ticks_from_milliseconds(a[4]));
  if (result >= 0 &&
      (!copy_to_user(a[1], page, (uint32_t)result) || (a[3] != 0 && !copy_to_user(a[3], &from, sizeof from))))
    result = -EFAULT;
  page_free(page);
  return result;
}

int sys_network(const uint32_t *a) {
  if (!network.up) return -ENODEV;
  if (a[1] > 32) return -EINVAL;
  network.address = a[0];
  network.prefix = a[1];
  network.gateway = a[2];
  return 0;
}
