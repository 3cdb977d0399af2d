/* Names in FAT directories: eight and three letters, and long names ("FAT Long Directory Entries"), of which
 * ASCII is enough here. */
#include "fatName.h"

#define LONG_NAME 0x0f
#define LABEL 0x08
#define UNITS 13
#define MOST 64

static struct {
  char text[MOST + 1];
  uint32_t expected; /* the number of the entry that must come next; 0 when the name is whole */
  uint8_t sum;
  bool valid;
} kept;

void name_begin(void) { kept.valid = false; }

static void take_long(const uint8_t *entry) {
  static const uint8_t places[UNITS] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
  uint32_t order = entry[0] & 0x3f;
  if (entry[0] & 0x40) {
    kept.valid = order >= 1 && order * UNITS <= MOST;
    kept.expected = order;
    kept.sum = entry[13];
    for (uint32_t i = 0; i <= MOST; i++) kept.text[i] = 0;
  }
  if (!kept.valid || order == 0 || order != kept.expected || entry[13] != kept.sum) {
    kept.valid = false;
    return;
  }
  for (uint32_t i = 0; i < UNITS; i++) {
    uint32_t unit = entry[places[i]] | (uint32_t)entry[places[i] + 1] << 8;
    kept.text[(order - 1) * UNITS + i] = unit == 0xffff ? 0 : unit < 0x80 ? (char)unit : '?';
  }
  kept.expected--;
}

static char small(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

static bool equal(const char *text, const char *name, uint32_t length) {
  for (uint32_t i = 0; i < length; i++)
    if (text[i] == 0 || small(text[i]) != small(name[i])) return false;
  return text[length] == 0;
}

static bool long_name_is(const uint8_t *entry, const char *name, uint32_t length) {
  uint8_t sum = 0;
  for (uint32_t i = 0; i < 11; i++) sum = (uint8_t)((sum << 7 | sum >> 1) + entry[i]);
  return kept.valid && kept.expected == 0 && sum == kept.sum && length <= MOST &&
         equal(kept.text, name, length);
}

bool name_matches(const uint8_t *entry, const char *name, uint32_t length) {
  if (entry[0] == 0xe5) {
    kept.valid = false;
    return false;
  }
  if (entry[11] == LONG_NAME) {
    take_long(entry);
    return false;
  }
  char packed[13];
  uint32_t at = 0;
  for (uint32_t i = 0; i < 8 && entry[i] != ' '; i++) packed[at++] = (char)entry[i];
  if (entry[8] != ' ') packed[at++] = '.';
  for (uint32_t i = 8; i < 11 && entry[i] != ' '; i++) packed[at++] = (char)entry[i];
  packed[at] = 0;
  bool found = (entry[11] & LABEL) == 0 && (equal(packed, name, length) || long_name_is(entry, name, length));
  kept.valid = false;
  return found;
}
