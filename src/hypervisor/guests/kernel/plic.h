/* The platform's interrupt controller (RISC-V PLIC 1.0.0): one line to the hart from many devices. */
#pragma once
#include <stdint.h>

/* From now on `handle(context)` is called when the source asks. */
void plic_enable(uint32_t source, void (*handle)(void *context), void *context);
/* Handles whatever asks. */
void plic_handle(void);
