/** Internal snapshots of a VM's disks, taken of all of them or of none. */
import { OsError } from '../../base/index.ts';
import {
  applySnapshot,
  createSnapshot,
  type DiskImage,
  deleteSnapshot,
  listSnapshots,
  Qcow2Image,
  type Snapshot,
} from '../../disk/index.ts';

export interface DiskSnapshotRequest {
  /** `find`: each disk has it; `absent`: none has. */
  readonly action: 'create' | 'apply' | 'delete' | 'find' | 'absent';
  readonly name: string;
  /** Seconds since 1970: the time that is written down. */
  readonly seconds: number;
}

const named = (image: Qcow2Image, name: string): Snapshot | undefined =>
  listSnapshots(image).find((snapshot) => snapshot.name === name);

/**
 * Throws OsError: EOPNOTSUPP for an image without snapshots, EEXIST for a name that is taken, ENOENT for one that a disk does not have.
 * Deleting passes over disks that do not have it.
 */
export function snapshotDisks(images: readonly DiskImage[], request: DiskSnapshotRequest): void {
  const { action, name, seconds } = request;
  const disks = images.map((image) => {
    if (!(image instanceof Qcow2Image)) throw new OsError('EOPNOTSUPP');
    return { image, snapshot: named(image, name) };
  });
  const any = disks.some(({ snapshot }) => snapshot !== undefined);
  if ((action === 'absent' || action === 'create') && any) throw new OsError('EEXIST');
  if (action === 'absent') return;
  if (action === 'create') {
    create(disks, name, seconds);
    return;
  }
  if (action !== 'delete' && disks.some(({ snapshot }) => snapshot === undefined))
    throw new OsError('ENOENT');
  if (action === 'find') return;
  for (const { image, snapshot } of disks) {
    if (action === 'apply') applySnapshot(image, snapshot!.id);
    else if (snapshot !== undefined) deleteSnapshot(image, snapshot.id);
  }
}

function create(disks: readonly { readonly image: Qcow2Image }[], name: string, seconds: number): void {
  const made: { image: Qcow2Image; id: string }[] = [];
  try {
    for (const { image } of disks)
      made.push({ image, id: createSnapshot(image, name, { seconds, nanoseconds: 0 }).id });
  } catch (error) {
    for (const { image, id } of made) deleteSnapshot(image, id);
    throw error;
  }
}
