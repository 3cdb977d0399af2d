/** What a VM is made of: the images that its process has open, and the refusals of the rooms below as error numbers. */
import { OsError, type Trace } from '../../base/index.ts';
import { isDiskError, openImage } from '../../disk/index.ts';
import { VmError } from '../../hypervisor/index.ts';
import { InodeFile, pathOf, type Task } from '../../linux/index.ts';
import { DiskBackend } from './diskBackend.ts';
import { InodeStore, type StoreWatcher } from './inodeStore.ts';
import type { KvmDisk } from './requests.ts';
import type { TunFile } from './tun.ts';

export function fileOf(task: Task, fd: number): InodeFile {
  const file = task.fds.get(fd);
  if (!(file instanceof InodeFile)) throw new OsError('EINVAL');
  return file;
}

function watcherOf(trace: Trace, device: string, file: string): StoreWatcher {
  return {
    read: (offset, bytes) => trace.emit('image.read', device, { file, offset, bytes }),
    write: (offset, bytes) => trace.emit('image.write', device, { file, offset, bytes }),
    flush: () => trace.emit('image.flush', device, { file }),
  };
}

/** The lowest image first: each lies over the one below. Throws OsError EINVAL for what is no image; whoever opened it has said why. */
export function backendOf(
  task: Task,
  { chain, readOnly }: KvmDisk,
  trace: Trace | null,
  device: string,
): DiskBackend {
  const image = chain.reduceRight<ReturnType<typeof openImage> | null>((backing, { fd, format }, i) => {
    const writable = i === 0 && !readOnly;
    const file = fileOf(task, fd);
    const watcher = trace === null ? null : watcherOf(trace, device, pathOf(file.location, task.root));
    return refusing(() => openImage(new InodeStore(file, watcher), format, { backing, writable }));
  }, null);
  if (image === null) throw new OsError('EINVAL');
  return new DiskBackend(image, readOnly);
}

/** As `refusing`; the cards' cables are pulled out of `taps` when no machine comes of it. */
export function unplugging<T>(taps: readonly TunFile[], make: () => T): T {
  try {
    return refusing(make);
  } catch (error) {
    for (const { tap } of taps) tap.close();
    throw error;
  }
}

/** What the rooms below refuse, as the error number of a system call. */
export function refusing<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof VmError) {
      const code = { noMemory: 'ENOMEM', exists: 'EEXIST', badImage: 'EINVAL' } as const;
      throw new OsError(code[error.code], error.message);
    }
    if (isDiskError(error)) throw new OsError('EINVAL', error.message);
    throw error;
  }
}
