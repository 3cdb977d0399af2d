/* Files on a FAT volume. Size and first cluster are in the directory entry, read anew each time: two openers
 * see one file. */
#include "bufferCache.h"
#include "fat.h"
#include "fsLock.h"
#include "text.h"

#define MAX_NODES 24

/* An open file: where its entry is, and where in its chain the last access was. */
struct node {
  int used;
  struct fat_place place;
  uint32_t directory; /* the first cluster of an open directory */
  uint32_t near_index, near_cluster;
};

static struct node nodes[MAX_NODES];

static uint32_t cluster_size(void) { return fat.sectors_per_cluster * SECTOR_SIZE; }

/* The cluster of a file that holds byte `offset`; with `grow` the chain is made long enough. 0: none. */
static uint32_t cluster_at(struct node *node, uint32_t offset, bool grow) {
  uint32_t index = offset / cluster_size();
  struct fat_entry *entry = fat_entry_at(node->place);
  if (entry == NULL) return 0;
  uint32_t at = 0, cluster = fat_entry_cluster(entry);
  if (cluster == 0) {
    if (!grow || (cluster = fat_append(0, false)) == 0 || (entry = fat_entry_at(node->place)) == NULL)
      return 0;
    entry->cluster_low = (uint16_t)cluster;
    entry->cluster_high = (uint16_t)(cluster >> 16);
    fat_entry_changed(node->place);
  } else if (node->near_cluster != 0 && node->near_index <= index) {
    at = node->near_index;
    cluster = node->near_cluster;
  }
  if (!fat_is_cluster(cluster)) return 0;
  for (; at < index; at++) {
    uint32_t next = fat_next(cluster);
    if (next == 0 && grow) next = fat_append(cluster, false);
    if (next == 0) return 0;
    cluster = next;
  }
  node->near_index = index;
  node->near_cluster = cluster;
  return cluster;
}

/* The buffer and the offset in it of a byte of the file. */
static struct buffer *byte_at(struct node *node, uint32_t offset, bool grow, bool contents) {
  uint32_t cluster = cluster_at(node, offset, grow);
  if (cluster == 0) return NULL;
  uint32_t sector = fat_cluster_sector(cluster) + offset % cluster_size() / SECTOR_SIZE;
  return buffer_get(fat.volume->disk, fat.volume->start + sector, contents);
}

/* 0 or -EIO. */
static int size_of(const struct node *node, uint32_t *size) {
  const struct fat_entry *entry = fat_entry_at(node->place);
  if (entry == NULL) return -EIO;
  *size = entry->size;
  return 0;
}

static int read_locked(struct file *file, uint8_t *to, uint32_t wanted) {
  struct node *node = file->object;
  uint32_t size, done = 0;
  if (size_of(node, &size) != 0) return -EIO;
  if (file->offset >= size) return 0;
  uint32_t offset = (uint32_t)file->offset;
  if (wanted > size - offset) wanted = size - offset;
  while (done < wanted) {
    struct buffer *b = byte_at(node, offset + done, false, true);
    if (b == NULL) return -EIO;
    uint32_t at = (offset + done) % SECTOR_SIZE, part = SECTOR_SIZE - at;
    if (part > wanted - done) part = wanted - done;
    memcpy(to + done, b->bytes + at, part);
    done += part;
  }
  file->offset += done;
  return (int)done;
}

/* Bytes between the old end and a later offset come out as zeros. */
static int write_at(struct node *node, uint32_t offset, const uint8_t *from, uint32_t wanted) {
  uint32_t size, done = 0;
  if (size_of(node, &size) != 0) return -EIO;
  while (done < wanted) {
    uint32_t at = (offset + done) % SECTOR_SIZE, part = SECTOR_SIZE - at;
    if (part > wanted - done) part = wanted - done;
    bool fresh = offset + done - at >= size; /* nothing of the file lies in this sector yet */
    struct buffer *b = byte_at(node, offset + done, true, !fresh);
    if (b == NULL) break;
    if (fresh) memset(b->bytes, 0, SECTOR_SIZE);
    if (from != NULL)
      memcpy(b->bytes + at, from + done, part);
    else
      memset(b->bytes + at, 0, part);
    buffer_changed(b);
    done += part;
  }
  if (offset + done > size) {
    struct fat_entry *entry = fat_entry_at(node->place);
    if (entry == NULL) return -EIO;
    entry->size = offset + done;
    fat_entry_changed(node->place);
  }
  return done > 0 || wanted == 0 ? (int)done : -ENOSPC;
}

static int write_locked(struct file *file, const uint8_t *from, uint32_t wanted) {
  struct node *node = file->object;
  uint32_t size;
  if (fat.volume->disk->read_only) return -EROFS;
  if (size_of(node, &size) != 0) return -EIO;
  if (file->flags & O_APPEND) file->offset = size;
  if (file->offset + wanted > 0xffffffffu) return -EFBIG;
  if (file->offset > size) {
    int filled = write_at(node, size, NULL, (uint32_t)file->offset - size);
    if (filled < (int)(file->offset - size)) return -ENOSPC;
  }
  int done = write_at(node, (uint32_t)file->offset, from, wanted);
  if (done > 0) file->offset += (uint32_t)done;
  return done;
}

static int read(struct file *file, void *buffer, uint32_t size) {
  fs_lock();
  int result = read_locked(file, buffer, size);
  fs_unlock();
  return result;
}

static int write(struct file *file, const void *buffer, uint32_t size) {
  fs_lock();
  int result = write_locked(file, buffer, size);
  fs_unlock();
  return result;
}

