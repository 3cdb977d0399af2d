/** A migration that does not come to its end: the domain goes on at the source, and at the target nothing is left of it. */
import { describe, expect, test } from 'vitest';
import { isOsError, MILLISECOND } from '../../src/base/index.ts';
import { type Program, readAll, sys, writeAll } from '../../src/linux/index.ts';
import {
  type MigrationWorld,
  type MigrationWorldOptions,
  migrationWorld,
} from '../support/migrationWorld.ts';
import { diskXml, domainXml } from '../support/vmHost.ts';

const UUID = '11111111-2222-3333-4444-555555555555';
const NIC = `<interface type='bridge'><mac address='52:54:00:00:00:0a'/><source bridge='br0'/></interface>`;
const SPEC = { kernel: '/boot/writer', memory: 4096, uuid: UUID, devices: NIC };
const GO = 'virsh migrate --live writer qemu+tcp://two/system';

/** Slow enough that it never ends: each round takes half a second, in which all of the pages change again, and 0.3 s are allowed. */
function slow(options: MigrationWorldOptions = {}): MigrationWorld {
  const made = migrationWorld({
    rate: 4e6,
    pause: 8,
    ...options,
    files: { '/tmp/writer.xml': domainXml('writer', SPEC), ...options.files },
  });
  made.sh('one', 'virsh define /tmp/writer.xml && virsh start writer');
  return made;
}

/** The source is as it was, the target as `target` says, by default empty; and a second try goes through. */
function expectStayed({ sh, left, advance, printed }: MigrationWorld, target = ''): void {
  expect(sh('one', 'virsh domstate writer; virsh domjobinfo writer')).toBe(
    'running\n\nJob type:         None        \n\n',
  );
  expect(left('one')).toBe('writer qemu-system-ris vnet0');
  expect(left('two')).toBe(target);
  printed('one');
  advance(1);
  expect(printed('one')).toMatch(/^\.+$/);
  expect(printed('two')).toBe('');
}

describe('before anything is sent', () => {
  const other = (spec: object) => ({ '/tmp/other.xml': domainXml('writer', { ...SPEC, ...spec }) });

  test.each<[string, MigrationWorldOptions, string, string, string, string]>([
    [
      'the name is another one’s',
      { others: other({ uuid: '99999999-2222-3333-4444-555555555555' }) },
      'virsh define /tmp/other.xml',
      GO,
      "error: operation failed: domain 'writer' already exists with uuid 99999999-2222-3333-4444-555555555555\n\n[1]\n",
      'writer',
    ],
    [
      'the target has too little memory',
      { memory: [2 ** 25, 2 ** 21] },
      'true',
      GO,
      "error: internal error: process exited while connecting to monitor: qemu-system-riscv32: cannot set up guest memory 'riscv_virt_board.ram': Cannot allocate memory\n\n[1]\n",
      '',
    ],
    [
      'the target has no such bridge',
      {},
      'ip link set br0 down; ip link set br0 name br1; ip link set br1 up',
      'virsh migrate --live writer qemu+tcp://10.0.0.2/system',
      "error: Cannot get interface MTU on 'br0': No such device\n\n[1]\n",
      '',
    ],
    [
      'the target has no kernel',
      {},
      'rm /boot/writer',
      GO,
      "error: internal error: process exited while connecting to monitor: qemu-system-riscv32: could not load kernel '/boot/writer': No such file or directory\n\n[1]\n",
      '',
    ],
    [
      'the port is another one’s',
      {},
      'true',
      'virsh migrate --live writer qemu+tcp://two:1/system',
      'error: another port than 16509 is not simulated on this host\n\n[1]\n',
      '',
    ],
    [
      'no daemon is there',
      {},
      'pkill libvirtd; sleep 0.1',
      GO,
      "error: unable to connect to server at 'two:16509': Connection refused\n\n[1]\n",
      '',
    ],
    [
      'nobody knows the host',
      {},
      'true',
      'virsh migrate --live writer qemu+tcp://three/system',
      "error: Unable to resolve address 'three' service '16509': Name or service not known\n\n[1]\n",
      '',
    ],
    [
      'the host is the same',
      {},
      'true',
      'virsh migrate --live writer qemu+tcp://one/system',
      'error: internal error: Attempt to migrate guest to the same host one\n\n[1]\n',
      '',
    ],
    [
      'ssh',
      {},
      'true',
      'virsh migrate --live writer qemu+ssh://two/system',
      "error: the transport 'ssh' is not simulated on this host; there is qemu+tcp://HOST/system\n\n[1]\n",
      '',
    ],
    [
      'an option that is not here',
      {},
      'true',
      `${GO} --postcopy`,
      'error: option --postcopy is not simulated on this host\n[1]\n',
      '',
    ],
  ])('%s', (_, options, prepare, go, error, target) => {
    const made = slow({ rate: 1e9, ...options });
    made.sh('two', prepare);
    expect(made.sh('one', go)).toBe(error);
    if (prepare.includes('pkill')) return;
    expectStayed(made, target);
  });

  test('a disk that the target does not see', () => {
    const devices = NIC + diskXml('/tmp/disk.img', 'vda', 'raw');
    const made = slow({
      files: {
        '/tmp/writer.xml': domainXml('writer', { ...SPEC, devices }),
        '/tmp/disk.img': { content: new Uint8Array(65_536) },
      },
    });
    expect(made.sh('one', GO)).toBe(
      'error: Unsafe migration: Migration without shared storage is unsafe\n\n[1]\n',
    );
    expectStayed(made);
    made.sh('two', 'rm /tmp/disk.img');
    expect(made.sh('one', `${GO} --copy-storage-all`)).toBe(
      "error: Storage pool not found: no storage pool with matching target path '/tmp'\n\n[1]\n",
    );
    expectStayed(made);
    expect(made.sh('one', `${GO} --unsafe`)).toBe(
      "error: Cannot access storage file '/tmp/disk.img': No such file or directory\n\n[1]\n",
    );
    expectStayed(made);
  });
});

