/** Two guests on one wire. */
import { describe, expect, test } from 'vitest';
import { GuestMachine } from '../../support/guestMachine.ts';

/** `web` (10.0.0.2) and `db` (10.0.0.3), logged in, run in turns of a millisecond; `frames` is what crossed the wire. */
function wired() {
  const frames: Uint8Array[] = [];
  const machines: GuestMachine[] = [];
  for (const [index, name] of ['web', 'db'].entries()) {
    const transmit = (frame: Uint8Array) => {
      frames.push(frame);
      machines[1 - index]!.net!.receive(frame);
    };
    const network = { station: index + 2, transmit };
    machines.push(new GuestMachine({ commandLine: `hostname=${name} ip=10.0.0.${index + 2}/24`, network }));
  }
  const [web, db] = machines as [GuestMachine, GuestMachine];
  web.login();
  db.login();
  const run = (milliseconds: number) => {
    for (let i = 0; i < milliseconds; i++)
      for (const { platform } of machines) platform.run({ until: platform.now + 1_000_000 });
  };
  /** What `machine` printed for a command while both ran. */
  const command = (machine: GuestMachine, line: string, milliseconds: number) => {
    const before = machine.output.length;
    machine.type(`${line}\n`);
    run(milliseconds);
    return machine.output.slice(before).replaceAll('\r\n', '\n');
  };
  return { web, db, frames, run, command };
}

/** The bytes of a big-endian number. */
const number = (frame: Uint8Array, at: number, size: number) =>
  frame.subarray(at, at + size).reduce((value, byte) => value * 256 + byte, 0);

describe('two guests on one wire', () => {
  test('ping asks for the address first, and then every packet is answered', () => {
    const { web, frames, command } = wired();
    const said = command(web, 'ping -c 2 10.0.0.3', 1500);
    expect(said).toMatch(
      /64 bytes from 10\.0\.0\.3: icmp_seq=1 ttl=64 time=\d+\.\d{3} ms\n64 bytes from 10\.0\.0\.3: icmp_seq=2/,
    );
    expect(said).toContain('2 packets transmitted, 2 received, 0% packet loss');
    expect(frames.map((frame) => number(frame, 12, 2).toString(16))).toEqual([
      '806',
      '806',
      '800',
      '800',
      '800',
      '800',
    ]);
    const echoes = frames
      .slice(2)
      .map((frame) => [frame[34], number(frame, 26, 4) & 0xff, number(frame, 30, 4) & 0xff]);
    expect(echoes).toEqual([
      [8, 2, 3],
      [0, 3, 2],
      [8, 2, 3],
      [0, 3, 2],
    ]);
    expect(command(web, 'ip neigh', 100)).toContain('10.0.0.3 at 52:54:00:00:00:03\n');
  });

  test('who does not answer is waited for, and who is beyond the network is not', () => {
    const { web, command } = wired();
    const said = command(web, 'ping -c 1 10.0.0.9', 1500);
    expect(said).toContain('no answer yet for icmp_seq=1\n');
    expect(said).toContain('1 packets transmitted, 0 received, 100% packet loss');
    expect(command(web, 'ping -c 1 8.8.8.8', 100)).toContain('ping: sendto: Network is unreachable\n');
    command(web, 'ip addr add 10.0.0.2/24 10.0.0.3', 100);
    expect(command(web, 'ip', 100)).toContain('inet 10.0.0.2/24 gateway 10.0.0.3');
  });

  test('a datagram with a right checksum reaches the port that listens', () => {
    const { web, db, frames, command, run } = wired();
    command(db, 'udp listen 7', 50);
    command(web, 'udp send 10.0.0.3 7 hello', 100);
    run(50);
    expect(db.output).toMatch(/10\.0\.0\.2:49152: hello\r\n/);
    const datagram = frames.at(-1)!;
    expect([number(datagram, 36, 2), number(datagram, 38, 2)]).toEqual([7, 13]);
    // RFC 768: with the pseudo header, all words add up to all ones.
    const bytes = [...datagram.subarray(26, 34), 0, 17, 0, 13, ...datagram.subarray(34, 47), 0];
    let sum = 0;
    for (let i = 0; i < bytes.length; i += 2) sum += bytes[i]! * 256 + bytes[i + 1]!;
    expect((sum & 0xffff) + (sum >>> 16)).toBe(0xffff);
  });

  test('frames that are damaged, too short or for others harm nothing and are not answered', () => {
    const { web, db, frames, command, run } = wired();
    command(web, 'ping -c 1 10.0.0.3', 600);
    const request = frames.find((frame) => frame[34] === 8 && frame[12] === 8 && frame[13] === 0)!;
    const count = frames.length;
    const damaged = (change: (frame: Uint8Array) => void) => {
      const copy = request.slice();
      change(copy);
      return copy;
    };
    const wrong = [
      damaged((f) => (f[24] = f[24]! ^ 1)), // header checksum
      damaged((f) => (f[60] = f[60]! ^ 1)), // ICMP checksum
      damaged((f) => (f[5] = 9)), // another station
      damaged((f) => (f[17] = 255)), // longer than the frame
      request.subarray(0, 14),
      request.subarray(0, 10),
    ];
    for (const frame of wrong) db.net!.receive(frame);
    run(50);
    expect(frames.length).toBe(count);
    db.net!.receive(request);
    run(50);
    expect(frames.length).toBe(count + 1);
  });

  test('sniff sees a frame for somebody else, spoof sends one in another’s name', () => {
    const { web, db, frames, command } = wired();
    command(db, 'sniff 1', 50);
    expect(command(web, 'spoof 52:54:00:00:00:99 52:54:00:00:00:77 secret', 100)).toContain('sent 60 bytes');
    expect([...frames.at(-1)!.subarray(0, 12)]).toEqual([
      0x52, 0x54, 0, 0, 0, 0x77, 0x52, 0x54, 0, 0, 0, 0x99,
    ]);
    expect(db.output).toContain(
      '52:54:00:00:00:99 > 52:54:00:00:00:77 type 88b5, 60 bytes: 73 65 63 72 65 74 00',
    );
  });
});

