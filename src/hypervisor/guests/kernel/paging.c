/*
 * The kernel lies at the same virtual as physical address, so that a pointer is an address it can give to a
 * device. Its entries are global (the same in all tables) and closed to programs; programs have the addresses
 * below 0x08000000.
 */
#include "paging.h"
#include "log.h"
#include "machine.h"
#include "pages.h"
#include "riscv.h"
#include "text.h"

extern char kernel_start[], kernel_constants[], kernel_data[];

#define KERNEL (PTE_V | PTE_R | PTE_G | PTE_A | PTE_D)
#define WINDOW 0xffc00000u

static pte root[1024] __attribute__((aligned(4096)));
/* The 4 MiB that hold the kernel, page by page: what is code cannot be written, what is data cannot be run.
 */
static pte kernel_table[1024] __attribute__((aligned(4096)));
static pte window_table[1024] __attribute__((aligned(4096)));

static uint32_t index_of(uint32_t address) { return address >> 22; }

/* A leaf entry in the root table maps 4 MiB: few entries, and few places in the TLB. */
static void map_megapages(uint32_t from, uint32_t size, uint32_t bits) {
  uint32_t last = index_of(from + size - 1);
  for (uint32_t i = index_of(from); i <= last; i++) root[i] = entry_to((void *)(i << 22), bits);
}

static uint32_t permissions(uint32_t address) {
  if (address < (uint32_t)kernel_constants) return KERNEL | PTE_X;
  return address < (uint32_t)kernel_data ? KERNEL : KERNEL | PTE_W;
}

void paging_init(void) {
  map_megapages(machine.ram, machine.ram_size, KERNEL | PTE_W);
  uint32_t first = (uint32_t)kernel_start, megapage = first & ~(MEGAPAGE_SIZE - 1);
  for (uint32_t at = first; at < megapage + MEGAPAGE_SIZE; at += PAGE_SIZE)
    kernel_table[(at >> 12) & 1023] = entry_to((void *)at, permissions(at));
  root[index_of(first)] = entry_to(kernel_table, PTE_V);
  root[index_of(WINDOW)] = entry_to(window_table, PTE_V);
  if (machine.plic != 0) map_megapages(machine.plic, 0x600000, KERNEL | PTE_W);
  if (machine.uart.base != 0) map_megapages(machine.uart.base, 0x100, KERNEL | PTE_W);
  for (uint32_t i = 0; i < machine.virtio_count; i++)
    map_megapages(machine.virtio[i].base, 0x1000, KERNEL | PTE_W);
  root_table_use(root);
  log_line("paging: Sv32 on, kernel code 0x%x to 0x%x read-only", first, (uint32_t)kernel_constants);
}

pte *root_table_create(void) {
  pte *table = page_allocate_as_is();
  if (table != NULL) memcpy(table, root, sizeof root);
  return table;
}

void root_table_use(const pte *table) {
  csr_write(satp, SATP_SV32 | (uint32_t)(uintptr_t)(table != NULL ? table : root) >> 12);
  sfence_vma(); /* what the TLB remembers of the former table */
}

pte *entry_of(pte *table, uint32_t address, bool make) {
  pte *entry = &table[index_of(address)];
  if ((*entry & PTE_V) == 0) {
    void *page = make ? page_allocate() : NULL;
    if (page == NULL) return NULL;
    *entry = entry_to(page, PTE_V);
  }
  return (pte *)entry_page(*entry) + ((address >> 12) & 1023);
}

uintptr_t window_to(uint32_t number) {
  window_table[0] = number << 10 | KERNEL | PTE_W;
  sfence_vma();
  return WINDOW;
}
