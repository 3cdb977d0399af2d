/** TCP against a peer by hand: each segment is written and read one by one. */
import { expect, test } from 'vitest';
import { decodeUtf8, encodeUtf8, MILLISECOND, SECOND } from '../../../src/base/index.ts';
import {
  buildEthernet,
  buildIpv4,
  buildTcp,
  ETH_P_IP,
  IPPROTO_TCP,
  parseEthernet,
  parseIpv4Packet,
  parseTcp,
  TapDevice,
  type TcpSocket,
} from '../../../src/network/index.ts';
import { address, ip, NetworkWorld } from '../../support/networkHosts.ts';

const HERE = ip('10.0.0.1');
const PEER = ip('10.0.0.2');
const MAC = '02:00:00:00:00:02';
const FLAGS = { F: 1, S: 2, R: 4, P: 8, '.': 16 } as const;

/** A host on a tap, and the segments that go over it: `S 100`, `S. 100 ack 1`, `P. 101 ack 1 win 5 "text"`. */
class Hand {
  readonly world = new NetworkWorld('hand');
  readonly host = this.world.host('host');
  readonly #tap = new TapDevice(this.world.context, 'eth0');
  readonly #ports: readonly [number, number];
  /** The host's first sequence number: those that are shown count from it. */
  #base: number | null = null;

