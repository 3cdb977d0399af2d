/** virsh at a host's prompt: what it prints is held against virsh 9.0 on libvirt's test driver, word for word where both say the same. */
import { describe, expect, test } from 'vitest';
import { domainXml, type VmHost, vmHost } from '../support/vmHost.ts';

const UUID = '86be1834-7529-41b9-9b73-0f92a08d7d0d';
const FILES = {
  '/tmp/web1.xml': domainXml('web1', { uuid: UUID }),
  '/tmp/web2.xml': domainXml('web2'),
  '/tmp/busy.xml': domainXml('busy', { kernel: '/boot/busy' }),
};

interface Said {
  readonly command: string;
  readonly out?: string;
  readonly err?: string;
}

/** Runs each in its turn on one host; a command that says something on standard error ends with 1, the others with 0. */
function session(host: VmHost, steps: readonly Said[]): void {
  for (const { command, out = '\n', err = '' } of steps) {
    const said = host.sh(`virsh ${command}`);
    expect({ command, ...said }).toEqual({ command, out, err, status: err === '' ? 0 : 1 });
  }
}

describe('a domain’s life, as recorded', () => {
  test('from definition to the end', () => {
    session(vmHost(FILES), [
      { command: 'list --all', out: ' Id   Name   State\n--------------------\n\n' },
      { command: 'define web1.xml', out: "Domain 'web1' defined from web1.xml\n\n" },
      {
        command: 'list --all',
        out: ' Id   Name   State\n-----------------------\n -    web1   shut off\n\n',
      },
      { command: 'list', out: ' Id   Name   State\n--------------------\n\n' },
      { command: 'domid web1', out: '-\n\n' },
      {
        command: 'destroy web1',
        err: "error: Failed to destroy domain 'web1'\nerror: Requested operation is not valid: domain is not running\n",
      },
      {
        command: 'suspend web1',
        err: "error: Failed to suspend domain 'web1'\nerror: internal error: domain 'web1' not running\n",
      },
      {
        command: 'resume web1',
        err: "error: Failed to resume domain 'web1'\nerror: internal error: domain 'web1' not paused\n",
      },
      {
        command: 'reset web1',
        err: "error: Failed to reset domain 'web1'\nerror: Requested operation is not valid: domain is not running\n",
      },
      {
        command: 'reboot web1',
        err: "error: Failed to reboot domain 'web1'\nerror: Requested operation is not valid: domain is not running\n",
      },
      {
        command: 'shutdown web1',
        err: "error: Failed to shutdown domain 'web1'\nerror: internal error: domain 'web1' not running\n",
      },
      { command: 'console web1', err: 'error: The domain is not running\n' },
      {
        command: 'domblkstat web1 vda',
        err: 'error: Failed to get block stats web1 vda\nerror: Requested operation is not valid: domain is not running\n',
      },
      {
        command: 'vcpuinfo web1',
        out: 'VCPU:           0\nCPU:            N/A\nState:          N/A\nCPU time        N/A\nCPU Affinity:   y\n\n',
      },
      { command: 'start web1', out: "Domain 'web1' started\n\n" },
      { command: 'start web1', err: 'error: Domain is already active\n' },
      { command: 'list', out: ' Id   Name   State\n----------------------\n 1    web1   running\n\n' },
      { command: 'domid web1', out: '1\n\n' },
      { command: `domid ${UUID}`, out: '1\n\n' },
      { command: 'domname 1', out: 'web1\n\n' },
      { command: 'domuuid 1', out: `${UUID}\n\n` },
      { command: 'domstate web1 --reason', out: 'running (booted)\n\n' },
      { command: 'suspend web1', out: "Domain 'web1' suspended\n\n" },
      {
        command: 'suspend web1',
        err: "error: Failed to suspend domain 'web1'\nerror: internal error: domain 'web1' not running\n",
      },
      { command: 'domstate web1 --reason', out: 'paused (user)\n\n' },
      { command: 'resume web1', out: "Domain 'web1' resumed\n\n" },
      { command: 'domstate web1 --reason', out: 'running (unpaused)\n\n' },
      { command: 'reset web1', out: "Domain 'web1' was reset\n\n" },
      { command: 'console web1', err: 'error: Cannot run interactive console without a controlling TTY\n' },
      { command: 'undefine web1', out: "Domain 'web1' has been undefined\n\n" },
      {
        command: 'list --all',
        out: ' Id   Name   State\n----------------------\n 1    web1   running\n\n',
      },
      { command: 'list --transient --name', out: 'web1\n\n' },
      { command: 'destroy web1', out: "Domain 'web1' destroyed\n\n" },
      { command: 'list --all', out: ' Id   Name   State\n--------------------\n\n' },
      { command: 'dominfo web1', err: "error: failed to get domain 'web1'\n" },
    ]);
  });

  test('wrong usage', () => {
    session(vmHost(FILES), [
      { command: 'foo', out: '', err: "error: unknown command: 'foo'\n" },
      { command: 'list extra', out: '', err: "error: unexpected data 'extra'\n" },
      { command: 'list --foo', out: '', err: "error: command 'list' doesn't support option --foo\n" },
      { command: 'define', out: '', err: "error: command 'define' requires <file> option\n" },
      { command: 'start', out: '', err: "error: command 'start' requires <domain> option\n" },
      { command: 'start nope', err: "error: failed to get domain 'nope'\n" },
      {
        command: 'define nope.xml',
        err: "error: Failed to open file 'nope.xml': No such file or directory\n",
      },
      { command: 'help foo', err: "error: command or command group 'foo' doesn't exist\n" },
      {
        command: 'start web1 --autodestroy',
        out: '',
        err: 'error: option --autodestroy is not simulated on this host\n',
      },
      {
        command: 'numatune web1',
        out: '',
        err: "error: the command 'numatune' is not simulated on this host\n",
      },
      {
        command: '-c xen:///system list',
        out: '',
        err: "error: the hypervisor 'xen:///system' is not simulated on this host; there is qemu:///system and qemu+tcp://HOST/system\n",
      },
      { command: '-r list', out: '', err: "error: unsupported option '-r'. See --help.\n" },
    ]);
  });

  test('a line of commands, and help for each of them', () => {
    const host = vmHost(FILES);
    const { out } = host.sh('virsh \'define web1.xml; define --file "web2.xml"; list --all --name\'');
    expect(out).toBe(
      "Domain 'web1' defined from web1.xml\n\nDomain 'web2' defined from web2.xml\n\nweb1\nweb2\n\n",
    );
    const names = [...host.out('virsh help').matchAll(/^ {4}(\w+) /gm)].map(([, name]) => name!);
    expect(names).toContain('domblkstat');
    for (const name of names.filter((each) => each !== 'quit'))
      expect(host.out(`virsh help ${name}`)).toContain(`  NAME\n    ${name} - `);
  });
});