describe('in the middle', () => {
  const emulator = "$(ps -eo pid,comm | sed -n 's/ *\\([0-9]*\\) qemu.*/\\1/p')";
  const daemon = "$(ps -eo pid,comm | sed -n 's/ *\\([0-9]*\\) libvirtd/\\1/p')";

  test.each<[string, 'one' | 'two', string, number, RegExp]>([
    [
      'the target’s emulator is killed',
      'two',
      `kill -KILL ${emulator}`,
      1,
      /^error: operation failed: job 'migration out' failed: (the target has closed the connection|Unable to write to socket: (Connection reset by peer|Broken pipe))\n\n$/,
    ],
    [
      'it is destroyed at the target',
      'two',
      'virsh destroy writer',
      1,
      /^error: operation failed: job 'migration out' failed: /,
    ],
    [
      'the client is killed',
      'one',
      "kill -KILL $(ps -eo pid,comm | sed -n 's/ *\\([0-9]*\\) virsh/\\1/p')",
      1,
      /^$/,
    ],
    [
      'the client is interrupted',
      'one',
      "kill -INT $(ps -eo pid,comm | sed -n 's/ *\\([0-9]*\\) virsh/\\1/p')",
      1,
      /^error: operation aborted: migration out job: canceled by client\n\n$/,
    ],
    [
      'somebody aborts it',
      'one',
      'virsh domjobabort writer',
      1,
      /^error: operation aborted: migration out job: canceled by client\n\n$/,
    ],
    [
      'the cable is cut',
      'one',
      'ip link set eth0 down; sleep 1',
      45,
      /^error: internal error: client socket is closed: connection closed due to keepalive timeout\n\n$/,
    ],
  ])('%s', (_, host, what, seconds, said) => {
    const made = slow();
    const { sh, begin, advance, left } = made;
    begin('one', GO);
    advance(2);
    expect(left('two')).toBe('writer qemu-system-ris vnet0');
    sh(host, what);
    advance(seconds);
    expect(sh('one', 'cat /tmp/begun')).toMatch(said);
    if (what.includes('eth0')) sh('one', 'ip link set eth0 up');
    expectStayed(made);
    begin('one', GO);
    advance(2);
    sh('one', 'virsh migrate-setmaxdowntime writer 2000');
    advance(3);
    expect(sh('one', 'virsh domstate writer; cat /tmp/begun')).toBe('shut off\n\n\n');
    expect(sh('two', 'virsh domstate writer')).toBe('running\n\n');
  });

  test('the target’s daemon is killed', () => {
    const made = slow();
    made.begin('one', GO);
    made.advance(2);
    made.sh('two', `kill -KILL ${daemon}`);
    made.advance(2);
    expect(made.sh('one', 'cat /tmp/begun')).toMatch(/^error: /);
    expect(made.sh('two', 'ps -eo comm')).not.toMatch(/qemu/);
    made.sh('two', 'rm /run/libvirt/libvirt-sock; libvirtd --listen >/dev/null 2>&1 & sleep 0.2');
    expectStayed(made);
  });

  test('the guest powers off, its emulator is killed, it is destroyed: then it is nowhere', () => {
    for (const what of [`kill -KILL ${emulator}`, 'virsh destroy writer']) {
      const made = slow();
      made.begin('one', GO);
      made.advance(2);
      made.sh('one', what);
      made.advance(1);
      expect(made.sh('one', 'virsh domstate writer; cat /tmp/begun')).toMatch(/^shut off\n\nerror: /);
      expect(made.left('two')).toBe('');
    }
  });

  test('whenever the target’s emulator ends, the guest is at one of both, and the client knows at which', () => {
    const outcomes: string[] = [];
    for (let step = 0; step < 16; step++) {
      const made = slow({ rate: 1e8 });
      const { world, sh, left, advance, printed } = made;
      world.host('one').spawn({ argv: ['/bin/bash', '-c', `${GO} >/tmp/begun 2>&1`] });
      world.run(world.now + step * 8 * MILLISECOND);
      const processes = world.host('two').view.processes();
      const found = processes.find(({ comm }) => comm.startsWith('qemu'));
      if (found === undefined) continue;
      sh('two', `kill -KILL ${found.pid}`);
      advance(1);
      const failed = sh('one', 'cat /tmp/begun').startsWith('error: ');
      outcomes.push(failed ? 'stayed' : 'gone');
      expect(left('two')).toBe('');
      expect(sh('one', 'virsh domstate writer')).toBe(failed ? 'running\n\n' : 'shut off\n\n');
      printed('one');
      advance(0.1);
      expect(printed('one')).toMatch(failed ? /^\.+$/ : /^$/);
    }
    // First it stays, then it has gone.
    expect(outcomes.join(' ')).toMatch(/^(stayed ){4,}(gone ?){2,}$/);
  });

  test('the target’s power is cut', () => {
    const made = slow();
    made.begin('one', GO);
    made.advance(2);
    made.world.powerCycle('two');
    made.advance(40);
    expect(made.sh('one', 'cat /tmp/begun')).toMatch(/^error: /);
    expectStayed(made);
  });

  test('the source’s power is cut: the guest has gone with it, and the target notices', () => {
    const { world, sh, begin, advance, left } = slow();
    begin('one', GO);
    advance(2);
    world.powerCycle('one');
    advance(40);
    expect(left('two')).toBe('');
    expect(sh('one', 'virsh domstate writer')).toBe('shut off\n\n');
  });

  test('what would get in its way waits for its end', () => {
    const { sh, begin, advance } = slow();
    begin('one', GO);
    advance(2);
    for (const command of [
      'shutdown writer',
      'save writer /tmp/x',
      'snapshot-create-as writer s',
      'reset writer',
    ])
      expect(sh('one', `virsh ${command}`)).toContain(
        'Timed out during operation: cannot acquire state change lock (held by remoteDispatchDomainMigratePerform3Params)',
      );
    expect(sh('one', GO)).toContain('cannot acquire state change lock');
    expect(sh('two', 'virsh resume writer')).toContain(
      'cannot acquire state change lock (held by remoteDispatchDomainMigratePrepare3Params)',
    );
    expect(sh('one', 'virsh domstate writer')).toBe('running\n\n');
  });
});

