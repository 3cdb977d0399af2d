/** The power of a host is cut: what was on its disk is there after the boot, and nothing that was in memory alone. */
import { describe, expect, test } from 'vitest';
import { decodeUtf8, SECOND } from '../../src/base/index.ts';
import { vmHost } from '../support/vmHost.ts';

function machine() {
  const made = vmHost();
  const { world } = made;
  const host = () => world.host('bluebox');
  const read = (path: string) => {
    const bytes = host().view.readFile(path);
    return bytes === null ? null : decodeUtf8(bytes);
  };
  const powerCycle = () => {
    const before = host();
    made.host.spawn({ argv: ['/usr/local/bin/host', 'power-cycle'] });
    expect(world.runUntil(() => host() !== before && host().booted, world.now + 5 * SECOND)).toBe(true);
  };
  return { ...made, host, read, powerCycle };
}

describe('host power-cycle', () => {
  test('synced files stay, others end as they were on the disk', () => {
    const { out, read, powerCycle } = machine();
    out(
      'echo safe >/root/a; sync; echo "and more" >>/root/a; echo lost >/root/b; dd if=/root/a of=/root/c conv=fsync status=none',
    );
    expect(read('/root/b')).toBe('lost\n');
    powerCycle();
    expect(read('/root/a')).toBe('safe\n');
    expect(read('/root/b')).toBe('');
    expect(read('/root/c')).toBe('safe\nand more\n');
  });

  test('after half a minute the host has written by itself', () => {
    const { out, read, advance, powerCycle } = machine();
    out('echo old >/root/a');
    advance(31);
    powerCycle();
    expect(read('/root/a')).toBe('old\n');
  });

  test('no process lives on, and what lay in memory is gone', () => {
    const { out, host, powerCycle } = machine();
    out('sleep 1000 & disown; echo x >/run/note; sync');
    powerCycle();
    const names = host()
      .view.processes()
      .map(({ comm }) => comm);
    expect(names).toContain('libvirtd');
    expect(names).not.toContain('sleep');
    expect(host().view.stat('/run/note')).toBeNull();
  });

  test('uptime begins anew', () => {
    const { advance, out, host, world, powerCycle } = machine();
    advance(100);
    expect(Number(out('cut -d. -f1 /proc/uptime'))).toBeGreaterThanOrEqual(100);
    powerCycle();
    world.run(world.now + SECOND);
    let shown = '';
    host().spawn({
      argv: ['/bin/bash', '-c', 'cat /proc/uptime'],
      onOutput: (bytes) => {
        shown += decodeUtf8(bytes);
      },
    });
    world.run(world.now + SECOND);
    expect(Number(shown.split(' ')[0])).toBeLessThan(5);
  });

  test('a terminal ends, and a new one is at the booted host', () => {
    const { terminal, world, powerCycle, host } = machine();
    let ended = false;
    world.host('bluebox').openTerminal({
      user: 'student',
      size: { rows: 24, cols: 80 },
      onOutput: () => {},
      onEnd: () => {
        ended = true;
      },
    });
    terminal().type('cat\r');
    powerCycle();
    expect(ended).toBe(true);
    let shown = '';
    const next = host().openTerminal({
      user: 'student',
      size: { rows: 24, cols: 80 },
      onOutput: (bytes) => {
        shown += decodeUtf8(bytes);
      },
    });
    world.run(world.now + SECOND);
    expect(next.closed).toBe(false);
    expect(shown).toContain('student@bluebox');
  });

  test('says how it is used', () => {
    const { sh } = machine();
    expect(sh('host').out).toContain('power-cycle');
    expect(sh('host reboot')).toMatchObject({ status: 2, err: expect.stringContaining('no command reboot') });
    expect(sh('host power-cycle now').status).toBe(2);
  });
});