describe('a definition', () => {
  test('has a UUID of the host’s own randomness, which another seed changes', () => {
    const uuid = (seed: string) =>
      vmHost(FILES, { seed }).out('virsh define web2.xml >/dev/null; virsh domuuid web2');
    expect(uuid('a')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\n\n$/);
    expect(uuid('a')).toBe(uuid('a'));
    expect(uuid('b')).not.toBe(uuid('a'));
  });

  test('with a name or a UUID of another is refused as recorded', () => {
    const host = vmHost({
      ...FILES,
      '/tmp/name.xml': domainXml('web1', { uuid: UUID.replace('8', '9') }),
      '/tmp/uuid.xml': domainXml('zz', { uuid: UUID }),
    });
    host.out('virsh define web1.xml');
    session(host, [
      {
        command: 'define name.xml',
        err: `error: Failed to define domain from name.xml\nerror: operation failed: domain 'web1' already exists with uuid ${UUID}\n`,
      },
      {
        command: 'define uuid.xml',
        err: `error: Failed to define domain from uuid.xml\nerror: operation failed: domain 'web1' is already defined with uuid ${UUID}\n`,
      },
    ]);
    expect(host.out('virsh list --all --name')).toBe('web1\n\n');
    expect(host.out('ls /etc/libvirt/qemu')).toBe('web1.xml\n');
  });

  test('of a running domain counts from its next start on', () => {
    const host = vmHost({ ...FILES, '/tmp/more.xml': domainXml('web1', { uuid: UUID, memory: 4096 }) });
    const memory = (options = '') => /<memory.*?>(\d+)</.exec(host.out(`virsh dumpxml web1 ${options}`))![1];
    host.out('virsh "define web1.xml; start web1; define more.xml"');
    expect([memory(), memory('--inactive')]).toEqual(['2048', '4096']);
    host.out('virsh destroy web1');
    expect(memory()).toBe('4096');
  });

  test('created is there until it ends, and leaves the one that is kept as it is', () => {
    const host = vmHost({ ...FILES, '/tmp/more.xml': domainXml('web1', { uuid: UUID, memory: 4096 }) });
    session(host, [
      { command: 'create web2.xml', out: "Domain 'web2' created from web2.xml\n\n" },
      { command: 'list --transient --name', out: 'web2\n\n' },
      { command: 'destroy web2', out: "Domain 'web2' destroyed\n\n" },
      { command: 'list --all --name', out: '\n' },
      { command: 'define web1.xml', out: "Domain 'web1' defined from web1.xml\n\n" },
      { command: 'create more.xml --paused', out: "Domain 'web1' created from more.xml\n\n" },
      { command: 'domstate web1 --reason', out: 'paused (starting up)\n\n' },
      {
        command: 'create more.xml',
        err: "error: Failed to create domain from more.xml\nerror: Requested operation is not valid: domain is already active as 'web1'\n",
      },
    ]);
    expect(host.out('virsh dumpxml web1')).toContain('>4096<');
    host.out('virsh destroy web1');
    expect(host.out('virsh dumpxml web1')).toContain('>2048<');
  });

  test('dumped can be defined again, and is the same', () => {
    const host = vmHost(FILES);
    host.out('virsh define web1.xml; virsh dumpxml web1 >/tmp/dump.xml; virsh undefine web1');
    host.out('virsh define dump.xml; virsh dumpxml web1 >/tmp/again.xml; diff /tmp/dump.xml /tmp/again.xml');
  });

  test('outlives the daemon; running domains end with it', () => {
    const host = vmHost(FILES);
    host.out('virsh "define web1.xml; start web1"');
    host.out(
      'echo broken >/etc/libvirt/qemu/zz.xml; pkill libvirtd; sleep 0.1; rm /run/libvirt/libvirt-sock',
    );
    const gone = host.sh('virsh list');
    expect(gone.err).toBe(
      "error: failed to connect to the hypervisor\nerror: Failed to connect socket to '/run/libvirt/libvirt-sock': No such file or directory\n",
    );
    host.out('libvirtd 2>/tmp/log >/dev/null & sleep 0.1');
    expect(host.out('virsh list --all --name; virsh domstate web1')).toBe('web1\n\nshut off\n\n');
    expect(host.out('cat /tmp/log')).toContain(
      '/etc/libvirt/qemu/zz.xml: (domain_definition):1: Start tag expected',
    );
    host.out('virsh start web1');
  });
});

