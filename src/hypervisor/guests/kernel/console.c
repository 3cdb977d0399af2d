#include "console.h"
#include <stdbool.h>
#include "log.h"
#include "machine.h"
#include "process.h"
#include "sbi.h"
#include "timer.h"
#include "uart.h"

#define CTRL(c) ((c)&0x1f)
#define POLL_MILLISECONDS 20

static bool serial;
static char line[256];
static uint32_t typed;    /* bytes of the line being typed */
static uint32_t complete; /* bytes that a reader may have */
static bool end_of_file;
static int foreground;

void console_put(char c) {
  void (*put)(char) = serial ? uart_put : sbi_put;
  if (c == '\n') put('\r');
  put(c);
}

static void echo(const char *text) {
  while (*text != 0) console_put(*text++);
}

static void erase(void) {
  if (typed == complete) return;
  typed--;
  echo("\b \b");
}

static void received(char c) {
  if (c == '\r') c = '\n';
  switch (c) {
    case CTRL('C'):
      echo("^C\n");
      typed = complete;
      if (process_kill(foreground) == 0) return;
      c = '\n'; /* nothing to end: the reader gets an empty line, and prompts again */
      break;
    case CTRL('D'):
      if (typed == complete) end_of_file = true;
      complete = typed;
      wake(line);
      return;
    case CTRL('U'):
      while (typed > complete) erase();
      return;
    case '\b':
    case 127: erase(); return;
    default:
      if ((uint8_t)c < ' ' && c != '\n' && c != '\t') return;
  }
  /* A place is kept for the line end. */
  if (typed >= sizeof line - (c != '\n')) return;
  line[typed++] = c;
  console_put(c);
  if (c != '\n') return;
  complete = typed;
  wake(line);
}

void console_init(void) {
  if (machine.uart.base != 0 && machine.plic != 0) {
    uart_init(received);
    serial = true;
    log_line("uart: 16550 at 0x%x, interrupt %u, is the console from here on", machine.uart.base,
             machine.uart.interrupt);
  }
}

void console_poll(void) {
  if (serial) return;
  for (int c; (c = sbi_get()) >= 0;) received((char)c);
}

int console_read(char *buffer, uint32_t size) {
  while (complete == 0 && !end_of_file) {
    bool woken = sleep_on(line, serial ? NEVER : time_now() + ticks_from_milliseconds(POLL_MILLISECONDS));
    if (!woken && current->killed) return -EINTR;
    console_poll();
  }
  end_of_file = false;
  uint32_t count = 0;
  while (count < size && count < complete) {
    buffer[count] = line[count];
    if (line[count++] == '\n') break;
  }
  for (uint32_t i = count; i < typed; i++) line[i - count] = line[i];
  typed -= count;
  complete -= count;
  return (int)count;
}

void console_set_foreground(int pid) { foreground = pid; }
