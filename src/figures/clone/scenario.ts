/** The image of the figure, and its walk-through: one base, two machines. */

export const CLUSTER = 65_536;
export const CLUSTERS = 6;

/** The files of the figure. `web1` and `web2` are disks of machines, with `base` behind them. */
export type Disk = 'base' | 'web1' | 'web2';
export const DISKS: readonly Disk[] = ['base', 'web1', 'web2'];

export type Operation =
  | { readonly kind: 'create'; readonly disk: 'web1' | 'web2' }
  | { readonly kind: 'read'; readonly disk: Disk; readonly cluster: number }
  /** Writes one sector, at the beginning of the cluster. */
  | { readonly kind: 'write'; readonly disk: Disk; readonly cluster: number; readonly text: string };

export interface Step {
  readonly operation: Operation;
  /** Why one would look at it, plain text. */
  readonly remark: string;
}

/** What the base image holds: a text in each sector of the cluster; clusters that are not named were never written. */
export const BASE: readonly (string | null)[] = ['boot', 'kernel 1', 'libs 1', 'config', null, null];

export const walkThrough: readonly Step[] = [
  {
    operation: { kind: 'create', disk: 'web1' },
    remark: 'Nothing is copied. The new file names the base as its backing file and holds tables alone.',
  },
  {
    operation: { kind: 'create', disk: 'web2' },
    remark: 'A second machine costs as little as the first. Both see all that the base holds.',
  },
  {
    operation: { kind: 'read', disk: 'web1', cluster: 1 },
    remark: 'The first machine reads its kernel. Its own file has no such cluster, so the base is asked.',
  },
  {
    operation: { kind: 'write', disk: 'web1', cluster: 3, text: 'config a' },
    remark: 'It writes one sector of its configuration. Now its file needs this cluster, all of it.',
  },
  {
    operation: { kind: 'write', disk: 'web1', cluster: 3, text: 'config b' },
    remark: 'The second write to the same cluster finds it in the machine’s own file.',
  },
  {
    operation: { kind: 'read', disk: 'web2', cluster: 3 },
    remark: 'The other machine still reads what the base holds, as if nothing had happened.',
  },
  {
    operation: { kind: 'write', disk: 'web2', cluster: 4, text: 'logs' },
    remark: 'A cluster that nobody has written yet: there is nothing to copy, and the rest of it is zeros.',
  },
  {
    operation: { kind: 'write', disk: 'base', cluster: 2, text: 'libs 2' },
    remark:
      'A mistake: somebody brings the base up to date. Both machines read other libraries now, under running programs, while web1 keeps its old copy of cluster 3. A backing file must not change.',
  },
];

/** What a reader's own writes leave. */
export const OWN_TEXT: Readonly<Record<Disk, string>> = { base: 'new', web1: 'mine', web2: 'yours' };
