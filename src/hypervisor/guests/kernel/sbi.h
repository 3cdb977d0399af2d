/* Calls to the firmware, or to the hypervisor that stands in for it (RISC-V Supervisor Binary Interface 2.0).
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

void sbi_probe(void);
const char *sbi_console_name(void);
void sbi_put(char c);
/* -1 when nothing has been typed. */
int sbi_get(void);
void sbi_set_timer(uint64_t when);
void sbi_system_reset(uint32_t type, uint32_t reason) __attribute__((noreturn));

#define SBI_RESET_SHUTDOWN 0
#define SBI_RESET_COLD_REBOOT 1
#define SBI_REASON_NONE 0