describe('a start that cannot be', () => {
  const refused = (files: Parameters<typeof vmHost>[0], name: string, ...before: string[]) => {
    const host = vmHost({ ...FILES, ...files });
    for (const line of before) host.out(line);
    host.out(`virsh define ${name}.xml`);
    const { err } = host.sh(`virsh start ${name}`);
    expect(host.out(`virsh domstate ${name}`)).toBe('shut off\n\n');
    return err;
  };
  const monitor = (name: string, text: string) =>
    `error: Failed to start domain '${name}'\nerror: internal error: process exited while connecting to monitor: qemu-system-riscv32: ${text}\n`;

  test('without its kernel', () => {
    const xml = domainXml('a', { kernel: '/boot/none' });
    expect(refused({ '/tmp/a.xml': xml }, 'a')).toBe(
      monitor('a', "could not load kernel '/boot/none': No such file or directory"),
    );
  });

  test('with a kernel that is no program', () => {
    const xml = domainXml('a', { kernel: '/etc/hostname' });
    expect(refused({ '/tmp/a.xml': xml }, 'a')).toBe(
      monitor(
        'a',
        "could not load kernel '/etc/hostname': not an ELF file: the first four bytes are not 7f 45 4c 46",
      ),
    );
  });

  test('with more memory than the host has left', () => {
    const files = { '/tmp/a.xml': domainXml('a', { memory: 15_360 }) };
    expect(refused(files, 'a', 'virsh "define web1.xml; start web1"')).toBe(
      monitor('a', "cannot set up guest memory 'riscv_virt_board.ram': Cannot allocate memory"),
    );
  });

  test('with a program that does not fit into its memory', () => {
    const files = { '/tmp/a.xml': domainXml('a', { memory: 1024, kernel: '/usr/share/virtbook/kernel' }) };
    expect(refused(files, 'a')).toContain('does not lie in the RAM of a');
  });
});

