/** virsh migrate between two hosts of one world: the guest goes on, and what it cost is told. */
import { describe, expect, test } from 'vitest';
import { type MigrationWorld, migrationWorld } from '../support/migrationWorld.ts';
import { domainXml } from '../support/vmHost.ts';

const GO = 'virsh migrate --live writer qemu+tcp://two/system';

/** A host with a guest that writes to 64 pages all the time. */
function writer(rate?: number): MigrationWorld {
  const made = migrationWorld({
    ...(rate !== undefined && { rate }),
    files: { '/tmp/writer.xml': domainXml('writer', { kernel: '/boot/writer', memory: 4096 }) },
  });
  made.sh('one', 'virsh define /tmp/writer.xml && virsh start writer');
  made.advance(1);
  return made;
}

/** A row of `virsh domjobinfo`. */
function row(text: string, name: string): string {
  return new RegExp(`^${name}: +(.*?) *$`, 'm').exec(text)![1]!;
}

describe('a guest that writes all the time', () => {
  test('goes on at the target with each page as it was at its last moment at the source', () => {
    const { sh, advance, printed, left } = writer();
    expect(printed('one')).toMatch(/^\.+$/);
    expect(sh('one', GO)).toBe('\n');
    expect(left('one')).toBe('writer');
    expect(left('two')).toBe('writer qemu-system-ris');
    expect(sh('one', 'virsh domstate writer --reason')).toBe('shut off (migrated)\n\n');
    expect(sh('two', 'virsh domstate writer --reason; virsh list --transient --name')).toBe(
      'running (migrated)\n\nwriter\n\n',
    );
    printed('one');
    advance(1);
    expect(printed('one')).toBe('');
    expect(printed('two')).toMatch(/^\.{20,}$/);
  });

  test('and comes back', () => {
    const { sh, advance, printed } = writer();
    sh('one', GO);
    advance(1);
    expect(sh('two', 'virsh migrate --live writer qemu+tcp://10.0.0.1/system')).toBe('\n');
    expect(sh('two', 'virsh list --all --name')).toBe('\n');
    printed('one');
    advance(1);
    expect(printed('one')).toMatch(/^\.{20,}$/);
    expect(sh('one', 'virsh domstate writer --reason')).toBe('running (migrated)\n\n');
  });

  test('time, rounds and downtime are measured, and follow the link', () => {
    const told = [1e9, 1e8, 2e7].map((rate) => {
      const { sh } = writer(rate);
      sh('one', GO);
      const text = sh('one', 'virsh domjobinfo writer --completed --keep-completed');
      expect(sh('one', 'virsh domjobinfo writer --completed')).toBe(text);
      expect(sh('one', 'virsh domjobinfo writer --completed')).toBe('Job type:         None        \n\n');
      return text;
    });
    for (const text of told) {
      expect(row(text, 'Job type')).toBe('Completed');
      expect(row(text, 'Operation')).toBe('Outgoing migration');
      expect(row(text, 'Memory total')).toBe('4.000 MiB');
      // All it has in use, and what it writes to once more.
      expect(Number(row(text, 'Normal pages'))).toBeGreaterThanOrEqual(128);
      expect(row(text, 'Iteration')).toBe('2');
    }
    const downtimes = told.map((text) => Number.parseInt(row(text, 'Total downtime'), 10));
    // 64 pages are 2.1 million bits, besides what TCP adds, and then there are the answers.
    expect(downtimes[0]).toBeLessThan(6);
    expect(downtimes[1]).toBeGreaterThanOrEqual(21);
    expect(downtimes[1]).toBeLessThan(30);
    expect(downtimes[2]).toBeGreaterThanOrEqual(105);
    expect(downtimes[2]).toBeLessThan(130);
  });

  test('over a link that is too slow for it rounds follow on each other until it may stand still for longer', () => {
    const { sh, begin, advance, printed } = writer(4e6);
    begin('one', GO);
    advance(8);
    const during = sh('one', 'virsh domjobinfo writer; virsh domstate writer');
    expect(row(during, 'Job type')).toBe('Unbounded');
    expect(Number(row(during, 'Iteration'))).toBeGreaterThanOrEqual(10);
    expect(Number.parseInt(row(during, 'Dirty rate'), 10)).toBeGreaterThan(100);
    expect(during).toMatch(/running\n\n$/);
    expect(sh('two', 'virsh domstate writer --reason')).toBe('paused (migrating)\n\n');
    sh('one', 'virsh migrate-setmaxdowntime writer 1500');
    advance(3);
    expect(sh('one', 'virsh domstate writer; cat /tmp/begun')).toBe('shut off\n\n\n');
    const downtime = Number.parseInt(
      row(sh('one', 'virsh domjobinfo writer --completed'), 'Total downtime'),
      10,
    );
    expect(downtime).toBeGreaterThan(500);
    expect(downtime).toBeLessThan(700);
    printed('two');
    advance(1);
    expect(printed('two')).toMatch(/^\.+$/);
  });

  test('--timeout suspends it, so that it gets through', () => {
    const { sh, begin, advance } = writer(4e6);
    begin('one', `${GO} --timeout 2`);
    advance(1.5);
    expect(sh('one', 'virsh domstate writer')).toBe('running\n\n');
    advance(2);
    expect(sh('one', 'virsh domstate writer; cat /tmp/begun')).toBe('shut off\n\n\n');
    expect(sh('two', 'virsh domstate writer')).toBe('running\n\n');
  });

  test('suspended for it, and then aborted, it goes on at the source; paused before, it is so at the target', () => {
    const { sh, begin, advance } = writer(1e6);
    begin('one', GO);
    advance(3);
    expect(sh('one', 'virsh suspend writer; virsh domstate writer --reason')).toContain('paused (migrating)');
    sh('one', 'virsh domjobabort writer; sleep 6');
    expect(sh('one', 'virsh domstate writer --reason')).toBe('running (migration canceled)\n\n');
    sh('one', `virsh suspend writer; ${GO}`);
    expect(sh('two', 'virsh domstate writer')).toBe('paused\n\n');
  });

  test('without --live it stands still from the beginning', () => {
    const { sh } = writer(2e7);
    sh('one', 'virsh migrate writer qemu+tcp://two/system');
    const text = sh('one', 'virsh domjobinfo writer --completed');
    expect(Number(row(text, 'Normal pages'))).toBeLessThan(80);
    expect(sh('two', 'virsh domstate writer --reason')).toBe('running (migrated)\n\n');
  });

  test('--persistent and --undefinesource move its definition; --suspend leaves it paused; --verbose tells how far', () => {
    const { sh } = writer(2e7);
    expect(sh('one', `${GO} --persistent --undefinesource --suspend --verbose`)).toMatch(
      /^(\rMigration: \[ *\d+ %\])*\rMigration: \[100 %\]\n$/,
    );
    expect(sh('one', 'virsh list --all --name; ls /etc/libvirt/qemu')).toBe('\n');
    expect(sh('two', 'virsh domstate writer; virsh list --persistent --name; ls /etc/libvirt/qemu')).toBe(
      'paused\n\nwriter\n\nwriter.xml\n',
    );
  });
});

