/** The data of a file of a {@link MemFs}: most inodes have none. */
import { SparseBytes } from '../../base/index.ts';
import type { Charges } from '../cgroup/memory.ts';
import type { ChargedFile, FilePages, PagedFile } from '../memory/filePages.ts';
import type { WriteBack } from './writeBack.ts';

export class FileData extends SparseBytes implements PagedFile, ChargedFile {
  /** In bytes: a hole at the end is stored nowhere. */
  size = 0;
  /** What of it is in memory too, when it is on a disk. */
  pages: FilePages | null = null;
  /** Who pays for it, when it is memory alone. */
  charges: Charges | null = null;
  /** Only while some of it is not on the disk. */
  writeBack: WriteBack | null = null;
}
