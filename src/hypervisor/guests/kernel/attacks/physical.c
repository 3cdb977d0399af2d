/*
 * Reads and writes memory by its physical address, as a malicious guest's kernel may at any time: it owns its
 * page tables, so it can make an entry that points wherever it likes. What stands in its way is the second
 * stage of translation alone.
 */
#include "../paging.h"
#include "../process.h"
#include "../riscv.h"
#include "../syscall.h"

uint32_t probe_load(const volatile uint32_t *from, uint32_t *value);
uint32_t probe_store(volatile uint32_t *to, uint32_t value);

/* Address in a[0] and a[1] (34 bits: Sv32's entries reach so far), store or load in a[2], the value at a[3].
 */
int sys_physical(const uint32_t *a) {
  uint32_t value;
  if (a[1] >> 2 != 0 || a[0] % 4 != 0) return -EINVAL;
  if (!copy_from_user(&value, a[3], sizeof value)) return -EFAULT;
  volatile uint32_t *at = (uint32_t *)(window_to(a[1] << 20 | a[0] >> 12) + a[0] % PAGE_SIZE);
  uint32_t cause = a[2] ? probe_store(at, value) : probe_load(at, &value);
  if (cause != 0) return -EIO; /* an access fault came instead of the memory */
  return copy_to_user(a[3], &value, sizeof value) ? 0 : -EFAULT;
}
