/** A running domain is a process of its host: seen, accounted and ended as one; and its guest is asked to end. */
import { describe, expect, test } from 'vitest';
import { guestInitramfs, guestKernel } from '../../src/hypervisor/index.ts';
import { type Program, sys, writeAll } from '../../src/linux/index.ts';
import { fatDisk } from '../support/fatImage.ts';
import { diskXml, domainXml, type VmHost, vmHost } from '../support/vmHost.ts';

function host(files = {}, traceExits = false): VmHost {
  const vms = vmHost(
    { '/tmp/busy.xml': domainXml('busy', { kernel: '/boot/busy' }), ...files },
    { traceExits },
  );
  vms.out('virsh define busy.xml');
  return vms;
}

const pidOf = (vms: VmHost, name: string): string =>
  vms
    .out('ps -eo pid,args')
    .match(new RegExp(`^ *(\\d+) qemu-system-riscv32 -name guest=${name},`, 'm'))![1]!;

/** A host with the book's own guest, which has a disk. */
function guestHost(): VmHost {
  const xml = `<domain type='kvm'><name>db</name><memory unit='MiB'>8</memory>
<os><type>hvm</type><kernel>/boot/kernel</kernel><initrd>/boot/initramfs</initrd><cmdline>hostname=db root=/dev/vda1</cmdline></os>
<devices>${diskXml('/srv/db.img', 'vda', 'raw')}<console type='pty'/></devices></domain>`;
  const vms = vmHost({
    '/tmp/db.xml': xml,
    '/boot/kernel': { content: guestKernel() },
    '/boot/initramfs': { content: guestInitramfs() },
    '/srv/db.img': { content: fatDisk() },
  });
  vms.out('virsh define db.xml && virsh start db');
  vms.advance(2);
  return vms;
}