test('the same migration twice makes the same world', () => {
  const run = () => {
    const { world, sh, advance } = writer(1e8);
    sh('one', GO);
    advance(0.1);
    return world.hash();
  };
  expect(run()).toBe(run());
});

test('virsh of another host: by the URI of the daemon, all commands and a migration between others', () => {
  const { sh, begin, advance } = writer(4e6);
  expect(sh('two', 'virsh -c qemu+tcp://one/system list --name')).toBe('writer\n\n');
  expect(sh('two', 'virsh --connect=qemu+tcp://one/system uri')).toBe('qemu+tcp://one/system\n\n');
  expect(sh('two', 'virsh -c qemu+ssh://one/system list')).toContain("transport 'ssh' is not simulated");
  begin('two', 'virsh -c qemu+tcp://one/system migrate --live writer qemu+tcp://two/system');
  // Longer than a silent client is kept.
  advance(33);
  expect(sh('one', 'virsh domjobinfo writer')).toContain('Unbounded');
  sh('two', 'virsh -c qemu+tcp://one/system migrate-setmaxdowntime writer 2000');
  advance(3);
  expect(sh('two', 'cat /tmp/begun; virsh domstate writer')).toBe('\nrunning\n\n');
  expect(sh('one', 'virsh domstate writer --reason')).toBe('shut off (migrated)\n\n');
});