describe('at the console', () => {
  const started = () => {
    const host = vmHost(FILES);
    host.out('virsh define web1.xml >/dev/null');
    const terminal = host.terminal();
    terminal.take();
    return { host, terminal };
  };

  test('one sees the guest’s boot, types to it, and leaves with Ctrl-]', () => {
    const { host, terminal } = started();
    terminal.type('virsh start web1 --console\r');
    expect(terminal.take()).toContain(
      "Domain 'web1' started\r\nConnected to domain 'web1'\r\nEscape character is ^] (Ctrl + ])\r\nhi",
    );
    terminal.type('ab');
    expect(terminal.take()).toBe('<a><b>');
    // Ctrl-C is the guest's.
    terminal.type('\x03');
    expect(terminal.take()).toBe('<\x03>');
    terminal.type('\x1d');
    terminal.type('echo back\r');
    expect(terminal.take()).toMatch(/back\r\n/);
    expect(host.out('virsh domstate web1')).toBe('running\n\n');
  });

  test('the end of the guest ends the console', () => {
    const { host, terminal } = started();
    terminal.type('virsh start web1 --console\r');
    terminal.type('q');
    terminal.take();
    terminal.type('virsh domstate web1 --reason\r');
    expect(terminal.take()).toContain('shut off (shutdown)\r\n');
    expect(host.world.trace.since(0, 'domain.state').map(({ detail }) => detail)).toEqual([
      { domain: 'web1', state: 'paused', reason: 'starting up' },
      { domain: 'web1', state: 'running', reason: 'booted' },
      { domain: 'web1', state: 'in shutdown', reason: 'unknown' },
      { domain: 'web1', state: 'shut off', reason: 'shutdown' },
    ]);
  });

  test('a second one is refused, or takes it over', () => {
    const { host, terminal } = started();
    terminal.type('virsh start web1 --console\r');
    const other = host.terminal();
    other.take();
    other.type('virsh console web1\r');
    expect(other.take()).toContain('error: operation failed: Active console session exists for this domain');
    other.type('virsh console web1 --force\r');
    other.type('x');
    expect(other.take()).toContain('<x>');
    terminal.take();
    terminal.type('echo mine\r');
    expect(terminal.take()).toContain('mine\r\n');
    other.type('\x1d');
  });

  test('another escape character, and a domain that is destroyed meanwhile', () => {
    const { host, terminal } = started();
    terminal.type("virsh -e '^A' start web1 --console\r");
    expect(terminal.take()).toContain('Escape character is ^A (Ctrl + A)');
    terminal.type('\x1d');
    expect(terminal.take()).toBe('<\x1d>');
    host.out('virsh destroy web1');
    host.advance(1);
    terminal.take();
    terminal.type('echo here\r');
    expect(terminal.take()).toContain('here\r\n');
  });

  test('the prompt of virsh itself', () => {
    const { terminal } = started();
    terminal.type('virsh\r');
    terminal.type('list --all\r');
    terminal.type('frobnicate; domstate web1\r');
    terminal.type('quit\r');
    const shown = terminal.take().replaceAll('\r', '');
    expect(shown).toContain('Welcome to virsh, the virtualization interactive terminal.\n\nType:');
    expect(shown).toContain(
      'virsh # list --all\n Id   Name   State\n-----------------------\n -    web1   shut off\n\nvirsh # ',
    );
    expect(shown).toContain("error: unknown command: 'frobnicate'\nshut off\n\nvirsh # quit\n");
  });
});