  constructor(peerPort = 5000, hostPort = 80) {
    this.#ports = [peerPort, hostPort];
    this.host.add(this.#tap);
    this.#tap.open(() => {});
    this.#tap.setUp(true);
    address(this.host, this.#tap, '10.0.0.1/24');
    this.host.neighbours.set(this.#tap, PEER, MAC, 'PERMANENT');
  }

  listen(): TcpSocket {
    const socket = this.host.tcp.open();
    socket.bind(0, 80);
    socket.listen(5);
    return socket;
  }

  /** Sends one segment, lets time pass, and gives what the host said to it. */
  send(text: string, time = MILLISECOND, peerPort = this.#ports[0]): string[] {
    const found = /^(\S+) (\d+)(?: ack (\d+))?(?: win (\d+))?(?: mss (\d+))?(?: "(.*)")?$/.exec(text)!;
    const flags = [...found[1]!].reduce((sum, flag) => sum | FLAGS[flag as keyof typeof FLAGS], 0);
    const segment = {
      sourcePort: peerPort,
      destinationPort: this.#ports[1],
      sequence: Number(found[2]),
      acknowledgement: found[3] === undefined ? 0 : (Number(found[3]) + (this.#base ?? 0)) >>> 0,
      flags,
      window: Number(found[4] ?? '60000'),
      options: { mss: found[5] === undefined ? null : Number(found[5]), windowScale: null },
      data: encodeUtf8(found[6] ?? ''),
    };
    const payload = buildTcp(segment, PEER, HERE);
    const packet = buildIpv4({ source: PEER, destination: HERE, protocol: IPPROTO_TCP, payload });
    this.#tap.write(buildEthernet(this.#tap.mac, MAC, ETH_P_IP, packet));
    return this.wait(time);
  }

  /** What the host says while time passes. */
  wait(time: number): string[] {
    this.world.run(time);
    const lines: string[] = [];
    for (let frame = this.#tap.read(); frame !== null; frame = this.#tap.read()) {
      const { payload } = parseEthernet(frame)!;
      const header = parseIpv4Packet(payload)!;
      const segment = parseTcp(payload.subarray(header.headerLength), HERE, PEER)!;
      if ((segment.flags & FLAGS.S) !== 0) this.#base = segment.sequence;
      const names = Object.entries(FLAGS).filter(([, bit]) => (segment.flags & bit) !== 0);
      const sequence = (segment.sequence - (this.#base ?? 0)) >>> 0;
      const acknowledged = (segment.flags & FLAGS['.']) !== 0 ? ` ack ${segment.acknowledgement}` : '';
      const size = segment.data.length > 20 ? ` (${segment.data.length})` : ` "${decodeUtf8(segment.data)}"`;
      const data = segment.data.length === 0 ? '' : size;
      lines.push(`${names.map(([name]) => name).join('')} ${sequence}${acknowledged}${data}`);
    }
    return lines;
  }

  /** A connection that the peer has opened with its number 100. */
  opened(options = 'mss 1000'): TcpSocket {
    const listener = this.listen();
    expect(this.send(`S 100 ${options}`.trim())).toEqual(['S. 0 ack 101']);
    expect(this.send('. 101 ack 1')).toEqual([]);
    return listener.accept()!;
  }
}

test('a SYN that comes twice gets its answer twice, and an answer that is lost comes again', () => {
  const hand = new Hand();
  hand.listen();
  expect(hand.send('S 100')).toEqual(['S. 0 ack 101']);
  expect(hand.send('S 100')).toEqual(['S. 0 ack 101']);
  expect(hand.wait(SECOND)).toEqual(['S. 0 ack 101']);
  expect(hand.wait(2 * SECOND)).toEqual(['S. 0 ack 101']);
});

test('nobody listens: RST for all but RST', () => {
  const hand = new Hand();
  expect(hand.send('S 100')).toEqual(['R. 0 ack 101']);
  expect(hand.send('. 100 ack 77')).toEqual(['R 77']);
  expect(hand.send('R 100')).toEqual([]);
});

test('data out of order is kept, asked for, and given out in order', () => {
  const hand = new Hand();
  const socket = hand.opened();
  expect(hand.send('P. 104 ack 1 "def"')).toEqual(['. 1 ack 101']);
  expect(hand.send('P. 102 ack 1 "bcde"')).toEqual(['. 1 ack 101']);
  expect(socket.receive(10)).toBeNull();
  expect(hand.send('P. 101 ack 1 "a"')).toEqual(['. 1 ack 107']);
  expect(decodeUtf8(socket.receive(10)!)).toBe('abcdef');
  // What comes again is acknowledged again, and not given out.
  expect(hand.send('P. 101 ack 1 "abc"')).toEqual(['. 1 ack 107']);
  expect(socket.receive(10)).toBeNull();
});

test('RST counts with exactly the next number only; others inside of the window are asked about', () => {
  const hand = new Hand();
  const socket = hand.opened();
  expect(hand.send('R 150')).toEqual(['. 1 ack 101']);
  expect(socket.state).toBe('ESTABLISHED');
  expect(hand.send('R 999999')).toEqual([]);
  expect(hand.send('S 150')).toEqual([]);
  expect(socket.state).toBe('ESTABLISHED');
  hand.wait(SECOND);
  expect(hand.send('S 150')).toEqual(['. 1 ack 101']);
  hand.send('R 101');
  expect(() => socket.receive(1)).toThrow('Connection reset by peer');
});

test('small pieces wait for the acknowledgement of what is under way, unless TCP_NODELAY', () => {
  const hand = new Hand();
  const socket = hand.opened();
  for (const text of ['one', 'two', 'three']) socket.send(encodeUtf8(text));
  expect(hand.wait(MILLISECOND)).toEqual(['P. 1 ack 101 "one"']);
  expect(hand.send('. 101 ack 4')).toEqual(['P. 4 ack 101 "twothree"']);
});

test('a timeout sends one segment, waits twice as long, and begins slowly again', () => {
  const hand = new Hand();
  const socket = hand.opened();
  socket.send(new Uint8Array(5000));
  expect(hand.wait(MILLISECOND).length).toBe(5);
  expect(hand.wait(210 * MILLISECOND)).toEqual(['. 1 ack 101 (1000)']);
  expect(hand.wait(300 * MILLISECOND)).toEqual([]);
  expect(hand.wait(110 * MILLISECOND)).toEqual(['. 1 ack 101 (1000)']);
  // One is acknowledged, two go out; the peer says nothing of what it may have of the first round.
  expect(hand.send('. 101 ack 1001')).toEqual(['. 1001 ack 101 (1000)', '. 2001 ack 101 (1000)']);
});

test('the third equal acknowledgement sends the segment that is missing', () => {
  const hand = new Hand();
  const socket = hand.opened();
  socket.send(new Uint8Array(5000));
  hand.wait(MILLISECOND);
  expect(hand.send('. 101 ack 1001')).toEqual([]);
  expect(hand.send('. 101 ack 1001')).toEqual([]);
  expect(hand.send('. 101 ack 1001')).toEqual([]);
  expect(hand.send('. 101 ack 1001')).toEqual(['. 1001 ack 101 (1000)']);
  expect(hand.send('. 101 ack 5001')).toEqual([]);
});

test('a closed window is asked about without data, until it opens', () => {
  const hand = new Hand();
  const socket = hand.opened();
  hand.send('. 101 ack 1 win 0');
  socket.send(encodeUtf8('hello'));
  expect(hand.wait(MILLISECOND)).toEqual([]);
  expect(hand.wait(200 * MILLISECOND)).toEqual(['. 0 ack 101']);
  expect(hand.send('. 101 ack 1 win 0')).toEqual([]);
  expect(hand.send('. 101 ack 1 win 1000')).toEqual(['P. 1 ack 101 "hello"']);
});

test('a segment is no longer than the peer can take, and than its window', () => {
  const hand = new Hand();
  const socket = hand.opened('win 250 mss 100');
  hand.send('. 101 ack 1 win 250');
  socket.send(new Uint8Array(1000));
  expect(hand.wait(MILLISECOND)).toEqual(['. 1 ack 101 (100)', '. 101 ack 101 (100)']);
  const plain = new Hand();
  const other = plain.opened('');
  other.send(new Uint8Array(536));
  expect(plain.wait(MILLISECOND)).toEqual(['P. 1 ack 101 (536)']);
});

test('both close: the last acknowledgement is repeated for a minute, and a new connection may take the place', () => {
  const hand = new Hand();
  const socket = hand.opened();
  socket.close();
  expect(hand.wait(MILLISECOND)).toEqual(['F. 1 ack 101']);
  expect(hand.send('F. 101 ack 2')).toEqual(['. 2 ack 102']);
  expect(hand.send('F. 101 ack 2')).toEqual(['. 2 ack 102']);
  // An old SYN does not, a newer one does.
  expect(hand.send('S 50')).toEqual([]);
  hand.wait(SECOND);
  expect(hand.send('S 50')).toEqual(['. 2 ack 102']);
  expect(hand.send('S 90000')).toEqual(['S. 0 ack 90001']);
});

test('data for a program that has gone is refused', () => {
  const hand = new Hand();
  const socket = hand.opened();
  socket.close();
  hand.wait(MILLISECOND);
  expect(hand.send('P. 101 ack 2 "more"')).toEqual(['R. 2 ack 101']);
  expect(hand.host.tcp.connections).toEqual([]);
});
