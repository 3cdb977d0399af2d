/** A real connection and a simulated one, as one: bytes both ways, as fast as the slower side takes them. */
import type { Socket } from 'node:net';
import { isOsError } from '../base/index.ts';
import type { LinuxHost, OutsideConnection } from '../linux/index.ts';
import type { RealTime } from './realTime.ts';

/** A request of podman's API, and an answer that makes a stream of the connection. */
const PODMAN = /^[A-Z]+ [^ ]*\/libpod\//;
const STREAM =
  /^(HTTP\/1\.1 (?:101 |200 OK\r\nContent-Type: application\/vnd\.docker\.raw-stream)[\s\S]*?\r\n)\r\n/;
/**
 * Bytes of the buffer that podman's client reads an answer with (ReadBufferSize of Go's net/http). What of the stream gets into it is lost to
 * the program that has asked: an answer that fills it leaves no room for any.
 */
const READ_BUFFER = 4096;
const PADDING = 'X-Padding: ';

/** The bytes of an answer as podman's client has to get them. */
function padded(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1');
  const [whole = '', head = ''] = STREAM.exec(text) ?? [];
  const room = READ_BUFFER - whole.length - `${PADDING}\r\n`.length;
  if (whole === '' || room < 0) return bytes;
  const padding = `${PADDING}${'-'.repeat(room)}\r\n`;
  return Buffer.from(`${head}${padding}\r\n${text.slice(whole.length)}`, 'latin1');
}

export class Joint {
  readonly #time: RealTime;
  /** The real side, when something comes for it. */
  readonly #dial: () => Socket;
  #client: Socket | null = null;
  #inside: OutsideConnection | null = null;
  /** What the host has not taken yet. */
  #waiting: Uint8Array | null = null;
  #ending = false;
  /** The next bytes from inside are an answer to podman's client. */
  #podman = false;

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
    client.on('drain', () => this.#inside!.resume());
    client.on('error', () => client.destroy());
    client.on('close', () => this.#inside!.close());
    for (const event of ['data', 'end', 'drain', 'close']) client.on(event, this.#time.run);
    return client;
  }

  #give(bytes: Uint8Array): void {
    const given = this.#podman ? padded(bytes) : bytes;
    if (given !== bytes) this.#podman = false;
    if (!this.client.write(given)) this.#inside!.pause();
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
