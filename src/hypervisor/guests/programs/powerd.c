/* Waits for the power key and ends: to its parent, init, that is the word to shut down. */
#include "box.h"
#include "library.h"

int powerd_main(int argc, char **argv) {
  (void)argc, (void)argv;
  char line[16];
  int key = open("/dev/powerkey", O_RDONLY);
  if (key < 0) return fail_with("/dev/powerkey", key);
  int count = read(key, line, sizeof line);
  return count > 0 ? 0 : fail_with("/dev/powerkey", count);
}