/* In the root the places where other file systems begin are listed too. */
static int entry(struct file *file, struct directory_entry *result) {
  static const char *const others[] = {"bin", "dev", "proc"};
  struct node *node = file->object;
  uint32_t index = (uint32_t)file->offset & 0xffffff, other = (uint32_t)file->offset >> 24;
  fs_lock();
  int found = other == 0 && fat_list(node->directory, &index, result);
  fs_unlock();
  if (!found && node->place.sector == 0 && other < 3) {
    copy_text(result->name, others[other++], sizeof result->name);
    result->size = 0;
    result->kind = KIND_DIRECTORY;
    found = 1;
  }
  file->offset = other << 24 | index;
  return found;
}

static void close(struct file *file) { ((struct node *)file->object)->used = 0; }

static const struct file_operations file_operations = {.read = read, .write = write, .close = close};
static const struct file_operations directory_operations = {.entry = entry, .close = close};

static int open_node(struct fat_place place, uint32_t directory, bool is_directory, struct file **file) {
  for (struct node *node = nodes; node < nodes + MAX_NODES; node++) {
    if (node->used) continue;
    *file = file_allocate(is_directory ? &directory_operations : &file_operations, node);
    if (*file == NULL) return -ENFILE;
    *node = (struct node){1, place, directory, 0, 0};
    return 0;
  }
  return -ENFILE;
}

/* What an open file remembers of its chain is no longer so. */
static void forget_chain(struct fat_place place) {
  for (struct node *node = nodes; node < nodes + MAX_NODES; node++)
    if (node->place.sector == place.sector && node->place.offset == place.offset) node->near_cluster = 0;
}

static int truncate(struct fat_place place) {
  struct fat_entry *entry = fat_entry_at(place);
  if (entry == NULL) return -EIO;
  uint32_t cluster = fat_entry_cluster(entry);
  entry->size = 0;
  entry->cluster_low = entry->cluster_high = 0;
  fat_entry_changed(place);
  forget_chain(place);
  fat_free_chain(cluster);
  fat_directory_forget();
  return 0;
}

int fat_open(const char *path, uint32_t flags, struct file **file) {
  uint32_t directory;
  const char *name;
  struct fat_place place = {0, 0};
  bool writes = (flags & 3) != O_RDONLY;
  if (path[1] == 0) return writes ? -EISDIR : open_node(place, fat.root_cluster, true, file);
  if (writes && fat.volume->disk->read_only) return -EROFS;
  int error = fat_parent(path, &directory, &name);
  if (error != 0) return error;
  error = fat_find(directory, name, &place);
  if (error == -ENOENT && (flags & O_CREAT)) error = fat_create(directory, name, 0x20, 0, &place);
  if (error != 0) return error;
  const struct fat_entry *entry = fat_entry_at(place);
  if (entry == NULL) return -EIO;
  if (entry->attributes & ATTRIBUTE_DIRECTORY)
    return writes ? -EISDIR : open_node(place, fat_entry_cluster(entry), true, file);
  error = flags & O_TRUNC ? truncate(place) : 0;
  return error != 0 ? error : open_node(place, 0, false, file);
}

int fat_unlink(const char *path) {
  uint32_t directory;
  const char *name;
  struct fat_place place;
  if (fat.volume->disk->read_only) return -EROFS;
  int error = fat_parent(path, &directory, &name);
  if (error == 0) error = fat_find(directory, name, &place);
  if (error != 0) return error;
  struct fat_entry *entry = fat_entry_at(place);
  if (entry == NULL) return -EIO;
  if (entry->attributes & ATTRIBUTE_DIRECTORY) {
    uint32_t index = 0;
    struct directory_entry inside;
    if (fat_list(fat_entry_cluster(entry), &index, &inside)) return -ENOTEMPTY;
  }
  for (const struct node *node = nodes; node < nodes + MAX_NODES; node++)
    if (node->used && node->place.sector == place.sector && node->place.offset == place.offset) return -EPERM;
  error = truncate(place);
  if (error != 0 || (entry = fat_entry_at(place)) == NULL) return -EIO;
  entry->name[0] = 0xe5; /* "free" */
  fat_entry_changed(place);
  return 0;
}

/* A directory begins with "." and "..", which name itself and its parent (6.5). */
int fat_make_directory(const char *path) {
  uint32_t parent;
  const char *name;
  struct fat_place place;
  if (fat.volume->disk->read_only) return -EROFS;
  int error = fat_parent(path, &parent, &name);
  if (error == 0 && fat_find(parent, name, &place) == 0) error = -EEXIST;
  if (error != 0) return error;
  uint32_t cluster = fat_append(0, true);
  if (cluster == 0) return -ENOSPC;
  error = fat_create(parent, name, ATTRIBUTE_DIRECTORY, cluster, &place);
  if (error != 0) {
    fat_free_chain(cluster);
    return error;
  }
  place = (struct fat_place){fat_cluster_sector(cluster), 0};
  for (int dots = 1; dots <= 2; dots++, place.offset += sizeof(struct fat_entry)) {
    struct fat_entry *entry = fat_entry_at(place);
    if (entry == NULL) return -EIO;
    uint32_t to = dots == 1 ? cluster : parent == fat.root_cluster ? 0 : parent; /* the root is 0 here */
    memset(entry->name, ' ', sizeof entry->name);
    memset(entry->name, '.', (size_t)dots);
    entry->attributes = ATTRIBUTE_DIRECTORY;
    entry->cluster_low = (uint16_t)to;
    entry->cluster_high = (uint16_t)(to >> 16);
    entry->written_date = 1 << 5 | 1;
    fat_entry_changed(place);
  }
  return 0;
}
