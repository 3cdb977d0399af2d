/* The serial port, a 16550 (PC16550D data sheet, section 8). */
#pragma once
#include <stdint.h>

/* `received` gets each byte that comes in, at the interrupt that brings it. */
void uart_init(void (*received)(char c));
void uart_put(char c);
