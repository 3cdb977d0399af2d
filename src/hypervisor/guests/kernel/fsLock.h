/* One process at a time is inside a file system: it may sleep there until the disk answers, and others wait.
 */
#pragma once

void fs_lock(void);
void fs_unlock(void);
