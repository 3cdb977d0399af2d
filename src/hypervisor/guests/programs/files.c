/* Small programs about files. */
#include "box.h"
#include "library.h"

int ls_main(int argc, char **argv) {
  const char *path = argc > 1 ? argv[1] : ".";
  if (argc > 2 || path[0] == '-') return fail("usage: ls [DIRECTORY]");
  int fd = open(path, O_RDONLY);
  if (fd < 0) return fail_with(path, fd);
  struct directory_entry entry;
  int result;
  while ((result = system_call(SYS_GETDENTS, (uint32_t)fd, (uint32_t)&entry, 0, 0, 0)) == 1) {
    if (entry.kind == KIND_DIRECTORY)
      print("%9s %s/\n", "", entry.name);
    else
      print("%9u %s\n", entry.size, entry.name);
  }
  if (result == -ENOTDIR) print("%s\n", path);
  return 0;
}

int cat_main(int argc, char **argv) {
  int code = 0;
  if (argc == 1) {
    char line[256];
    for (int count; (count = read(0, line, sizeof line)) > 0;) write(1, line, (uint32_t)count);
  }
  for (int i = 1; i < argc; i++) code |= print_file(argv[i]);
  return code;
}

int echo_main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) print(i > 1 ? " %s" : "%s", argv[i]);
  print("\n");
  return 0;
}

int write_main(int argc, char **argv) {
  if (argc != 3) return fail("usage: write FILE TEXT");
  int fd = open(argv[1], O_WRONLY | O_CREAT);
  if (fd < 0) return fail_with(argv[1], fd);
  char *end = strchr(argv[2], 0);
  *end = '\n'; /* in place of the 0: the length is known */
  int result = write(fd, argv[2], (uint32_t)(end - argv[2]) + 1);
  if (result < 0) return fail_with(argv[1], result);
  print("%d bytes in memory; `sync` brings them to the disk\n", result);
  return 0;
}

static int each(int argc, char **argv, int number) {
  int code = 0;
  if (argc < 2) return fail("a name is missing");
  for (int i = 1; i < argc; i++) {
    int error = system_call(number, (uint32_t)argv[i], 0, 0, 0, 0);
    if (error != 0) code = fail_with(argv[i], error);
  }
  return code;
}

int rm_main(int argc, char **argv) { return each(argc, argv, SYS_UNLINK); }
int mkdir_main(int argc, char **argv) { return each(argc, argv, SYS_MKDIR); }

int sync_main(int argc, char **argv) {
  (void)argc, (void)argv;
  int error = system_call(SYS_SYNC, 0, 0, 0, 0, 0);
  return error == 0 ? 0 : fail_with("disk", error);
}
