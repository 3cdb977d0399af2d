#include "library.h"

const char *program_name = "";

int system_call(int number, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e) {
  register uint32_t a0 asm("a0") = a;
  register uint32_t a1 asm("a1") = b;
  register uint32_t a2 asm("a2") = c;
  register uint32_t a3 asm("a3") = d;
  register uint32_t a4 asm("a4") = e;
  register int a7 asm("a7") = number;
  asm volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a7) : "memory");
  return (int)a0;
}

void exit(int code) {
  for (;;) system_call(SYS_EXIT, (uint32_t)code, 0, 0, 0, 0);
}

int fork(void) { return system_call(SYS_FORK, 0, 0, 0, 0, 0); }
int exec(const char *path, char *const *argv) {
  return system_call(SYS_EXEC, (uint32_t)path, (uint32_t)argv, 0, 0, 0);
}
int wait_for(int pid, int *code) { return system_call(SYS_WAIT, (uint32_t)pid, (uint32_t)code, 0, 0, 0); }
int getpid(void) { return system_call(SYS_GETPID, 0, 0, 0, 0, 0); }
int open(const char *path, int flags) {
  return system_call(SYS_OPEN, (uint32_t)path, (uint32_t)flags, 0, 0, 0);
}
int close(int fd) { return system_call(SYS_CLOSE, (uint32_t)fd, 0, 0, 0, 0); }
int read(int fd, void *buffer, uint32_t size) {
  return system_call(SYS_READ, (uint32_t)fd, (uint32_t)buffer, size, 0, 0);
}
int write(int fd, const void *buffer, uint32_t size) {
  return system_call(SYS_WRITE, (uint32_t)fd, (uint32_t)buffer, size, 0, 0);
}
void sleep_milliseconds(uint32_t milliseconds) { system_call(SYS_NANOSLEEP, milliseconds, 0, 0, 0, 0); }
uint32_t microseconds(void) { return (uint32_t)system_call(SYS_GETTIME, 0, 0, 0, 0, 0); }

/* Characters are gathered, so that a line is one write. */
struct line {
  int fd;
  uint32_t size;
  char bytes[120];
};

static void flush(struct line *line) {
  if (line->size > 0) write(line->fd, line->bytes, line->size);
  line->size = 0;
}

static void put(char c, void *context) {
  struct line *line = context;
  line->bytes[line->size++] = c;
  if (line->size == sizeof line->bytes) flush(line);
}

static void print_to(struct line *line, const char *text, ...) {
  va_list arguments;
  va_start(arguments, text);
  format(put, line, text, arguments);
  va_end(arguments);
}

void print(const char *text, ...) {
  struct line line = {.fd = 1};
  va_list arguments;
  va_start(arguments, text);
  format(put, &line, text, arguments);
  va_end(arguments);
  flush(&line);
}

int fail(const char *text, ...) {
  struct line line = {.fd = 2};
  print_to(&line, "%s: ", program_name);
  va_list arguments;
  va_start(arguments, text);
  format(put, &line, text, arguments);
  va_end(arguments);
  put('\n', &line);
  flush(&line);
  return 1;
}

int fail_with(const char *what, int error) { return fail("%s: %s", what, error_text(error)); }

const char *error_text(int error) {
  switch (-error) {
    case EPERM: return "Operation not permitted";
    case ENOENT: return "No such file or directory";
    case EINTR: return "Interrupted system call";
    case EIO: return "Input/output error";
    case ENXIO: return "No such device or address";
    case E2BIG: return "Argument list too long";
    case ENOEXEC: return "Exec format error";
    case EBADF: return "Bad file descriptor";
    case ECHILD: return "No child processes";
    case EAGAIN: return "Resource temporarily unavailable";
    case ENOMEM: return "Cannot allocate memory";
    case EFAULT: return "Bad address";
    case EEXIST: return "File exists";
    case ENODEV: return "No such device";
    case ENOTDIR: return "Not a directory";
    case EISDIR: return "Is a directory";
    case EINVAL: return "Invalid argument";
    case ENFILE: return "Too many open files in system";
    case EFBIG: return "File too large";
    case ENOSPC: return "No space left on device";
    case EROFS: return "Read-only file system";
    case ENAMETOOLONG: return "File name too long (8.3 characters, one case)";
    case ENOTEMPTY: return "Directory not empty";
    case EMSGSIZE: return "Message too long";
    case ENETUNREACH: return "Network is unreachable";
    default: return "Unknown error";
  }
}

int print_file(const char *path) {
  char buffer[512];
  int fd = open(path, O_RDONLY);
  if (fd < 0) return fail_with(path, fd);
  int count;
  while ((count = read(fd, buffer, sizeof buffer)) > 0) write(1, buffer, (uint32_t)count);
  close(fd);
  return count < 0 ? fail_with(path, count) : 0;
}

bool command_line_value(const char *name, char *value, uint32_t size) {
  static char line[257];
  int fd = open("/proc/cmdline", O_RDONLY), count = fd < 0 ? 0 : read(fd, line, sizeof line - 1);
  close(fd);
  line[count > 0 ? count : 0] = 0;
  for (const char *at = line; *at != 0; at++) {
    if ((at > line && at[-1] != ' ') || !starts_with(at, name) || at[strlen(name)] != '=') continue;
    at += strlen(name) + 1;
    uint32_t length = 0;
    for (; at[length] > ' ' && length + 1 < size; length++) value[length] = at[length];
    value[length] = 0;
    return true;
  }
  return false;
}

bool parse_address(const char *text, uint32_t *address) {
  *address = 0;
  for (int i = 0; i < 4; i++) {
    uint32_t part = 0, digits = 0;
    for (; *text >= '0' && *text <= '9' && digits < 3; text++, digits++) part = part * 10 + *text - '0';
    if (digits == 0 || part > 255 || *text != (i < 3 ? '.' : 0)) return false;
    text++;
    *address = *address << 8 | part;
  }
  return true;
}

static int hexadecimal(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool parse_mac(const char *text, uint8_t mac[6]) {
  for (int i = 0; i < 6; i++, text += 3) {
    int high = hexadecimal(text[0]), low = high < 0 ? -1 : hexadecimal(text[1]);
    if (low < 0 || text[2] != (i < 5 ? ':' : 0)) return false;
    mac[i] = (uint8_t)(high << 4 | low);
  }
  return true;
}
