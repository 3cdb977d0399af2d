/** A world that runs along with this machine's clock, whatever that does. */
import { expect, test, vi } from 'vitest';
import { RealTime } from '../../src/cli/realTime.ts';
import { createWorld } from '../../src/world/index.ts';

const EPOCH = 1_700_000_000;
const HOUR = 3600;

test.each([
  ['set forwards, and the world is too busy for the hour between', 'while :; do :; done', HOUR, 2],
  ['set forwards, and the world can live the hour between', 'sleep 100', HOUR, HOUR],
  ['set back', 'sleep 100', -HOUR, 0],
  ['left alone', 'sleep 100', 0, 0],
])('this machine’s clock is %s: the host’s is right, and what is waited for takes its time', (...given) => {
  const [, busy, seconds, lived] = given;
  const world = createWorld({ epoch: EPOCH, hosts: [{ name: 'one' }] }, 'clock');
  const [host] = world.hosts;
  const pid = host!.spawn({ argv: ['/bin/bash', '-c', busy] });
  let woken = 0;
  const slept = () => {
    woken = world.now;
  };
  host!.spawn({ argv: ['/bin/sleep', '50'], onExit: slept });
  const machine = vi.spyOn(Date, 'now').mockImplementation(() => EPOCH * 1000 + world.now / 1e6);
  const time = new RealTime(world, EPOCH);
  time.run();
  const begun = world.now;
  const now = EPOCH + begun / 1e9 + seconds;
  machine.mockImplementation(() => now * 1000);
  for (let i = 0; i < 3; i++) time.run();
  time.close();
  machine.mockRestore();
  expect((world.now - begun) / 1e9).toBeLessThanOrEqual(lived);

  let said = '';
  const onOutput = (bytes: Uint8Array) => {
    said += Buffer.from(bytes).toString();
  };
  const script = `kill ${pid} 2>/dev/null; date +%s; read up rest </proc/uptime; sleep 100; date +%s; grep btime /proc/stat; echo $up`;
  host!.spawn({ argv: ['/bin/bash', '-c', script], onOutput });
  world.run(world.now + 200e9);
  expect((woken - begun) / 1e9).toBeCloseTo(50, 1);
  const [first, later, boot, up] = said.split('\n');
  // A second is as far as a world may be off.
  expect(Math.abs(Number(first) - now)).toBeLessThanOrEqual(2);
  expect(Number(later) - Number(first)).toBe(100);
  expect(boot).toMatch(/^btime \d+$/);
  expect(Math.abs(Number(boot!.slice(6)) + Number(up) - Number(first))).toBeLessThanOrEqual(1);
});
