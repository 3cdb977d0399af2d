/**
 * Guest physical addresses as the guest, its devices and its hypercalls reach them: by the stage-2 tables, which are filled at faults as
 * the memory policy says. Devices do not go through the hart's own walk; here they go through the same tables.
 */
import { type Dma, DriverError, type PhysicalMemory } from '../../machine/index.ts';
import { consult, PolicyError } from '../policies/consult.ts';
import { permits, readTranslation } from '../policies/translate.ts';
import type { GuestAccess, Translate, VmView } from '../policies/types.ts';
import { FRAME_BYTES, type FrameAllocator } from './frames.ts';
import type { GuestMemory } from './guestMemory.ts';
import { piecesOf } from './pieces.ts';
import { GUEST_FRAMES, type Permissions, type Stage2 } from './stage2.ts';

export interface GuestTranslationOptions {
  /** The VM's name. */
  readonly name: string;
  readonly host: PhysicalMemory;
  readonly frames: FrameAllocator;
  readonly stage2: Stage2;
  readonly ram: GuestMemory;
  readonly translate: Translate;
  /** Makes the processors forget translations. */
  readonly flush: () => void;
}

/** How an access ended: a host frame, no access for the guest, or a host without frames. */
export type Resolution =
  | { readonly kind: 'mapped'; readonly frame: number }
  | { readonly kind: 'fault'; readonly reason: string }
  | { readonly kind: 'noMemory' };

type Access = Omit<GuestAccess, 'ownFrame'>;

export class GuestTranslation {
  readonly #options: GuestTranslationOptions;
  /** Guest frame → what ends the watch over a frame that another has, or that keeps another page. */
  readonly #borrowed = new Map<number, () => void>();

  constructor(options: GuestTranslationOptions) {
    this.#options = options;
  }

  /** What the policy is told about the VM. */
  get view(): VmView {
    const { name, ram } = this.#options;
    return Object.freeze({ name, ramBase: ram.base, ramSize: ram.size, firstFrame: ram.firstFrame });
  }

  /**
   * The host frame for an access to the page of `gpa`, by the mapping that is there or by the policy, whose answer stays in stage 2.
   * @throws PolicyError
   */
  resolve(gpa: number, access: Access): Resolution {
    const guestFrame = Math.floor(gpa / FRAME_BYTES);
    if (!(guestFrame < GUEST_FRAMES))
      return { kind: 'fault', reason: 'guest physical addresses have 34 bits' };
    const mapping = this.#options.stage2.lookup(guestFrame);
    if (mapping !== null && permits(mapping.permissions, access.kind))
      return { kind: 'mapped', frame: mapping.frame };
    return this.#ask(gpa, guestFrame, access);
  }

  /** Drops all mappings: what they were is asked anew. */
  forget(): void {
    this.#options.ram.forgetMappings();
    for (const end of this.#borrowed.values()) end();
    this.#borrowed.clear();
  }

  #ask(gpa: number, guestFrame: number, access: Access): Resolution {
    const { name, ram, translate } = this.#options;
    const had = ram.frameOf(guestFrame);
    const ownFrame = ram.isRam(gpa) ? ram.back(guestFrame) : null;
    if (ownFrame === null && ram.isRam(gpa)) return { kind: 'noMemory' };
    // What was taken for this question alone is not needed when the answer is something else.
    const giveBack = () => {
      if (had === null) ram.unback(guestFrame);
    };
    try {
      const answer = consult(
        { policy: 'translate', subject: name },
        () => translate(this.view, gpa, Object.freeze({ ...access, ownFrame })),
        readTranslation,
      );
      if ('fault' in answer) {
        giveBack();
        return { kind: 'fault', reason: answer.fault };
      }
      const { frame, permissions } = answer;
      this.#checkFrame(gpa, frame);
      const permitted = permits(permissions, access.kind);
      if (frame !== ownFrame || !permitted) giveBack();
      if (!permitted)
        return { kind: 'fault', reason: `the page of 0x${gpa.toString(16)} is not for a ${access.kind}` };
      const mapped = this.#map(guestFrame, frame, permissions);
      if (mapped.kind !== 'mapped') giveBack();
      return mapped;
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  /** Any guest's frame can be mapped: whether it should be is the policy's own affair. What keeps tables, or nothing, is no guest's. */
  #checkFrame(gpa: number, frame: number): void {
    const { frames, name } = this.#options;
    const owner = frames.ownerOf(frame);
    if (owner?.use === 'guest') return;
    const what = owner === null ? 'is nobody’s' : `keeps stage-2 tables of ${owner.owner}`;
    const message = `host frame 0x${frame.toString(16)} for 0x${gpa.toString(16)} ${what}`;
    throw new PolicyError('translate', name, message);
  }

  #map(guestFrame: number, frame: number, permissions: Permissions): Resolution {
    const { stage2, ram, frames, flush } = this.#options;
    const before = stage2.lookup(guestFrame);
    if (!stage2.map(guestFrame, frame, permissions)) return { kind: 'noMemory' };
    this.#borrowed.get(guestFrame)?.();
    this.#borrowed.delete(guestFrame);
    if (frame !== ram.frameOf(guestFrame)) {
      const gone = () => {
        this.#borrowed.delete(guestFrame);
        stage2.unmap(guestFrame);
        flush();
      };
      this.#borrowed.set(guestFrame, frames.watch(frame, gone));
    }
    if (before !== null) {
      if (before.dirty) ram.markWritten(guestFrame);
      flush();
    }
    return { kind: 'mapped', frame };
  }

