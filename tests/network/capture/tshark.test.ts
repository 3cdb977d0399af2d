/** What Wireshark's dissectors think of our TCP: nothing strange without loss, and with loss what loss explains. */
import { describe, expect, test } from 'vitest';
import { concatBytes, MILLISECOND } from '../../../src/base/index.ts';
import { MemoryStore } from '../../../src/disk/index.ts';
import { type CapturedFrame, captureHeader, captureRecord, ETH_P_ALL } from '../../../src/network/index.ts';
import { hasTool, withDiskTools } from '../../support/diskTools.ts';
import { ip, NetworkWorld } from '../../support/networkHosts.ts';

/** 300,000 bytes over ten megabits and ten milliseconds there and back, as the sender's tcpdump sees them. */
function transfer(lossPercent: number): Uint8Array {
  const world = new NetworkWorld('tshark');
  const [a, b] = [world.host('a'), world.host('b')];
  const ends = world.join(a, 'eth0', '10.0.0.1/24', b, 'eth0', '10.0.0.2/24');
  const capture = a.openPacketSocket(ETH_P_ALL);
  const listener = b.tcp.open();
  listener.bind(0, 80);
  listener.listen(5);
  const client = a.tcp.open();
  client.connect(ip('10.0.0.2'), 80);
  world.run();
  client.finishConnect();
  const server = listener.accept()!;
  for (const end of ends)
    end.wire.options = {
      rate: 10_000_000,
      delay: 5 * MILLISECOND,
      loss: { numerator: lossPercent, denominator: 100 },
      limit: 1000,
    };
  client.send(new Uint8Array(300_000));
  client.shutdown('wr');
  server.onChange = () => {
    for (let part = server.receive(65_536); part !== null && part.length > 0; part = server.receive(65_536));
  };
  const frames: CapturedFrame[] = [];
  for (let i = 0; i < 10_000; i++) {
    if (i === 9000) server.close();
    world.run(MILLISECOND);
    for (let frame = capture.receive(); frame !== null; frame = capture.receive()) frames.push(frame);
  }
  const records = frames.map(({ frame, time }) => captureRecord(frame, time, 1_700_000_000, 'nano'));
  return concatBytes([captureHeader('nano'), ...records]);
}

function tshark(file: Uint8Array, ...args: string[]): string {
  return withDiskTools((tools) => {
    tools.put('x.pcap', MemoryStore.of(file));
    const checks = ['tcp.check_checksum:TRUE', 'ip.check_checksum:TRUE', 'udp.check_checksum:TRUE'];
    return tools.must('tshark', '-r', 'x.pcap', ...checks.flatMap((check) => ['-o', check]), ...args);
  });
}

describe.skipIf(!hasTool('tshark'))('tshark', () => {
  test('finds nothing to say about a transfer without loss but its beginning and end', {
    timeout: 60_000,
  }, () => {
    const expert = tshark(transfer(0), '-q', '-z', 'expert');
    expect(expert).toContain('Connection establish request (SYN): server port 80');
    expect(expert).not.toMatch(
      /Errors|Warns|retransmission|Duplicate|out-of-order|Previous segment|malformed/i,
    );
  });

  test('explains one with loss by retransmissions, and all checksums are right', { timeout: 60_000 }, () => {
    const file = transfer(3);
    const expert = tshark(file, '-q', '-z', 'expert');
    expect(expert).toContain('fast retransmission');
    expect(expert).not.toMatch(/Errors|malformed/i);
    const wrong = 'tcp.checksum.status == 0 || ip.checksum.status == 0 || _ws.malformed';
    expect(
      tshark(file, '-Y', wrong)
        .split('\n')
        .filter((line) => /^ *\d/.test(line)),
    ).toEqual([]);
  });
});
