#include "powerKey.h"
#include "file.h"
#include "log.h"
#include "machine.h"
#include "plic.h"
#include "process.h"
#include "riscv.h"
#include "text.h"

#define INPUT_ENABLE (machine.gpio.base + 0x04)
#define RISE_ENABLE (machine.gpio.base + 0x18)
#define RISE_PENDING (machine.gpio.base + 0x1c)

static uint32_t presses;

static bool is_there(void) { return machine.gpio.base != 0 && machine.power_key && machine.plic != 0; }

static void interrupt(void *context) {
  (void)context;
  register_write(RISE_PENDING, 1u << machine.power_pin); /* seen: written as 1 it is cleared */
  presses++;
  log_line("power key: pressed");
  wake(&presses);
}

void power_key_init(void) {
  if (!is_there()) return;
  register_write(INPUT_ENABLE, 1u << machine.power_pin);
  register_write(RISE_PENDING, 1u << machine.power_pin);
  register_write(RISE_ENABLE, 1u << machine.power_pin);
  plic_enable(machine.gpio.interrupt + machine.power_pin, interrupt, NULL);
}

int power_key_open(void) { return is_there() ? 0 : -ENODEV; }

int power_key_read(struct file *file, void *buffer, uint32_t size) {
  static const char line[] = "pressed\n";
  (void)file;
  if (size < sizeof line - 1) return -EINVAL;
  while (presses == 0) {
    if (!sleep_on(&presses, NEVER) && current->killed) return -EINTR;
  }
  presses = 0;
  memcpy(buffer, line, sizeof line - 1);
  return sizeof line - 1;
}