  /** Memory as `by` reaches it. An access that fails for another reason than the guest's own is refused, and `failed` hears of it. */
  dma(by: 'device' | 'hypercall', failed: (reason: PolicyError | 'noMemory') => void): Dma {
    return new GuestDma(this, this.#options, by, failed);
  }
}

class GuestDma implements Dma {
  readonly #translation: GuestTranslation;
  readonly #options: GuestTranslationOptions;
  readonly #by: 'device' | 'hypercall';
  readonly #failed: (reason: PolicyError | 'noMemory') => void;

  constructor(
    translation: GuestTranslation,
    options: GuestTranslationOptions,
    by: 'device' | 'hypercall',
    failed: (reason: PolicyError | 'noMemory') => void,
  ) {
    this.#translation = translation;
    this.#options = options;
    this.#by = by;
    this.#failed = failed;
  }

  contains(address: number, length: number, kind: 'load' | 'store' = 'load'): boolean {
    // Nothing reaches further than 34 bits; not a page of it is asked for then.
    if (address + length > GUEST_FRAMES * FRAME_BYTES) return false;
    for (const [at] of piecesOf(address, Math.max(1, length)))
      if (this.#frame(at, kind) === null) return false;
    return true;
  }

  read16(address: number): number {
    return this.#options.host.read16(this.#host(address, 'load'));
  }

  read32(address: number): number {
    return this.#options.host.read32(this.#host(address, 'load'));
  }

  write16(address: number, value: number): void {
    this.#options.host.write16(this.#host(address, 'store'), value);
  }

  write32(address: number, value: number): void {
    this.#options.host.write32(this.#host(address, 'store'), value);
  }

  read(address: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (const [at, from, count] of piecesOf(address, length))
      bytes.set(this.#options.host.read(this.#host(at, 'load'), count), from);
    return bytes;
  }

  write(address: number, bytes: Uint8Array): void {
    for (const [at, from, count] of piecesOf(address, bytes.length))
      this.#options.host.write(this.#host(at, 'store'), bytes.subarray(from, from + count));
  }

  /** The host physical address of what lies within one page. Throws DriverError when the page is gone that was there at contains(). */
  #host(address: number, kind: 'load' | 'store'): number {
    const frame = this.#frame(address, kind);
    if (frame === null)
      throw new DriverError(`0x${address.toString(16)} is no memory for a ${kind} any more`);
    if (kind === 'store') this.#options.ram.markWritten(Math.floor(address / FRAME_BYTES));
    return frame * FRAME_BYTES + (address % FRAME_BYTES);
  }

  #frame(address: number, kind: 'load' | 'store'): number | null {
    try {
      const found = this.#translation.resolve(address, { kind, by: this.#by, guestVirtual: null });
      if (found.kind === 'noMemory') this.#failed('noMemory');
      return found.kind === 'mapped' ? found.frame : null;
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      this.#failed(error);
      return null;
    }
  }
}