/** Message type and options of a DHCP message in a frame; null for other frames. */
function dhcpOf(frame: Uint8Array): { type: number; options: Map<number, Uint8Array> } | null {
  if (number(frame, 12, 2) !== 0x800 || frame[23] !== 17 || number(frame, 36, 2) !== 67) return null;
  const options = new Map<number, Uint8Array>();
  for (let at = 282; frame[at] !== 255; at += 2 + frame[at + 1]!)
    options.set(frame[at]!, frame.slice(at + 2, at + 2 + frame[at + 1]!));
  return { type: options.get(53)![0]!, options };
}

describe('an address from the network', () => {
  /** A guest with ip=dhcp whose messages `serve` answers: frames made of the request with a type, an address and options. */
  function asking(serve: (type: number, answer: (options: number[]) => void) => void) {
    const seen: NonNullable<ReturnType<typeof dhcpOf>>[] = [];
    const transmit = (frame: Uint8Array) => {
      const message = dhcpOf(frame);
      if (!message) return;
      seen.push(message);
      serve(message.type, (options) => {
        const reply = new Uint8Array(282 + options.length);
        reply.set(frame.subarray(0, 282));
        reply.set(frame.subarray(6, 12), 0);
        reply.set([0x52, 0x54, 0, 0, 0, 1], 6);
        reply.set([0, 67, 0, 68], 34);
        reply[42] = 2;
        reply.set([192, 168, 7, 40], 58);
        reply.set(options, 282);
        machine.net!.receive(reply);
      });
    };
    const machine = new GuestMachine({
      commandLine: 'hostname=db ip=dhcp',
      network: { station: 5, transmit },
    });
    return { machine, seen };
  }
  const SERVER = [54, 4, 192, 168, 7, 1];
  const REST = [1, 4, 255, 255, 255, 0, 3, 4, 192, 168, 7, 1, 255];

  test('is offered, asked for, and acknowledged', () => {
    const { machine, seen } = asking((type, answer) =>
      answer([53, 1, type === 1 ? 2 : 5, ...SERVER, ...REST]),
    );
    expect(machine.waitFor('login: ')).toContain(
      'dhcp: 192.168.7.40/24, gateway 192.168.7.1, from 192.168.7.1\n',
    );
    expect(seen.map(({ type }) => type)).toEqual([1, 3]);
    expect([...seen[1]!.options.get(50)!]).toEqual([192, 168, 7, 40]);
    expect([...seen[1]!.options.get(54)!]).toEqual([192, 168, 7, 1]);
  });

  test('is asked for again after a refusal', () => {
    let refused = false;
    const { machine, seen } = asking((type, answer) => {
      const kind = type === 1 ? 2 : refused ? 5 : 6;
      if (type === 3) refused = true;
      answer([53, 1, kind, ...SERVER, ...REST]);
    });
    expect(machine.waitFor('login: ')).toContain('dhcp: 192.168.7.40/24');
    expect(seen.map(({ type }) => type)).toEqual([1, 3, 1, 3]);
  });

  test('options that reach beyond the message are not believed, and nobody is waited for for ever', () => {
    const { machine, seen } = asking((_, answer) => answer([53, 1, 2, 54, 200, 1, 2]));
    expect(machine.waitFor('login: ', 100_000_000)).toContain('dhcp: nobody offered an address\n');
    expect(seen.map(({ type }) => type)).toEqual([1, 1, 1]);
  });
});
