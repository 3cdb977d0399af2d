/*
 * Copies blocks, at any place of a file or a disk. With seek or skip beyond a disk's last sector it asks the
 * disk for sectors that it does not have: the kernel lets the disk itself say no. What is written is brought
 * to the disk before the end.
 */
#include "box.h"
#include "library.h"

struct settings {
  const char *input, *output;
  uint64_t bs, count, skip, seek;
};

static bool set(struct settings *s, char *argument) {
  if (starts_with(argument, "if=")) return (s->input = argument + 3)[0] != 0;
  if (starts_with(argument, "of=")) return (s->output = argument + 3)[0] != 0;
  if (starts_with(argument, "bs=")) return parse_number(argument + 3, &s->bs) && s->bs > 0 && s->bs <= 4096;
  if (starts_with(argument, "count=")) return parse_number(argument + 6, &s->count);
  if (starts_with(argument, "skip=")) return parse_number(argument + 5, &s->skip);
  if (starts_with(argument, "seek=")) return parse_number(argument + 5, &s->seek);
  return false;
}

static void seek_to(int fd, uint64_t offset) {
  if (offset > 0) system_call(SYS_LSEEK, (uint32_t)fd, (uint32_t)offset, (uint32_t)(offset >> 32), 0, 0);
}

int dd_main(int argc, char **argv) {
  static uint8_t block[4096];
  struct settings s = {.bs = 512, .count = UINT64_MAX};
  for (int i = 1; i < argc; i++)
    if (!set(&s, argv[i]))
      return fail("%s: not understood; if=, of=, bs= (to 4096), count=, skip=, seek= are", argv[i]);
  int in = s.input != NULL ? open(s.input, O_RDONLY) : 0;
  if (in < 0) return fail_with(s.input, in);
  int out = s.output != NULL
                ? open(s.output,
                       O_WRONLY | O_CREAT | (s.seek == 0 && !starts_with(s.output, "/dev/") ? O_TRUNC : 0))
                : 1;
  if (out < 0) return fail_with(s.output, out);
  seek_to(in, s.skip * s.bs);
  seek_to(out, s.seek * s.bs);
  uint32_t blocks = 0, bytes = 0;
  int code = 0, error = 0;
  for (; blocks < s.count; blocks++) {
    int count = read(in, block, (uint32_t)s.bs);
    if (count < 0) code = fail("error reading '%s': %s", s.input, error_text(count));
    if (count <= 0) break;
    int written = write(out, block, (uint32_t)count);
    if (written < count) {
      code = fail("error writing '%s': %s", s.output, error_text(written < 0 ? written : -ENOSPC));
      break;
    }
    bytes += (uint32_t)count;
  }
  if (s.output != NULL && (error = system_call(SYS_FSYNC, (uint32_t)out, 0, 0, 0, 0)) != 0)
    code = fail("error writing '%s': %s", s.output, error_text(error));
  fail("%u blocks, %u bytes copied", blocks, bytes);
  return code;
}
