/** What file systems tell the trace. `layer` 0 is the upper layer, 1 the topmost lower one, and so on down. */
import '../../base/trace.ts';

/** What one layer said about a name. */
export type LayerFinding = 'file' | 'dir' | 'symlink' | 'other' | 'whiteout' | 'opaque' | 'absent';

declare module '../../base/trace.ts' {
  interface TraceEvents {
    /** A name was looked up; `layers` in the order in which they were asked. */
    'fs.lookup': { path: string; layers: { layer: number; found: LayerFinding }[] };
    /** A file or directory of a lower layer was copied to the upper one; `bytes` of content. */
    'fs.copyUp': { path: string; bytes: number; layer: number };
    'fs.whiteout': { path: string };
    'fs.opaque': { path: string };
    /** A listing was merged; `by` is the layer that hides an entry. */
    'fs.merge': {
      path: string;
      entries: { name: string; layer: number }[];
      hidden: { name: string; layer: number; by: number }[];
    };
  }
}
