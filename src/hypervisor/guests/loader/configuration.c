/*
 * The configuration, in the syntax of SYSLINUX and PXELINUX as far as it goes here: DEFAULT, LABEL, KERNEL or
 * LINUX, INITRD, APPEND, SAY, and lines that begin with #. In APPEND, initrd=FILE names the initial file
 * system too.
 */
#include "loader.h"
#include "text.h"

static bool keyword(const char *line, const char *word, char **rest) {
  uint32_t i = 0;
  for (; word[i] != 0; i++)
    if ((line[i] & ~0x20) != word[i]) return false;
  if (line[i] != 0 && line[i] != ' ' && line[i] != '\t') return false;
  while (line[i] == ' ' || line[i] == '\t') i++;
  *rest = (char *)line + i;
  return true;
}

/* Cuts the line at its end, without blanks there; the next line. */
static char *cut(char *line) {
  char *end = line, *next;
  while (*end != 0 && *end != '\n') end++;
  next = *end == 0 ? end : end + 1;
  while (end > line && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r')) end--;
  *end = 0;
  return next;
}

/* initrd=FILE goes from the command line into its own place; the kernel has no use for it. */
static void take_initrd(struct entry *entry) {
  char *from = entry->append, *to = from;
  while (*from != 0) {
    uint32_t length = 0;
    while (from[length] != 0 && from[length] != ' ') length++;
    if (length > 7 && starts_with(from, "initrd=")) {
      copy_text(entry->initrd, from + 7,
                length - 6 < sizeof entry->initrd ? length - 6 : sizeof entry->initrd);
    } else {
      memmove(to, from, length);
      to += length;
      if (from[length] == ' ') *to++ = ' ';
    }
    from += length;
    if (*from == ' ') from++;
  }
  while (to > entry->append && to[-1] == ' ') to--;
  *to = 0;
}

bool configuration_read(char *text, struct entry *entry) {
  char wanted[32] = "", *rest;
  bool inside = false, found = false;
  *entry = (struct entry){0};
  for (char *line = text, *next; *line != 0; line = next) {
    next = cut(line);
    while (*line == ' ' || *line == '\t') line++;
    if (*line == 0 || *line == '#') continue;
    if (keyword(line, "DEFAULT", &rest)) {
      copy_text(wanted, rest, sizeof wanted);
    } else if (keyword(line, "SAY", &rest)) {
      print("%s\n", rest);
    } else if (keyword(line, "LABEL", &rest)) {
      inside = !found && (wanted[0] == 0 || strcmp(rest, wanted) == 0);
      found |= inside;
      if (inside) copy_text(entry->label, rest, sizeof entry->label);
    } else if (keyword(line, "KERNEL", &rest) || keyword(line, "LINUX", &rest)) {
      if (inside) copy_text(entry->kernel, rest, sizeof entry->kernel);
    } else if (keyword(line, "INITRD", &rest)) {
      if (inside) copy_text(entry->initrd, rest, sizeof entry->initrd);
    } else if (keyword(line, "APPEND", &rest)) {
      if (inside) copy_text(entry->append, rest, sizeof entry->append);
    } else {
      print("Unknown keyword in configuration file: %s\n", line);
    }
  }
  if (!found) {
    print("loader: the configuration has no entry \"%s\"\n", wanted);
    return false;
  }
  take_initrd(entry);
  if (entry->kernel[0] == 0) print("loader: entry \"%s\" names no kernel\n", entry->label);
  return entry->kernel[0] != 0;
}
