/** A real connection and a simulated one, as one: bytes both ways, as fast as the slower side takes them. */
import type { Socket } from 'node:net';
import { isOsError } from '../base/index.ts';
import type { LinuxHost, OutsideConnection } from '../linux/index.ts';
import type { RealTime } from './realTime.ts';

/** A request of podman's API, and an answer that makes a stream of the connection. */
const PODMAN = /^[A-Z]+ [^ ]*\/libpod\//;
const UPGRADED = /^HTTP\/1\.1 101 [\s\S]*?\r\n\r\n/;
/**
 * Milliseconds that a stream comes after such an answer. podman's client reads answers with a buffer, and what of the stream that has got is
 * lost: podman's own daemon starts the program only then.
 */
const LATER = 200;

export class Joint {
  readonly #time: RealTime;
  /** The real side, when something comes for it. */
  readonly #dial: () => Socket;
  #client: Socket | null = null;
  #inside: OutsideConnection | null = null;
  /** What the host has not taken yet. */
  #waiting: Uint8Array | null = null;
  #ending = false;
  #podman = false;
  #later: NodeJS.Timeout | null = null;

  constructor(time: RealTime, dial: () => Socket) {
    this.#time = time;
    this.#dial = dial;
  }

  /** To `service`, a socket of `host`. Throws OsError. */
  open(host: LinuxHost, service: string): void {
    this.#inside = host.connect(service, {
      onData: (bytes) => this.#give(bytes),
      onEnd: () => void this.client.end(),
      onRoom: () => this.#take(this.#waiting ?? new Uint8Array(0)),
    });
  }

  /** The real side; bytes that come from it go on. */
  get client(): Socket {
    if (this.#client !== null) return this.#client;
    const client = this.#dial();
    this.#client = client;
    client.on('data', (bytes: Buffer) => {
      this.#podman ||= PODMAN.test(bytes.toString('latin1'));
      this.#take(bytes);
    });
    client.on('end', () => this.#end());
    client.on('drain', () => this.#goOn());
    client.on('error', () => client.destroy());
    client.on('close', () => {
      if (this.#later !== null) clearTimeout(this.#later);
      this.#inside!.close();
    });
    for (const event of ['data', 'end', 'drain', 'close']) client.on(event, this.#time.run);
    return client;
  }

  #give(bytes: Uint8Array): void {
    const [head = ''] = (this.#podman && UPGRADED.exec(Buffer.from(bytes).toString('latin1'))) || [];
    if (!this.client.write(head === '' ? bytes : bytes.subarray(0, head.length))) this.#inside!.pause();
    if (head === '') return;
    this.#podman = false;
    this.#inside!.pause();
    this.#later = setTimeout(() => {
      this.#later = null;
      const rest = bytes.subarray(head.length);
      if (rest.length === 0 || this.client.write(rest)) this.#goOn();
      this.#time.run();
    }, LATER);
  }

  #goOn(): void {
    if (this.#later === null) this.#inside!.resume();
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
