/** libvirtd against clients that are not virsh: broken, rude or gone. */
import { expect, test } from 'vitest';
import { decodeUtf8, encodeUtf8 } from '../../src/base/index.ts';
import { type Program, sys, writeAll } from '../../src/linux/index.ts';
import { domainXml, vmHost } from '../support/vmHost.ts';

/** Sends each argument as a line and prints the answers; `\q` hangs up at once. */
const client: Program = function* ({ argv }) {
  const fd = yield* sys.socket();
  yield* sys.connect(fd, '/run/libvirt/libvirt-sock');
  for (const line of argv.slice(1)) {
    if (line === '\\q') return 0;
    yield* writeAll(fd, encodeUtf8(`${line}\n`));
    for (let missing = line.split('\n').length; missing > 0; ) {
      const answer = decodeUtf8(yield* sys.read(fd, 65_536));
      missing -= answer.split('\n').length - 1;
      yield* writeAll(1, answer);
    }
  }
  return 0;
};

const host = () => vmHost({ '/tmp/a.xml': domainXml('a') }, { programs: new Map([['client', client]]) });

test('what is no request is told so, and the daemon goes on', () => {
  const vms = host();
  const lines = [
    'nonsense',
    '{}',
    '[]',
    'null',
    '{"request":"frobnicate"}',
    '{"request":"toString"}',
    '{"request":"lookup"}',
  ];
  const more = [
    '{"request":"define","xml":7}',
    '{"request":"start","key":"a","paused":"yes"}',
    '{"request":"lookup","key":"b"}',
  ];
  const script = [...lines, ...more].map((line) => `'${line}'`).join(' ');
  const answers = vms
    .out(`client ${script}`)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { error: string });
  expect(answers).toHaveLength(10);
  for (const [i, { error }] of answers.entries())
    expect(error).toContain(i === 9 ? 'Domain not found' : 'malformed request');
  expect(vms.out('virsh list --all --name')).toBe('\n');
});

test('several requests in one piece are answered in their order', () => {
  const vms = host();
  const two = `$'{"request":"node"}\\n{"request":"list"}'`;
  expect(vms.out(`client ${two} '{"request":"list"}'`)).toBe(
    '{"result":{"cpus":1,"memory":16777216}}\n{"result":[]}\n{"result":[]}\n',
  );
});

test('a client that goes in the middle of a console harms nobody', () => {
  const vms = host();
  vms.out('virsh "define a.xml; start a"');
  vms.out(`client '{"request":"console","key":"a","force":false}' '\\q'`);
  vms.out(`client '\\q'`);
  vms.advance(1);
  expect(vms.out('virsh domstate a')).toBe('running\n\n');
  expect(vms.out(`client '{"request":"console","key":"a","force":false}' '\\q'`)).toBe('{"result":null}\n');
});

test('the descriptors of a daemon that has had many clients are all given back', () => {
  const vms = host();
  vms.out('virsh define a.xml');
  const count = () => vms.out('ls /proc/$(pgrep libvirtd)/fd | wc -l');
  const before = count();
  vms.out(
    'for i in 1 2 3 4 5; do virsh "start a; dominfo a; reset a; destroy a; list; dumpxml a" >/dev/null; done',
  );
  expect(count()).toBe(before);
});
