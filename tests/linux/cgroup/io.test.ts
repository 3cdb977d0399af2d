/**
 * The io controller against what a real kernel did with the same lines: Linux 6.12 with an ext4 on an NVMe disk, whose number was replaced
 * by that of ours. Times are compared as being between 4 and 7 s, or not.
 */
import { expect, test } from 'vitest';
import { recordedParts, simulatedParts } from '../../support/cgroupTranscripts.ts';

const recorded = recordedParts('io');
const disk = { title: 'the disk', text: '$ DEV=254:0 PART=254:1 DISKDIR=/root\n' };
const [, ...simulated] = simulatedParts([disk, ...recorded]);

test.each(recorded.map(({ title, text }, i) => [title, text, i] as const))('%s', (title, text, i) => {
  expect(simulated[i]?.title).toBe(title);
  expect(simulated[i]!.text).toBe(text);
});

/** What `lines` print, typed in a group `g` with the io controller. */
function inGroup(...lines: string[]): string {
  const setUp = `$ echo '+io +memory' > cgroup.subtree_control; mkdir g; echo 0 > g/cgroup.procs`;
  const parts = [{ title: 'lines', text: [setUp, ...lines.map((line) => `$ ${line}`)].join('\n') }];
  return simulatedParts(parts)[0]!.text.replace(/^\$ .*\n/gm, '');
}

const write = (size: string, how: string) =>
  `dd if=/dev/zero of=/root/file bs=${size} count=8 ${how} 2>&1 | grep -o '[0-9.]* s,'`;

test.each([
  ['wbps=2097152', write('1M', 'oflag=direct'), /^4\.0\d* s,\n$/],
  ['wbps=2097152', write('1M', 'conv=fsync'), /^4\.0\d* s,\n$/],
  ['wbps=2097152', write('1M', ''), /^0\.0\d* s,\n$/],
  ['wiops=4', write('1M', 'oflag=direct'), /^2\.0\d* s,\n$/],
  ['wiops=4', write('4k', 'oflag=direct'), /^2\.0\d* s,\n$/],
  // All eight are one request.
  ['wiops=4', write('4k', 'conv=fsync'), /^0\.25\d* s,\n$/],
  ['wbps=4096 wiops=4', write('1k', 'oflag=direct'), /^2\.0\d* s,\n$/],
  ['rbps=1', write('1M', 'oflag=direct'), /write error: Invalid argument\n0\.0\d* s,\n$/],
])('with %s, %s', (limit, line, expected) => {
  expect(inGroup(`echo 254:0 ${limit} > g/io.max`, line)).toMatch(expected);
});

test('io.stat sums bytes and requests, and dirty pages are on it when they are 30 s old', () => {
  expect(
    inGroup(
      'mkdir h; head -c 9000 /dev/zero > /root/a; cat g/io.stat',
      'sleep 29; cat g/io.stat',
      'sleep 2; cat g/io.stat',
      'echo 100 >> /root/a; sync; cat g/io.stat',
      'head -c 5000 /dev/zero > /root/b; rm /root/b; sync; cat g/io.stat',
    ),
  ).toBe(
    [
      '254:0 rbytes=0 wbytes=12288 rios=0 wios=1 dbytes=0 dios=0',
      '254:0 rbytes=0 wbytes=16384 rios=0 wios=2 dbytes=0 dios=0',
      '254:0 rbytes=0 wbytes=16384 rios=0 wios=2 dbytes=0 dios=0',
      '',
    ].join('\n'),
  );
});

test('who waits for the disk is in state D and not to be interrupted', () => {
  expect(
    inGroup(
      'echo 254:0 wbps=1048576 > g/io.max',
      'dd if=/dev/zero of=/root/a bs=4M count=1 oflag=direct status=none & sleep 1; kill -USR1 $!',
      'grep State /proc/$!/status; grep procs_blocked /proc/stat; sleep 2; grep State /proc/$!/status; wait; echo $?',
    ),
  ).toMatch(
    /^State:\tD \(disk sleep\)\nprocs_blocked 1\nState:\tD \(disk sleep\)\n1\+0 records in\n[\s\S]*\n0\n$/,
  );
});

test('what is not simulated of iocost is refused', () => {
  expect(
    inGroup(
      'echo 254:0 rlat=5000 > io.cost.qos; echo 254:0 ctrl=user model=linear rbps=1000 > io.cost.model',
      'echo 254:0 enable=0 min=50.00 > io.cost.qos; grep -o enable=. io.cost.qos',
    ).replaceAll(/^.*(?=echo: write)/gm, ''),
  ).toBe(`${'echo: write error: Operation not supported\n'.repeat(3)}enable=1\n`);
});

test('the root file system is on a partition of that disk, as stat, mountinfo and /dev show', () => {
  expect(
    inGroup(
      "grep ' / / ' /proc/self/mountinfo | cut -d' ' -f3,9",
      "stat / | grep -o 'Device: [0-9,]*'; stat -c %d /",
      "stat -c '%F %t:%T %a %g' /dev/vda /dev/vda1; cat /dev/vda",
    ),
  ).toBe(
    [
      '254:1 /dev/vda1',
      'Device: 254,1',
      '65025',
      'block special file fe:0 660 6',
      'block special file fe:1 660 6',
      'cat: /dev/vda: No such device or address',
      '',
    ].join('\n'),
  );
});
