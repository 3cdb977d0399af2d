/** QEMU's locks on images: one writer, or any number of readers; a disk that is shareable has none. */
import { active, type Domain, type NamedConfig } from './domain.ts';
import type { OpenDisk } from './images.ts';
import { monitorError } from './monitorError.ts';

/** Throws LibvirtError when another of `domains`, or another of its own disks, has one of the images. */
export function requireFree(
  config: NamedConfig,
  disks: readonly OpenDisk[],
  domains: readonly Domain[],
): void {
  const others = domains.filter(active);
  for (const [i, { identity }] of disks.entries()) {
    const { readOnly, shareable, source } = config.disks[i]!;
    if (shareable) continue;
    const before = disks
      .slice(0, i)
      .some((other, j) => other.identity === identity && !(readOnly && config.disks[j]!.readOnly));
    const taken = others.some(
      ({ writes, reads }) => writes.includes(identity) || (!readOnly && reads.includes(identity)),
    );
    if (before || taken)
      throw monitorError(
        `Failed to get ${readOnly ? 'shared ' : ''}"write" lock\nIs another process using the image [${source}]?`,
      );
  }
}

/** The locks that a domain has while it runs with these disks. */
export function locksOf(
  { disks: configs }: NamedConfig,
  disks: readonly OpenDisk[],
): Pick<Domain, 'writes' | 'reads'> {
  const locked = (readOnly: boolean) =>
    disks
      .filter((_, i) => !configs[i]!.shareable && configs[i]!.readOnly === readOnly)
      .map(({ identity }) => identity);
  return { writes: locked(false), reads: locked(true) };
}
