/** Compressed clusters (qcow2.txt, "Compressed Clusters Descriptor"): a raw deflate stream (RFC 1951) in whole or in part of sectors. */
import { deflateSync, inflateSync } from 'fflate';
import type { ByteStore } from '../byteStore.ts';
import { DiskError } from '../errors.ts';

/** The stream for `data`, filled up with zeros to a cluster; null when it would not be smaller than the cluster. */
export function compressCluster(data: Uint8Array, clusterSize: number): Uint8Array | null {
  const cluster = new Uint8Array(clusterSize);
  cluster.set(data);
  const packed = deflateSync(cluster, { level: 9 });
  return packed.length < clusterSize ? packed : null;
}

/** The cluster at `at`; throws `corrupt` when its stream is damaged or gives another length. */
export function readCompressed(
  store: ByteStore,
  at: { readonly offset: number; readonly length: number },
  clusterSize: number,
  guestOffset: string,
): Uint8Array {
  const packed = store.read(at.offset, at.length);
  const broken = (why: string) =>
    new DiskError('corrupt', `Compressed cluster at guest offset ${guestOffset} cannot be read: ${why}`);
  let cluster: Uint8Array;
  try {
    cluster = inflateSync(packed, { out: new Uint8Array(clusterSize) });
  } catch (error) {
    throw broken(error instanceof Error ? error.message : 'damaged stream');
  }
  if (cluster.length !== clusterSize) throw broken(`${cluster.length} of ${clusterSize} bytes`);
  return cluster;
}
