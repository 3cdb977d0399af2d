#include "fsLock.h"
#include <stdbool.h>
#include "process.h"

static bool locked;

void fs_lock(void) {
  /* Even who is killed meanwhile waits: it would come back without the lock. */
  while (locked) {
    if (!sleep_on(&locked, NEVER)) schedule();
  }
  locked = true;
}

void fs_unlock(void) {
  locked = false;
  wake(&locked);
}
