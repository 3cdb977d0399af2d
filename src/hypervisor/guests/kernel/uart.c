#include "uart.h"
#include "machine.h"
#include "plic.h"
#include "riscv.h"

#define RBR (machine.uart.base + 0) /* receiver buffer, when read */
#define THR (machine.uart.base + 0) /* transmitter holding, when written */
#define IER (machine.uart.base + 1)
#define FCR (machine.uart.base + 2)
#define LSR (machine.uart.base + 5)

#define IER_RECEIVED 0x01
#define FCR_ENABLE 0x01
#define LSR_DATA_READY 0x01
#define LSR_THRE 0x20

static void (*received)(char c);

static void interrupt(void *context) {
  (void)context;
  while (register_read8(LSR) & LSR_DATA_READY) received((char)register_read8(RBR));
}

/* Speed and format stay as the firmware left them; a virtual port has none anyway. */
void uart_init(void (*receiver)(char c)) {
  received = receiver;
  register_write8(FCR, FCR_ENABLE);
  plic_enable(machine.uart.interrupt, interrupt, 0);
  register_write8(IER, IER_RECEIVED);
}

void uart_put(char c) {
  while ((register_read8(LSR) & LSR_THRE) == 0) continue;
  register_write8(THR, (uint8_t)c);
}
