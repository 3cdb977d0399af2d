/** A real connection and a simulated one, as one: bytes both ways, as fast as the slower side takes them. */
import type { Socket } from 'node:net';
import { isOsError } from '../base/index.ts';
import type { LinuxHost, OutsideConnection } from '../linux/index.ts';
import type { RealTime } from './realTime.ts';

export class Joint {
  readonly #time: RealTime;
  /** The real side, when something comes for it. */
  readonly #dial: () => Socket;
  #client: Socket | null = null;
  #inside: OutsideConnection | null = null;
  /** What the host has not taken yet. */
  #waiting: Uint8Array | null = null;
  #ending = false;

  constructor(time: RealTime, dial: () => Socket) {
    this.#time = time;
    this.#dial = dial;
  }

  /** To `service`, a socket of `host`. Throws OsError. */
  open(host: LinuxHost, service: string): void {
    this.#inside = host.connect(service, {
      onData: (bytes) => {
        if (!this.client.write(bytes)) this.#inside!.pause();
      },
      onEnd: () => void this.client.end(),
      onRoom: () => this.#take(this.#waiting ?? new Uint8Array(0)),
    });
  }

  /** The real side; bytes that come from it go on. */
  get client(): Socket {
    if (this.#client !== null) return this.#client;
    const client = this.#dial();
    this.#client = client;
    client.on('data', (bytes: Buffer) => this.#take(bytes));
    client.on('end', () => this.#end());
    client.on('drain', () => this.#inside!.resume());
    client.on('error', () => client.destroy());
    client.on('close', () => this.#inside!.close());
    for (const event of ['data', 'end', 'drain', 'close']) client.on(event, this.#time.run);
    return client;
  }

  #take(bytes: Uint8Array): void {
    this.#waiting = bytes.subarray(this.#written(bytes));
    if (this.#waiting.length > 0) {
      this.client.pause();
      return;
    }
    this.#waiting = null;
    if (this.#ending) this.#inside!.end();
    else this.client.resume();
  }

  /** A host that reads no more has taken everything: what comes is for nobody. */
  #written(bytes: Uint8Array): number {
    try {
      return this.#inside!.write(bytes);
    } catch (error) {
      if (!isOsError(error, 'EPIPE')) throw error;
      return bytes.length;
    }
  }

  #end(): void {
    this.#ending = true;
    if (this.#waiting === null) this.#inside!.end();
  }
}
