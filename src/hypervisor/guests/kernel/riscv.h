/* What C cannot say: control and status registers, fences (Privileged Architecture 20240411, chapter
 * "Supervisor-Level ISA"). */
#pragma once
#include <stdint.h>

#define csr_read(name)                                        \
  ({                                                          \
    uint32_t value_;                                          \
    asm volatile("csrr %0, " #name : "=r"(value_)::"memory"); \
    value_;                                                   \
  })
#define csr_write(name, value) asm volatile("csrw " #name ", %0" ::"rK"(value) : "memory")
#define csr_set(name, bits) asm volatile("csrs " #name ", %0" ::"rK"(bits) : "memory")
#define csr_clear(name, bits) asm volatile("csrc " #name ", %0" ::"rK"(bits) : "memory")

/* sstatus (12.1.1) */
#define SSTATUS_SIE (1u << 1)
#define SSTATUS_SPIE (1u << 5)
#define SSTATUS_SPP (1u << 8)

/* sie, sip (12.1.3) */
#define INTERRUPT_TIMER (1u << 5)
#define INTERRUPT_EXTERNAL (1u << 9)

/* scause (12.1.8): bit 31 tells interrupts from exceptions. */
#define CAUSE_INTERRUPT (1u << 31)
#define CAUSE_INSTRUCTION_ACCESS 1
#define CAUSE_LOAD_ACCESS 5
#define CAUSE_STORE_ACCESS 7
#define CAUSE_ECALL_FROM_U 8
#define CAUSE_INSTRUCTION_PAGE 12
#define CAUSE_LOAD_PAGE 13
#define CAUSE_STORE_PAGE 15

/* satp (12.1.11) */
#define SATP_SV32 (1u << 31)

/* Sv32 page-table entries (12.3.1) */
#define PTE_V (1u << 0)
#define PTE_R (1u << 1)
#define PTE_W (1u << 2)
#define PTE_X (1u << 3)
#define PTE_U (1u << 4)
#define PTE_G (1u << 5)
#define PTE_A (1u << 6)
#define PTE_D (1u << 7)

#define PAGE_SIZE 4096u
#define MEGAPAGE_SIZE (4u << 20)

/* Orders what the driver wrote in memory against what it does to a device's registers, and the other way
 * round. */
static inline void fence(void) { asm volatile("fence iorw, iorw" ::: "memory"); }
static inline void sfence_vma(void) { asm volatile("sfence.vma" ::: "memory"); }
static inline void wait_for_interrupt(void) { asm volatile("wfi" ::: "memory"); }

/* A device's register is read and written at each access, in order, with its own width. */
static inline uint32_t register_read(uintptr_t address) { return *(volatile uint32_t *)address; }
static inline void register_write(uintptr_t address, uint32_t value) {
  *(volatile uint32_t *)address = value;
}
static inline uint8_t register_read8(uintptr_t address) { return *(volatile uint8_t *)address; }
static inline void register_write8(uintptr_t address, uint8_t value) { *(volatile uint8_t *)address = value; }
