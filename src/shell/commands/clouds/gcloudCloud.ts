/** What gcloud-sim keeps, and what it asks of an image. */
import type { Requirements } from './examine.ts';
import { CloudStore } from './store.ts';

export interface GcloudImage {
  readonly name: string;
  readonly sizeGb: number;
  /** The object that it was made of. */
  readonly source: string;
  readonly created: string;
}

export interface GcloudInstance {
  readonly name: string;
  /** As its metadata has it: never the same twice. */
  readonly id: string;
  readonly image: string;
  /** `USER KEY`, as its metadata has it; null: none was given. */
  readonly key: string | null;
}

export interface GcloudState {
  readonly images: readonly GcloudImage[];
  readonly instances: readonly GcloudInstance[];
  /** How many instances there have been. */
  readonly counted: number;
}

export const gcloudStore = new CloudStore<GcloudState>('/var/lib/gcloud-sim', 'gs', {
  images: [],
  instances: [],
  counted: 0,
});

/** Its VMs have the virtio devices of the book's machine: no others are simulated. */
export const GCLOUD_REQUIREMENTS: Requirements = {
  drivers: [
    { name: 'virtio_blk', device: 'disk' },
    { name: 'virtio_net', device: 'network interface' },
  ],
  datasource: 'gce',
};

/** Names of images and instances. */
export const GCLOUD_NAME = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Columns as wide as what is in them, two blanks between. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd();
  return all.map((row) => `${line(row)}\n`).join('');
}
