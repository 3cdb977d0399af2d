/** A block device whose whole back end is a function: rings, requests and the disk are its own business (virtio 1.2, 5.2). */
import type { Trace } from '../../base/index.ts';
import {
  BLOCK_LATENCY,
  type BlockBackend,
  DriverError,
  type VirtioDevice,
  type VirtioLink,
} from '../../machine/index.ts';
import { consult, fieldsOf, PolicyError, shown, wholeNumber } from '../policies/consult.ts';
import type { ReportPolicyFault, Service, ServiceResult } from '../policies/types.ts';
import { ownService } from './ownService.ts';
import { serviceImage, serviceMemory } from './serviceMemory.ts';

export interface ServiceBlockOptions {
  /** Asked at each doorbell; null stands for the hypervisor's own. */
  readonly service: () => Service | null;
  readonly backend: BlockBackend;
  /** Hears when the function threw or answered nonsense; the device then needs a reset. */
  readonly onPolicyFault?: ReportPolicyFault;
  readonly trace?: Trace | null;
}

const F_SEG_MAX = 1n << 2n;
const F_RO = 1n << 5n;
const F_FLUSH = 1n << 9n;
const QUEUE_SIZE = 256;

export class ServiceBlockDevice implements VirtioDevice {
  readonly id = 2;
  readonly features: bigint;
  readonly queueSizes = [QUEUE_SIZE];
  readonly plainRings = true;
  readonly #name: string;
  readonly #options: ServiceBlockOptions;
  #link: VirtioLink | null = null;
  /** Whether a doorbell has rung that is not answered yet. */
  #called = false;

  /** `name` is the disk's, for the trace and for faults. */
  constructor(name: string, options: ServiceBlockOptions) {
    this.#name = name;
    this.#options = options;
    this.features = F_SEG_MAX | F_FLUSH | (options.backend.readOnly ? F_RO : 0n);
  }

  attach(link: VirtioLink): void {
    this.#link = link;
  }

  /** 5.2.4: capacity, seg_max (a chain also holds header and status). */
  config(): Uint8Array {
    const config = new Uint8Array(24);
    const view = new DataView(config.buffer);
    view.setBigUint64(0, BigInt(this.#options.backend.sectors), true);
    view.setUint32(12, QUEUE_SIZE - 2, true);
    return config;
  }

  reset(): void {
    this.#called = false;
  }

  notify(queue: number): void {
    if (this.#called) return;
    this.#called = true;
    this.#link!.after(BLOCK_LATENCY, () => {
      this.#called = false;
      this.#serve(queue);
    });
  }

  #serve(queue: number): void {
    const link = this.#link!;
    const rings = link.rings(queue);
    if (rings === null) return;
    const { service, backend, onPolicyFault } = this.#options;
    try {
      const { interrupt, ...state } = consult(
        { policy: 'service', subject: this.#name },
        () =>
          (service() ?? ownService)(Object.freeze(rings), serviceMemory(link.memory), serviceImage(backend)),
        readResult,
      );
      link.advance(queue, state, interrupt);
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      this.#options.trace?.emit('policy.fault', this.#name, {
        policy: 'service',
        message: error.fault.message,
      });
      onPolicyFault?.(error.fault);
      throw new DriverError(error.message);
    }
  }
}

function readResult(answer: unknown): ServiceResult {
  const { nextAvailable, nextUsed, interrupt } = fieldsOf(answer);
  if (typeof interrupt !== 'boolean') throw new Error(`interrupt is ${shown(interrupt)}, not true or false`);
  return {
    nextAvailable: wholeNumber(nextAvailable, 'nextAvailable', 0, 0xffff),
    nextUsed: wholeNumber(nextUsed, 'nextUsed', 0, 0xffff),
    interrupt,
  };
}
