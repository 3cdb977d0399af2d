/* /proc: what the kernel knows, as text made when it is opened; programs like ps and free only print it. */
#include "file.h"
#include "bufferCache.h"
#include "machine.h"
#include "network.h"
#include "pages.h"
#include "proc.h"
#include "process.h"
#include "riscv.h"
#include "text.h"
#include "trace.h"

struct text {
  char *bytes;
  uint32_t size;
};

static void put(char c, void *context) {
  struct text *text = context;
  if (text->size < PAGE_SIZE) text->bytes[text->size++] = c;
}

void proc_print(struct text *to, const char *text, ...) {
  va_list arguments;
  va_start(arguments, text);
  format(put, to, text, arguments);
  va_end(arguments);
}

static void tell_processes(struct text *to) {
  static const char *const states[] = {"", "R", "R", "S", "Z"};
  proc_print(to, "  PID  PPID STAT  TIME(ms)  PAGES  FAULTS NAME\n");
  for (const struct process *p = processes; p < processes + MAX_PROCESSES; p++) {
    if (p->state == UNUSED) continue;
    uint32_t pages = address_space_pages(&p->space), rest;
    proc_print(to, "%5d %5d %-4s %9u %6u %7u %s\n", p->pid, p->parent, states[p->state],
               (uint32_t)divide(microseconds(p->time), 1000, &rest), pages, p->faults, p->name);
  }
}

static void tell_memory(struct text *to) {
  uint32_t total = pages_total() * 4, unused = pages_free() * 4;
  proc_print(to, "MemTotal: %8u kB\nMemFree:  %8u kB\nMemUsed:  %8u kB\n", total, unused, total - unused);
  proc_print(to, "Buffers:  %8u kB\nDirty:    %8u kB\n", buffers_in_use() / 2, buffers_dirty() / 2);
}

static void tell_uptime(struct text *to) {
  uint32_t fraction;
  uint32_t seconds = (uint32_t)divide(microseconds(time_now()), 1000000, &fraction);
  proc_print(to, "up %u.%02u s\n", seconds, fraction / 10000);
}

static void tell_network(struct text *to) {
  if (!network.up) {
    proc_print(to, "no network interface\n");
    return;
  }
  proc_print(to, "eth0: mac %M", network.mac);
  if (network.address != 0) proc_print(to, " inet %I/%u", network.address, network.prefix);
  if (network.gateway != 0) proc_print(to, " gateway %I", network.gateway);
  proc_print(to, "\n      rx packets %u bytes %u, tx packets %u bytes %u\n", network.rx_packets,
             network.rx_bytes, network.tx_packets, network.tx_bytes);
}

static void tell_command_line(struct text *to) { proc_print(to, "%s\n", machine.command_line); }

static const struct {
  const char *name;
  void (*tell)(struct text *to);
} texts[] = {
    {"processes", tell_processes},  {"meminfo", tell_memory}, {"uptime", tell_uptime},
    {"net", tell_network},          {"arp", arp_tell},        {"trace", trace_tell},
    {"cmdline", tell_command_line},
};
#define COUNT (sizeof texts / sizeof *texts)

static int read(struct file *file, void *buffer, uint32_t size) {
  return memory_read(file, file->object, file->size, buffer, size);
}

static void close(struct file *file) { page_free(file->object); }

static const struct file_operations text_operations = {.read = read, .close = close};

static int entry(struct file *file, struct directory_entry *result) {
  if (file->offset >= COUNT) return 0;
  copy_text(result->name, texts[file->offset++].name, sizeof result->name);
  result->size = 0;
  result->kind = KIND_FILE;
  return 1;
}

static const struct file_operations directory_operations = {.entry = entry};

int proc_open(const char *name, struct file **file) {
  if (*name == 0) {
    *file = file_allocate(&directory_operations, NULL);
    return *file != NULL ? 0 : -ENFILE;
  }
  for (uint32_t i = 0; i < COUNT; i++) {
    if (strcmp(name, texts[i].name) != 0) continue;
    struct text text = {page_allocate(), 0};
    *file = text.bytes != NULL ? file_allocate(&text_operations, text.bytes) : NULL;
    if (*file == NULL) {
      if (text.bytes != NULL) page_free(text.bytes);
      return -ENOMEM;
    }
    texts[i].tell(&text);
    (*file)->size = text.size;
    return 0;
  }
  return -ENOENT;
}
