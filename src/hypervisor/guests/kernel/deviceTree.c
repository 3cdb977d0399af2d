#include "machine.h"
#include "text.h"

/* Tokens of the structure block (5.4). */
#define BEGIN_NODE 1
#define END_NODE 2
#define PROPERTY 3
#define NOP 4

#define MAX_DEPTH 8

struct machine machine;

struct property {
  const uint8_t *value;
  uint32_t size;
};

/* What is kept of a node until its end, when it is known what it is. */
struct node {
  const char *name;
  uint32_t address_cells, size_cells; /* of its children (2.3.5) */
  struct property compatible, reg, interrupts, interrupts_extended, device_type, code, gpios;
};

/* All numbers in the blob are big-endian (5.1). */
static uint32_t cell(const uint8_t *at) { return (uint32_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3]; }

/* A number of one or two cells; whatever lies above 4 GiB is out of this kernel's reach. */
static uint32_t number(const uint8_t *at, uint32_t cells) { return cells == 2 ? cell(at + 4) : cell(at); }

/* `compatible` is a list of strings, each with its 0 (2.3.1). */
static bool has(struct property list, const char *name) {
  for (uint32_t at = 0; at < list.size; at += strlen((const char *)list.value + at) + 1)
    if (strcmp((const char *)list.value + at, name) == 0) return true;
  return false;
}

/* Interrupt 9 is a hart's "supervisor external": the nth such pair of (hart's controller, number) is hart n's
 * context. */
static uint32_t supervisor_context(struct property pairs, uint32_t hart) {
  for (uint32_t context = 0; (context + 1) * 8 <= pairs.size; context++)
    if (cell(pairs.value + context * 8 + 4) == 9 && hart-- == 0) return context;
  return 0;
}

static struct device_place place(const struct node *node, const struct node *parent) {
  struct device_place result = {number(node->reg.value, parent->address_cells), 0};
  if (node->interrupts.size >= 4) result.interrupt = cell(node->interrupts.value);
  return result;
}

/* The tree lists the slots from the last to the first on some machines: by address, the first slot is vda's.
 */
static void add_virtio(struct device_place device) {
  if (machine.virtio_count == MAX_VIRTIO) return;
  uint32_t at = machine.virtio_count++;
  for (; at > 0 && machine.virtio[at - 1].base > device.base; at--)
    machine.virtio[at] = machine.virtio[at - 1];
  machine.virtio[at] = device;
}

#define KEY_POWER 116

/* A child of gpio-keys: the key's code, and its (controller, pin, flags). */
static void key_ends(const struct node *node) {
  if (node->code.size < 4 || node->gpios.size < 8 || cell(node->code.value) != KEY_POWER) return;
  machine.power_key = true;
  machine.power_pin = cell(node->gpios.value + 4);
}

static void node_ends(const struct node *node, const struct node *parent) {
  if (has(parent->compatible, "gpio-keys")) key_ends(node);
  if (node->reg.size == 0) return;
  if (has(node->device_type, "memory") && machine.ram_size == 0) {
    machine.ram = number(node->reg.value, parent->address_cells);
    machine.ram_size = number(node->reg.value + parent->address_cells * 4, parent->size_cells);
  } else if (has(node->compatible, "ns16550a")) {
    machine.uart = place(node, parent);
  } else if (has(node->compatible, "riscv,plic0") || has(node->compatible, "sifive,plic-1.0.0")) {
    machine.plic = place(node, parent).base;
    machine.plic_context = supervisor_context(node->interrupts_extended, machine.hart);
  } else if (has(node->compatible, "sifive,gpio0")) {
    machine.gpio = place(node, parent);
  } else if (has(node->compatible, "virtio,mmio")) {
    add_virtio(place(node, parent));
  }
}

static void property(struct node *node, const char *name, struct property p) {
  if (strcmp(name, "compatible") == 0)
    node->compatible = p;
  else if (strcmp(name, "reg") == 0)
    node->reg = p;
  else if (strcmp(name, "interrupts") == 0)
    node->interrupts = p;
  else if (strcmp(name, "interrupts-extended") == 0)
    node->interrupts_extended = p;
  else if (strcmp(name, "device_type") == 0)
    node->device_type = p;
  else if (strcmp(name, "linux,code") == 0)
    node->code = p;
  else if (strcmp(name, "gpios") == 0)
    node->gpios = p;
  else if (strcmp(name, "#address-cells") == 0)
    node->address_cells = cell(p.value);
  else if (strcmp(name, "#size-cells") == 0)
    node->size_cells = cell(p.value);
  else if (strcmp(name, "timebase-frequency") == 0)
    machine.timebase = cell(p.value);
  else if (strcmp(node->name, "chosen") != 0)
    return;
  else if (strcmp(name, "bootargs") == 0)
    copy_text(machine.command_line, (const char *)p.value, sizeof machine.command_line);
  else if (strcmp(name, "linux,initrd-start") == 0)
    machine.initramfs = number(p.value, p.size / 4);
  else if (strcmp(name, "linux,initrd-end") == 0)
    machine.initramfs_end = number(p.value, p.size / 4);
}

bool device_tree_read(uint32_t hart, const void *blob) {
  const uint8_t *bytes = blob;
  if (cell(bytes) != 0xd00dfeed) return false; /* 5.2: magic, then offsets of the blocks */
  const uint8_t *at = bytes + cell(bytes + 8);
  const char *strings = (const char *)bytes + cell(bytes + 12);
  static struct node nodes[MAX_DEPTH + 1];
  uint32_t depth = 0;
  machine.hart = hart;
  machine.device_tree_size = cell(bytes + 4);
  for (;;) {
    uint32_t token = cell(at);
    at += 4;
    if (token == BEGIN_NODE) {
      if (++depth > MAX_DEPTH) return false;
      nodes[depth] = (struct node){.name = (const char *)at, .address_cells = 2, .size_cells = 1};
      at += (strlen((const char *)at) + 4) & ~3u;
    } else if (token == PROPERTY) {
      struct property p = {at + 8, cell(at)};
      property(&nodes[depth], strings + cell(at + 4), p);
      at += 8 + ((p.size + 3) & ~3u);
    } else if (token == END_NODE) {
      node_ends(&nodes[depth], &nodes[depth - 1]);
      if (--depth == 0) return true;
    } else if (token != NOP) {
      return false;
    }
  }
}

bool command_line_value(const char *name, char *value, uint32_t size) {
  size_t length = strlen(name);
  for (const char *at = machine.command_line; *at != 0;) {
    const char *end = at;
    while (*end != 0 && *end != ' ') end++;
    if (strncmp(at, name, length) == 0 && at[length] == '=') {
      at += length + 1;
      uint32_t count = end - at;
      copy_text(value, at, count + 1 < size ? count + 1 : size);
      return true;
    }
    for (at = end; *at == ' ';) at++;
  }
  return false;
}