describe('the process', () => {
  test('is libvirtd’s child, of its own user, with the machine on its command line', () => {
    const vms = host();
    expect(vms.out('ps -e -o comm')).not.toContain('qemu');
    vms.out('virsh start busy');
    const row = vms.out(`ps -p ${pidOf(vms, 'busy')} -o user,ppid,args`).split('\n')[1]!;
    const [user, parent, program] = row.trim().split(/ +/);
    expect(vms.out(`ps -p ${parent} -o comm`)).toBe('COMMAND\nlibvirtd\n');
    expect(user).toMatch(/^libvirt/);
    expect(program).toBe('qemu-system-riscv32');
    expect(vms.out('cat /var/log/libvirt/qemu/busy.log')).toMatch(
      /^starting up .*\nqemu-system-riscv32 -name guest=busy,debug-threads=on -S -machine virt -accel kvm -m size=2048k -smp 1 .*-kernel \/boot\/busy /,
    );
    vms.out('virsh destroy busy');
    expect(vms.out('ps -e -o comm')).not.toContain('qemu');
  });

  test('has nothing of libvirtd’s but its sockets and its images', () => {
    const vms = guestHost();
    const links = vms.out(`ls -l /proc/${pidOf(vms, 'db')}/fd`).match(/-> .*/g)!;
    expect(links.map((link) => link.replace(/:\[\d+\]/, ''))).toEqual([
      '-> /dev/null',
      ...['-> /var/log/libvirt/qemu/db.log', '-> /var/log/libvirt/qemu/db.log'],
      ...['-> socket', '-> socket', '-> socket', '-> /srv/db.img', '-> /dev/kvm', '-> anon_inode:kvm-vm'],
    ]);
  });

  test('has the machine’s processor time and memory on its account', () => {
    const vms = host();
    vms.out('virsh start busy');
    const pid = pidOf(vms, 'busy');
    vms.advance(3);
    expect(vms.out(`ps -p ${pid} -o time=`)).toBe('00:00:03\n');
    const status = vms.out(`cat /proc/${pid}/status`);
    expect(status).toContain('Threads:\t2\n');
    // The vCPU is the other one, and has had nearly all of the time.
    const [main, vcpu, ...more] = vms.out(`ls /proc/${pid}/task`).split('\n');
    expect([main, ...more]).toEqual([`${pid}`, '']);
    expect(
      vms.out(
        `cd /proc/${pid}/task; cat */comm; ls /proc | grep -cx ${vcpu}; grep -E "^(Name|Tgid|Pid|State)" /proc/${vcpu}/status`,
      ),
    ).toBe(
      `qemu-system-ris\nCPU 0/KVM\n0\nName:\tCPU 0/KVM\nState:\tR (running)\nTgid:\t${pid}\nPid:\t${vcpu}\n`,
    );
    expect(vms.out(`sed 's/.*) //' /proc/${pid}/task/*/stat | cut -d' ' -f12`)).toMatch(
      /^[0-9]\n(29\d|30\d)\n$/,
    );
    expect(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1])).toBeGreaterThan(2048);
    const group = `/sys/fs/cgroup$(sed s/0::// /proc/${pid}/cgroup)`;
    expect(vms.out(`grep -c . ${group}/cgroup.procs; grep -xc ${vcpu} ${group}/cgroup.threads`)).toBe(
      '1\n1\n',
    );
    // ps: the layouts as procps 4.0.2 has them; times are each thread's own.
    const [own, other] = [`${pid}`.padStart(7), vcpu!.padStart(7)];
    const threads = [
      `${own} ${own} ?        00:00:00 qemu-system-ris`,
      `${own} ${other} ?        00:00:03 CPU 0/KVM`,
    ];
    expect(
      vms.out(`ps -L -p ${pid}; ps -T -p ${pid}; ps -p ${pid} -o pid,lwp,tid,spid,nlwp,s,time,comm`),
    ).toBe(
      [
        '    PID     LWP TTY          TIME CMD',
        ...threads,
        '    PID    SPID TTY          TIME CMD',
        ...threads,
        '    PID     LWP     TID    SPID NLWP S     TIME COMMAND',
        `${own} ${own} ${own} ${own}    2 S 00:00:03 qemu-system-ris`,
        '',
      ].join('\n'),
    );
    const heads = ['-L', '-Lf', '-Ll', '-Lj', '-Ljf', '-Llf', '-Tf', '-Tj', '-Tl'].map((options) =>
      vms.out(`ps ${options} -p ${pid} | head -1`).trim().replace(/ +/g, ' '),
    );
    expect(heads).toEqual([
      'PID LWP TTY TIME CMD',
      'UID PID PPID LWP C NLWP STIME TTY TIME CMD',
      'F S UID PID PPID LWP C PRI NI ADDR SZ WCHAN TTY TIME CMD',
      'PID PGID SID LWP TTY TIME CMD',
      'UID PID PPID PGID SID LWP C NLWP STIME TTY TIME CMD',
      'F S UID PID PPID LWP C NLWP PRI NI ADDR SZ WCHAN STIME TTY TIME CMD',
      'UID PID SPID PPID C STIME TTY TIME CMD',
      'PID SPID PGID SID TTY TIME CMD',
      'F S UID PID SPID PPID C PRI NI ADDR SZ WCHAN TTY TIME CMD',
    ]);
    const trees = ['', '-t', '-tp', '-a', '-T'].map((options) =>
      vms.out(`pstree ${options} ${pid} | cut -c1-60`),
    );
    expect(trees[3]).toMatch(/^qemu-system-ris -name guest=busy,.*\n {2}`-\{qemu-system-ris\}\n$/);
    expect(trees.filter((_, i) => i !== 3)).toEqual([
      'qemu-system-ris---{qemu-system-ris}\n',
      'qemu-system-ris---{CPU 0/KVM}\n',
      `qemu-system-ris(${pid})---{CPU 0/KVM}(${vcpu})\n`,
      'qemu-system-ris\n',
    ]);
    expect(vms.out(`ps -eLf | grep -c '^libvirt+ *${pid} .* 2 .*qemu-system-riscv32'`)).toBe('2\n');
    // The program's text stays in memory for the next one.
    const before = Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)![1]);
    const used = () => Number(/MemFree: +(\d+)/.exec(vms.out('cat /proc/meminfo'))![1]);
    const free = used();
    vms.out('virsh suspend busy');
    vms.advance(3);
    const time = vms.out(`ps -p ${pid} -o time=`);
    vms.advance(3);
    expect(vms.out(`ps -p ${pid} -o time=`)).toBe(time);
    vms.out('virsh destroy busy');
    expect(used() - free).toBeGreaterThanOrEqual(before);
  });

  test('ended by SIGKILL the domain has crashed; by SIGTERM it is shut off', () => {
    const vms = host();
    for (const [signal, reason] of [
      ['KILL', 'crashed'],
      ['TERM', 'shutdown'],
    ]) {
      vms.out('virsh start busy');
      vms.out(`kill -${signal} ${pidOf(vms, 'busy')}`);
      vms.advance(1);
      expect(vms.out('virsh domstate busy --reason')).toBe(`shut off (${reason})\n\n`);
      expect(vms.out('ps -e -o stat,comm')).not.toMatch(/qemu|Z/);
    }
    vms.out('virsh start busy');
  });

  test('one that stands still makes nobody wait for ever', () => {
    const vms = host({ '/tmp/web.xml': domainXml('web') });
    vms.out('virsh define web.xml && virsh start web');
    vms.out(`kill -STOP ${pidOf(vms, 'web')}`);
    const terminal = vms.terminal();
    terminal.type('virsh suspend web\r', 40);
    expect(terminal.take()).toContain('Timed out during operation: cannot acquire state change lock');
    expect(vms.out('virsh destroy web')).toBe("Domain 'web' destroyed\n\n");
  });

  test.each([
    ['stopped', (pid: string) => `kill -STOP ${pid}`, (pid: string) => `kill -CONT ${pid}`, /^T/m],
    [
      'in a frozen cgroup',
      (pid: string) =>
        `cd /sys/fs/cgroup; mkdir ice; echo ${pid} > ice/cgroup.procs; echo 1 > ice/cgroup.freeze`,
      () => 'echo 0 > /sys/fs/cgroup/ice/cgroup.freeze',
      /^S/m,
    ],
  ])('%s, its guest does nothing; told to go on, it does what it missed', (_, hold, release, state) => {
    const vms = host({ '/tmp/web.xml': domainXml('web') }, true);
    vms.out('virsh define web.xml && virsh start web');
    const terminal = vms.terminal();
    terminal.type('virsh console web\r');
    terminal.type('a');
    expect(terminal.take()).toContain('<a>');
    const pid = pidOf(vms, 'web');
    vms.out(hold(`${pid}`));
    expect(vms.out(`ps -p ${pid} -o stat=`)).toMatch(state);
    const exits = () => vms.world.trace.since(0, 'vm.exit').length;
    const before = exits();
    terminal.type('b', 2);
    expect(terminal.take()).toBe('');
    expect(exits()).toBe(before);
    vms.out(release(`${pid}`));
    vms.advance(0.1);
    expect(terminal.take()).toBe('<b>');
    expect(vms.out('virsh domstate web')).toBe('running\n\n');
  });

  test('a student cannot end it, nor read what it has open', () => {
    const vms = host();
    vms.out('virsh start busy');
    expect(vms.sh(`kill ${pidOf(vms, 'busy')}`, 'student').err).toContain('Operation not permitted');
    expect(vms.sh(`ls /proc/${pidOf(vms, 'busy')}/fd`, 'student').status).not.toBe(0);
  });

  test('what is wrong with its kernel it says itself, and libvirtd quotes it', () => {
    const vms = host({ '/tmp/bad.xml': domainXml('bad', { kernel: '/etc/passwd' }) });
    vms.out('virsh define bad.xml');
    const { err } = vms.sh('virsh start bad');
    const said = "could not load kernel '/etc/passwd': ";
    expect(err).toContain(
      `internal error: process exited while connecting to monitor: qemu-system-riscv32: ${said}`,
    );
    expect(vms.out('cat /var/log/libvirt/qemu/bad.log')).toContain(`\nqemu-system-riscv32: ${said}`);
  });

  test('typed by hand it refuses by name what it is not made for', () => {
    const vms = host();
    for (const [words, said] of [
      ['-nographic', '-nographic: invalid option'],
      ['-m', '-m: requires an argument'],
      ['-machine sifive_u', 'unsupported machine type: use -machine virt'],
    ])
      expect(vms.sh(`qemu-system-riscv32 ${words}`)).toEqual({
        out: '',
        err: `qemu-system-riscv32: ${said}\n`,
        status: 1,
      });
  });
});

describe('its monitor', () => {
  /** Runs an emulator by hand, whose monitor is standard input and output. */
  const monitor: Program = function* ({ argv }) {
    const [here, there] = yield* sys.socketpair();
    const [state, otherState] = yield* sys.socketpair();
    const pid = yield* sys.fork(function* () {
      for (const [fd, place] of [
        [there, 20],
        [otherState, 21],
      ] as const)
        yield* sys.dup2(fd, place);
      for (const fd of [here, there, state, otherState]) yield* sys.close(fd);
      const words = `qemu-system-riscv32 -name guest=mine -S -machine virt -accel kvm -m 2M -smp 1 -nodefaults -no-shutdown
        -chardev socket,id=charmonitor,fd=20 -mon chardev=charmonitor -boot strict=on -kernel /boot/echo
        -chardev socket,id=charserial0,fd=21 -serial chardev:charserial0 -chardev socket,id=charstate,fd=21`;
      yield* sys.execve('/usr/bin/qemu-system-riscv32', words.split(/\s+/), new Map());
      return 1;
    });
    yield* sys.close(there);
    for (const line of argv.slice(1)) {
      yield* writeAll(1, yield* sys.read(here, 65_536));
      yield* writeAll(here, `${line}\n`);
    }
    yield* writeAll(1, yield* sys.read(here, 65_536));
    yield* sys.close(here);
    const { state: ended } = yield* sys.wait4(pid);
    return ended.kind === 'exited' ? ended.code : 99;
  };

  test('answers what is no command, and ends with its other end', () => {
    const vms = vmHost({}, { programs: new Map([['monitor', monitor]]) });
    const lines = [
      'stop it',
      '7',
      '{"execute":"explode"}',
      '{"execute":"toString"}',
      '{"execute":"balloon","arguments":{"value":"much"},"id":3}',
      '{"execute":"balloon","arguments":{"value":4096},"id":4}',
      '{"execute":"x-restore","arguments":{"length":4},"id":5}',
      '{"execute":"cont","id":6}',
    ];
    const said = vms
      .out(`monitor ${lines.map((line) => `'${line}'`).join(' ')}`)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(said).toEqual([
      { QMP: { version: '9.0' } },
      { error: { class: 'EINVAL', desc: 'JSON parse error' }, id: 0 },
      { error: { class: 'EINVAL', desc: 'QMP input must be a JSON object' }, id: 0 },
      { error: { class: 'EINVAL', desc: 'The command "explode" has not been found' }, id: 0 },
      { error: { class: 'EINVAL', desc: 'The command "toString" has not been found' }, id: 0 },
      { error: { class: 'EINVAL', desc: "Parameter 'value' is missing, or is no number" }, id: 0 },
      { error: { class: 'EOPNOTSUPP', desc: 'Operation not supported' }, id: 4 },
      { error: { class: 'EINVAL', desc: 'Invalid argument' }, id: 5 },
      { return: {}, id: 6 },
    ]);
    expect(vms.out('ps -e -o comm')).not.toContain('qemu');
  });
});

describe('shutdown and reboot', () => {
  test('the guest is asked, stops by itself, and what it had in memory is on its disk', () => {
    const vms = guestHost();
    const terminal = vms.terminal();
    terminal.type('virsh console db\r');
    terminal.type('\r');
    terminal.type('root\r');
    terminal.type('echo kept > kept.txt\r');
    expect(vms.out('strings -n 4 /srv/db.img')).not.toContain('kept');
    terminal.take();
    expect(vms.out('virsh shutdown db')).toBe("Domain 'db' is being shutdown\n\n");
    vms.advance(1);
    expect(terminal.take()).toMatch(/The power key was pressed: the system goes down\.\r\n.*power down/s);
    expect(vms.out('virsh domstate db --reason')).toBe('shut off (shutdown)\n\n');
    expect(vms.out('strings -n 4 /srv/db.img')).toContain('kept');
    const states = vms.world.trace.since(0, 'domain.state').map(({ detail }) => detail.state);
    expect(states).toEqual(['running', 'in shutdown', 'shut off']);
  });

  test('after a reboot it is the same process, and the guest has begun anew', () => {
    const vms = guestHost();
    const before = pidOf(vms, 'db');
    expect(vms.out('virsh reboot db')).toBe("Domain 'db' is being rebooted\n\n");
    vms.advance(3);
    expect(pidOf(vms, 'db')).toBe(before);
    expect(vms.out('virsh domstate db')).toBe('running\n\n');
    const terminal = vms.terminal();
    terminal.type('virsh console db\r');
    terminal.type('root\r');
    terminal.take();
    terminal.type('uptime\r');
    const [, seconds] = /up (\d+)\./.exec(terminal.take())!;
    expect(Number(seconds)).toBeLessThan(8);
    terminal.type('poweroff\r');
    expect(vms.out('virsh domstate db')).toBe('shut off\n\n');
  });

  test('the way to ask can be said', () => {
    const vms = host();
    vms.out('virsh start busy');
    expect(vms.out('virsh shutdown busy --mode acpi')).toBe("Domain 'busy' is being shutdown\n\n");
    const failed = "error: Failed to shutdown domain 'busy'\nerror: ";
    for (const [mode, said] of [
      ['agent', `${failed}argument unsupported: QEMU guest agent is not configured\n`],
      ['signal', `${failed}mode 'signal' is not simulated on this host\n`],
      [
        'please',
        "error: Unknown mode please value, expecting 'acpi', 'agent', 'initctl', 'signal', or 'paravirt'\n",
      ],
    ])
      expect(vms.sh(`virsh shutdown busy --mode ${mode}`).err).toBe(said);
  });

  test('a guest that does not listen goes on', () => {
    const vms = host();
    vms.out('virsh start busy');
    expect(vms.out('virsh shutdown busy')).toBe("Domain 'busy' is being shutdown\n\n");
    vms.advance(5);
    expect(vms.out('virsh domstate busy')).toBe('running\n\n');
  });

  test('what was asked of a paused domain it does when it goes on', () => {
    const vms = guestHost();
    vms.out('virsh suspend db && virsh shutdown db');
    vms.advance(2);
    expect(vms.out('virsh domstate db')).toBe('paused\n\n');
    vms.out('virsh resume db');
    vms.advance(2);
    expect(vms.out('virsh domstate db')).toBe('shut off\n\n');
  });
});
