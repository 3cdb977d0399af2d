/** The TFTP server, datagram by datagram. */
import { describe, expect, test } from 'vitest';
import { encodeUtf8 } from '../../src/base/index.ts';
import { buildTftp, parseTftp, TFTP_PORT, type TftpPacket, TftpServer } from '../../src/network/index.ts';

const PEER = { address: 0x0a00_0005, port: 1234 };
const SECOND = 1_000_000_000;

/** A server with one file, `f`, and a client that speaks to it in packets. */
function client(file: Uint8Array) {
  const server = new TftpServer({ file: (name) => (name === 'f' ? file : null) });
  let port = TFTP_PORT;
  const read = (datagrams: ReturnType<TftpServer['receive']>) =>
    datagrams.map((datagram) => {
      if (datagram.port !== TFTP_PORT) port = datagram.port;
      return parseTftp(datagram.bytes)!;
    });
  return {
    server,
    say: (packet: TftpPacket, { now = 0, to = port, peer = PEER } = {}) =>
      read(server.receive(now, { port: to, peer, bytes: buildTftp(packet) })),
    wait: (now: number) => read(server.expired(now)),
  };
}

const request = (file = 'f', options: Record<string, string> = {}, mode = 'octet'): TftpPacket => ({
  kind: 'read',
  file,
  mode,
  options: new Map(Object.entries(options)),
});
const ack = (block: number): TftpPacket => ({ kind: 'acknowledgement', block });
const block = (number: number, bytes: Uint8Array) => ({ kind: 'data', block: number, bytes });
const bytesOf = (size: number) => Uint8Array.from({ length: size }, (_, i) => i * 7);

describe('a file', () => {
  test.each([0, 1, 511, 512, 513, 1024])(
    'of %i bytes goes block by block, and ends in a short one',
    (size) => {
      const file = bytesOf(size);
      const { say, server } = client(file);
      const got: number[] = [];
      let answer = say(request());
      for (let number = 1; ; number++) {
        expect(answer).toEqual([block(number, file.slice((number - 1) * 512, number * 512))]);
        const [data] = answer as [Extract<TftpPacket, { kind: 'data' }>];
        got.push(...data.bytes);
        answer = say(ack(number));
        if (data.bytes.length < 512) break;
      }
      expect(Uint8Array.from(got)).toEqual(file);
      expect(answer).toEqual([]);
      expect([server.due, server.ports]).toEqual([null, []]);
    },
  );

  test('with options: those that are known, and the first block when they are acknowledged', () => {
    const file = bytesOf(3000);
    const { say } = client(file);
    const answer = say(request('f', { blksize: '1468', TSIZE: '0', windowsize: '4' }));
    expect(answer).toEqual([
      {
        kind: 'options',
        options: new Map([
          ['blksize', '1468'],
          ['tsize', '3000'],
        ]),
      },
    ]);
    expect(say(ack(0))).toEqual([block(1, file.slice(0, 1468))]);
    expect(say(request('f', { blksize: '4' }), { to: TFTP_PORT })).toEqual([block(1, file.slice(0, 512))]);
    expect(say(request('f', { blksize: '65535' }), { to: TFTP_PORT })).toMatchObject([{ kind: 'options' }]);
  });

  test('with more than 65535 blocks: their numbers begin again at 0', () => {
    const { say } = client(new Uint8Array(65_540 * 8));
    say(request('f', { blksize: '8' }));
    let last: unknown = null;
    for (let number = 0; number <= 65_535; number++) [last] = say(ack(number));
    expect(last).toMatchObject({ kind: 'data', block: 0 });
    expect(say(ack(0))).toMatchObject([{ kind: 'data', block: 1 }]);
  });
});

describe('what goes wrong', () => {
  test('a lost block is sent again, later and later, and given up in the end', () => {
    const { say, wait, server } = client(bytesOf(600));
    say(request());
    expect(wait(SECOND - 1)).toEqual([]);
    const times: number[] = [];
    for (let tries = 0; tries < 5; tries++) {
      times.push(server.due! / SECOND);
      expect(wait(server.due!)).toMatchObject([{ kind: 'data', block: 1 }]);
    }
    expect(times).toEqual([1, 3, 7, 15, 31]);
    expect(wait(server.due!)).toEqual([]);
    expect(server.due).toBe(null);
  });

  test('an acknowledgement that comes twice is answered once', () => {
    const { say } = client(bytesOf(2000));
    say(request());
    expect(say(ack(1))).toHaveLength(1);
    expect(say(ack(1))).toEqual([]);
    expect(say(ack(7))).toEqual([]);
  });

  test('a request that comes twice has one transfer', () => {
    const { say, server } = client(bytesOf(2000));
    say(request());
    say(request(), { to: TFTP_PORT });
    expect(server.ports).toHaveLength(1);
  });

  test('whoever is not in a transfer is told so, and does not disturb it', () => {
    const { say } = client(bytesOf(2000));
    say(request());
    const stranger = { address: PEER.address, port: 99 };
    expect(say(ack(1), { peer: stranger })).toEqual([
      { kind: 'error', code: 5, message: 'Unknown transfer ID' },
    ]);
    expect(say({ kind: 'error', code: 0, message: '' }, { peer: stranger })).toEqual([]);
    expect(say(ack(1))).toHaveLength(1);
  });

  test.each<[string, TftpPacket, number, string]>([
    ['a file that is not there', request('g'), 1, 'File not found'],
    ['another mode', request('f', {}, 'netascii'), 4, 'Mode netascii is not served'],
    ['writing', { kind: 'write', file: 'f', mode: 'octet', options: new Map() }, 2, 'Access violation'],
    ['a packet that is no request', ack(1), 4, 'Illegal TFTP operation'],
  ])('%s is refused', (_, packet, code, message) => {
    const { say, server } = client(bytesOf(1));
    expect(say(packet)).toEqual([{ kind: 'error', code, message }]);
    expect(server.ports).toEqual([]);
  });

  test('an error from the client ends its transfer', () => {
    const { say, server } = client(bytesOf(2000));
    say(request());
    expect(say({ kind: 'error', code: 3, message: 'Disk full' })).toEqual([]);
    expect(server.ports).toEqual([]);
  });

  test('what is no packet is not answered', () => {
    const server = new TftpServer({ file: () => null });
    for (const bytes of [[], [0], [0, 9], [0, 4], [0, 1, 102], [1, 1, 102, 0, 111, 0]])
      expect(server.receive(0, { port: TFTP_PORT, peer: PEER, bytes: Uint8Array.from(bytes) })).toEqual([]);
    expect(parseTftp(encodeUtf8('\0\x01f\0OCTET\0'))).toMatchObject({
      kind: 'read',
      file: 'f',
      mode: 'octet',
    });
  });
});
