/* The device tree for the kernel: the machine's, with command line and initial file system in /chosen
 * (Devicetree Specification 0.4, 3.6), as the boot convention wants it. */
#include "loader.h"
#include "text.h"
#include "treeWalk.h"

static const char *const names[] = {"bootargs", "linux,initrd-start", "linux,initrd-end"};
#define HEADER 40
#define RESERVATIONS_AT 16 /* offsets in the header (5.2) */
#define STRUCTURE_AT 8
#define STRINGS_AT 12
#define STRINGS_SIZE 32
#define STRUCTURE_SIZE 36

static void put(uint8_t *at, uint32_t value) {
  at[0] = (uint8_t)(value >> 24), at[1] = (uint8_t)(value >> 16), at[2] = (uint8_t)(value >> 8),
  at[3] = (uint8_t)value;
}

uint32_t tree_room(const void *tree, const char *arguments) {
  return tree_cell((const uint8_t *)tree + 4) + strlen(arguments) + 256;
}

static uint8_t *add(uint8_t *at, uint32_t name, const void *value, uint32_t size) {
  put(at, TREE_PROPERTY);
  put(at + 4, size);
  put(at + 8, name);
  memset(at + 12, 0, (size + 3) & ~3u);
  memcpy(at + 12, value, size);
  return at + 12 + ((size + 3) & ~3u);
}

struct news {
  const char *arguments;
  uint32_t strings; /* where the three names are in the strings block */
  uint32_t initrd_start, initrd_end;
};

static uint8_t *add_all(uint8_t *at, const struct news *news) {
  uint8_t cell[4];
  uint32_t name = news->strings;
  at = add(at, name, news->arguments, strlen(news->arguments) + 1);
  if (news->initrd_end == 0) return at;
  name += strlen(names[0]) + 1;
  put(cell, news->initrd_start);
  at = add(at, name, cell, 4);
  name += strlen(names[1]) + 1;
  put(cell, news->initrd_end);
  return add(at, name, cell, 4);
}

static bool is_news(const char *name) {
  for (uint32_t i = 0; i < 3; i++)
    if (strcmp(name, names[i]) == 0) return true;
  return false;
}

/* The structure block anew; its end. */
static uint8_t *copy(uint8_t *at, const void *tree, const struct news *news) {
  struct tree_token token;
  uint32_t depth = 0, from = 0;
  bool chosen = false, done = false;
  while (tree_next(tree, &from, &token)) {
    if (token.kind == TREE_NODE) chosen = ++depth == 2 && strcmp(token.name, "chosen") == 0;
    if (token.kind == TREE_NODE_END) depth--;
    if (token.kind == TREE_PROPERTY && chosen && is_news(token.name)) continue;
    memcpy(at, token.bytes, token.length);
    at += token.length;
    if (token.kind != TREE_NODE || !chosen || done) continue;
    at = add_all(at, news);
    done = true;
  }
  put(at, TREE_END);
  return at + 4;
}

void tree_write(void *to, const void *tree, const char *arguments, uint32_t initrd_start,
                uint32_t initrd_end) {
  const uint8_t *old = tree;
  uint8_t *made = to, *at = made + HEADER;
  uint32_t strings_size = tree_cell(old + STRINGS_SIZE);
  struct news news = {arguments, strings_size, initrd_start, initrd_end};
  memcpy(made, old, HEADER);
  const uint8_t *reservation = old + tree_cell(old + RESERVATIONS_AT);
  put(made + RESERVATIONS_AT, (uint32_t)(at - made));
  for (bool last = false; !last; reservation += 16, at += 16) {
    memcpy(at, reservation, 16);
    last = tree_cell(at + 8) == 0 && tree_cell(at + 12) == 0; /* the entry with size 0 ends the list */
  }
  put(made + STRUCTURE_AT, (uint32_t)(at - made));
  uint8_t *end = copy(at, tree, &news);
  put(made + STRUCTURE_SIZE, (uint32_t)(end - at));
  put(made + STRINGS_AT, (uint32_t)(end - made));
  memcpy(end, old + tree_cell(old + STRINGS_AT), strings_size);
  end += strings_size;
  for (uint32_t i = 0; i < 3; i++) {
    uint32_t size = strlen(names[i]) + 1;
    memcpy(end, names[i], size);
    end += size;
  }
  put(made + STRINGS_SIZE, (uint32_t)(end - made) - tree_cell(made + STRINGS_AT));
  put(made + 4, (uint32_t)(end - made));
}
