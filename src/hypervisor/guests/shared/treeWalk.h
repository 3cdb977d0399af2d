/* A flattened device tree, token by token (Devicetree Specification 0.4, chapter 5). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TREE_NODE = 1, TREE_NODE_END = 2, TREE_PROPERTY = 3, TREE_NOP = 4, TREE_END = 9 };

struct tree_token {
  uint32_t kind;
  /* Name of the node or property. */
  const char *name;
  const uint8_t *value;
  uint32_t size;
  /* Bytes of this token in the structure block, and its first. */
  const uint8_t *bytes;
  uint32_t length;
};

uint32_t tree_cell(const uint8_t *at);
bool is_tree(const void *tree);
/* The token at `*at` of the structure block, which begins at 0, and `*at` behind it. False at the end. */
bool tree_next(const void *tree, uint32_t *at, struct tree_token *token);
/* A property of /chosen; NULL when it is not there. */
const uint8_t *chosen_property(const void *tree, const char *name, uint32_t *size);
