/** What a machine's devices tell the trace. The subject is the device's name, for example `virtio0`, `plic`, `uart0`. */
import '../base/trace.ts';

declare module '../base/trace.ts' {
  interface TraceEvents {
    /** The platform started or started anew: all harts at `entry`. */
    'machine.reset': { entry: number };
    /** The finisher ended the run. */
    'machine.powerOff': { code: number };
    /** A source's line rose to, or fell from, the interrupt controller. */
    'irq.raise': { source: number };
    'irq.lower': { source: number };
    /** A context (hart and mode) took a source, and was done with it. */
    'irq.claim': { source: number; context: number };
    'irq.complete': { source: number; context: number };
    /** The driver wrote the status register: what it asked for and what the device now has (virtio 1.2, 2.1). */
    'virtio.status': { written: number; status: number };
    /** The driver broke a rule, and the device stopped until a reset (virtio 1.2, 2.1.2). */
    'virtio.needsReset': { reason: string };
    /** The doorbell: the driver notified the device about a queue. */
    'virtq.notify': { queue: number };
    /** The device took a descriptor chain off the available ring. Lengths in bytes. */
    'virtq.pop': { queue: number; head: number; readable: number; writable: number };
    /** The device put a chain onto the used ring, having written `written` bytes; `interrupt`: the driver was told. */
    /** A device that walks its rings by itself has come to these positions. */
    'virtq.advance': { queue: number; nextAvailable: number; nextUsed: number; interrupt: boolean };
    'virtq.push': { queue: number; head: number; written: number; interrupt: boolean };
    /** A request as the block device understood it, at its completion (virtio 1.2, 5.2.6). */
    'block.request': { type: number; sector: number; bytes: number; status: number };
    /** Pages that the host would like to have of a balloon, and that its driver says are in it (virtio 1.2, 5.5). */
    'balloon.target': { pages: number };
    'balloon.actual': { pages: number };
    /** A frame that the network device could not hand to its driver. */
    'net.drop': { bytes: number; reason: 'no buffer' | 'buffer too small' | 'link not up' };
  }
}
