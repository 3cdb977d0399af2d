#include "treeWalk.h"
#include "text.h"

uint32_t tree_cell(const uint8_t *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

bool is_tree(const void *tree) { return tree_cell(tree) == 0xd00dfeed; }

bool tree_next(const void *tree, uint32_t *at, struct tree_token *token) {
  const uint8_t *blob = tree, *bytes = blob + tree_cell(blob + 8) + *at;
  const char *strings = (const char *)blob + tree_cell(blob + 12);
  *token = (struct tree_token){.kind = tree_cell(bytes), .bytes = bytes, .length = 4};
  if (token->kind == TREE_NODE) {
    token->name = (const char *)bytes + 4;
    token->length += (strlen(token->name) + 4) & ~3u;
  } else if (token->kind == TREE_PROPERTY) {
    token->size = tree_cell(bytes + 4);
    token->name = strings + tree_cell(bytes + 8);
    token->value = bytes + 12;
    token->length += 8 + ((token->size + 3) & ~3u);
  } else if (token->kind != TREE_NODE_END && token->kind != TREE_NOP) {
    return false;
  }
  *at += token->length;
  return true;
}

const uint8_t *chosen_property(const void *tree, const char *name, uint32_t *size) {
  struct tree_token token;
  uint32_t depth = 0, at = 0;
  bool chosen = false;
  while (is_tree(tree) && tree_next(tree, &at, &token)) {
    if (token.kind == TREE_NODE && ++depth == 2) chosen = strcmp(token.name, "chosen") == 0;
    if (token.kind == TREE_NODE_END) depth--;
    if (token.kind != TREE_PROPERTY || !chosen || depth != 2 || strcmp(token.name, name) != 0) continue;
    *size = token.size;
    return token.value;
  }
  return NULL;
}