describe('a guest that ends by itself', () => {
  const end = (onCrash: string) => {
    const host = vmHost({ '/tmp/a.xml': domainXml('a', { extra: `<on_crash>${onCrash}</on_crash>` }) });
    host.out('virsh define a.xml >/dev/null');
    const terminal = host.terminal();
    terminal.type('virsh start a --console\r');
    terminal.type('c');
    return host;
  };

  test('as failed is shut off', () => {
    expect(end('destroy').out('virsh domstate a --reason')).toBe('shut off (crashed)\n\n');
  });

  test('as failed is kept for a look, when asked', () => {
    const host = end('preserve');
    expect(host.out('virsh domstate a --reason')).toBe('crashed (panicked)\n\n');
    expect(host.out('virsh list --name')).toBe('a\n\n');
    expect(host.sh('virsh reset a').err).toContain('domain is not running');
    host.out('virsh destroy a');
    expect(host.out('virsh domstate a')).toBe('shut off\n\n');
  });
});

test('a busy guest leaves the host its processors, and dominfo tells its time', () => {
  const host = vmHost(FILES);
  host.out('virsh "define busy.xml; start busy"');
  host.advance(2);
  const time = Number(/CPU time: +([\d.]+)s/.exec(host.out('virsh dominfo busy'))![1]);
  expect(time).toBeGreaterThan(1.9);
  expect(time).toBeLessThan(2.2);
  host.out('virsh suspend busy');
  const paused = host.out('virsh dominfo busy');
  host.advance(1);
  expect(host.out('virsh dominfo busy')).toBe(paused);
});

test('only root and the group libvirt reach the daemon', () => {
  const host = vmHost(FILES);
  expect(host.sh('virsh list', 'student').status).toBe(0);
  expect(host.sh('virsh list', 'nobody').err).toContain("libvirt-sock': Permission denied");
  expect(host.sh('echo >/dev/kvm', 'student').err).toContain('Permission denied');
});

test('the same keys make the same world, and looking at it changes nothing', () => {
  const play = (look: boolean) => {
    const host = vmHost(FILES);
    host.out('virsh "define web1.xml; define busy.xml" >/dev/null');
    const terminal = host.terminal();
    host.out('virsh start busy');
    terminal.type('virsh start web1 --console\r', 0.1);
    terminal.type('abc', 0.033);
    const looked = look ? host.world.hash() : null;
    terminal.type('\x1d', 0.1);
    return [looked, host.world.hash(), host.world.now];
  };
  const first = play(true);
  expect(play(true)).toEqual(first);
  expect(play(false).slice(1)).toEqual(first.slice(1));
  expect(first[0]).not.toBe(first[1]);
});
