/* Attack on the processor: its kernel part (kernel/attacks/hog.c) turns interrupts off and loops. This never
 * comes back. */
#include "../box.h"
#include "../library.h"

int hog_main(int argc, char **argv) {
  (void)argc, (void)argv;
  return fail_with("hog", system_call(SYS_HOG, 0, 0, 0, 0, 0));
}