describe('others at the ports', () => {
  /** Writes to a port of the second host and prints what comes back. */
  const stranger: Program = function* ({ argv: [, port, text] }) {
    const fd = yield* sys.socket({ family: 'inet', type: 'stream' });
    try {
      yield* sys.connect(fd, { family: 'inet', address: 0x0a000002, port: Number(port) });
      yield* writeAll(fd, text!);
      yield* sys.shutdown(fd, 'wr');
      yield* writeAll(1, yield* readAll(fd));
    } catch (error) {
      if (!isOsError(error)) throw error;
      yield* writeAll(1, error.code);
    }
    return 0;
  };
  const strange = () => slow({ programs: new Map([['stranger', stranger]]) });

  test('what is no request of the daemon is refused, and it goes on', () => {
    const made = strange();
    expect(made.sh('one', "stranger 16509 'hello\n'; virsh list --name")).toContain('writer');
    expect(made.sh('one', `stranger 16509 '{"request":"migratePrepare","offer":"[]"}\n'`)).toContain('error');
    expectStayed(made);
  });

  test('nobody gets in between source and target', () => {
    const made = strange();
    made.begin('one', GO);
    made.advance(2);
    expect(made.sh('one', 'stranger 49152 hello')).toBe('ECONNREFUSED');
    expect(made.sh('one', 'virsh domjobinfo writer')).toContain('Unbounded');
  });
});
