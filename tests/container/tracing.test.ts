/** What strace shows of containers, from outside and from inside, and what it may not see. */
import { expect, test } from 'vitest';
import '../../src/shell/commands/utilities.ts';
import { dockerWorld } from '../support/dockerWorld.ts';

const { sh } = dockerWorld('tracing');
/** Without numbers of processes. */
const out = (script: string) =>
  sh('box', script)
    .replace(/\[pid +\d+\] /g, '[pid] ')
    .replace(/(Process |SEIZE, )\d+/g, '$1N')
    .trimEnd()
    .split('\n');

test('what runc asks of the kernel to make a container', () => {
  sh(
    'box',
    'mkdir -p /b/rootfs; docker create --name from base:1; docker cp from:/. /b/rootfs; cd /b; runc spec',
  );
  const lines = out(
    `cd /b; sed -i 's/"terminal": true/"terminal": false/; s/"sh"/"echo", "hello"/' config.json
    strace -f -o /tmp/o -e trace=clone,unshare,mount,pivot_root,sethostname,prctl,execve,umount2 runc run c1; sed 's/^[0-9]* *//' /tmp/o`,
  );
  const inOrder = [
    'hello',
    'execve("/usr/bin/runc", ["runc", "run", "c1"], ... /* 7 vars */) = 0',
    /^clone\(child_stack=NULL, flags=CLONE_NEWNS\|CLONE_NEWUTS\|CLONE_NEWIPC\|CLONE_NEWPID\|CLONE_NEWNET\|SIGCHLD\)/,
    'mount(NULL, "/", NULL, MS_REC|MS_PRIVATE, NULL) = 0',
    /^mount\("\/b\/rootfs", "\/b\/rootfs", "bind", MS_BIND\|MS_REC, NULL\) *= 0/,
    /^mount\("proc", "\/b\/rootfs\/proc", "proc", 0, NULL\) = 0/,
    /^pivot_root\("\/b\/rootfs", .*\) = 0/,
    /^umount2\(.*, MNT_DETACH\) *= 0/,
    /^sethostname\("runc", 4\) *= 0$/,
    'prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) = 0',
    /^execve\("\/usr\/bin\/echo", \["echo", "hello"\], .*\) = 0/,
    '+++ exited with 0 +++',
  ];
  let at = 0;
  for (const wanted of inOrder) {
    const found = lines.findIndex(
      (line, i) => i >= at && (typeof wanted === 'string' ? line === wanted : wanted.test(line)),
    );
    expect(found, `${wanted} after line ${at} of\n${lines.join('\n')}`).toBeGreaterThanOrEqual(at);
    at = found + 1;
  }
});

test('inside of a container: own processes without a capability, those of other users with CAP_SYS_PTRACE, none of the host', () => {
  const run = 'docker run --rm -v /usr/bin/strace:/usr/bin/strace';
  expect(out(`${run} base:1 strace -e trace=write echo hi`)).toEqual([
    'hi',
    'write(1, "hi\\n", 3)                     = 3',
    '+++ exited with 0 +++',
  ]);
  const other = `sh -c 'strace -u nobody -e trace=none true; (sleep 1 & strace -e trace=none -p $!)'`;
  expect(out(`${run} --user 1000 base:1 ${other}`)).toEqual([
    'strace: You must be root to use the -u option',
    'strace: Process N attached',
    '+++ exited with 0 +++',
  ]);
  sh('box', 'docker run -d --name own --user 1000 -v /usr/bin/strace:/usr/bin/strace base:1 sleep 1000');
  expect(
    out(
      'docker exec -u 0 own strace -p 1; docker exec -u 1000 own strace -p 1 -p 999 & sleep 0.2; docker kill own; wait',
    ),
  ).toEqual([
    'strace: attach: ptrace(PTRACE_SEIZE, N): Operation not permitted',
    'strace: Process N attached',
    'strace: attach: ptrace(PTRACE_SEIZE, N): No such process',
    'restart_syscall(<... resuming interrupted clock_nanosleep ...>own',
  ]);
  sh(
    'box',
    'docker run -d --name cap --user 1000 --cap-add SYS_PTRACE -v /usr/bin/strace:/usr/bin/strace base:1 sleep 1000',
  );
  expect(out('docker exec -u 0 --privileged cap timeout -s INT 0.1 strace -p 1; true')).toEqual([
    'strace: Process N attached',
    'restart_syscall(<... resuming interrupted clock_nanosleep ...>strace: Process N detached',
    ' <detached ...>',
  ]);
});

test('from outside: a paused container is attached to and left, a killed one is told of, and TracerPid says who', () => {
  sh('box', 'docker run -d --name seen base:1 sleep 1000');
  const pid = "$(docker inspect -f '{{.State.Pid}}' seen)";
  expect(out(`docker pause seen; timeout -s INT 0.1 strace -p ${pid}; docker unpause seen`)).toEqual([
    'seen',
    'strace: Process N attached',
    'strace: Process N detached',
    'seen',
  ]);
  expect(
    out(
      `P=${pid}; strace -p $P & sleep 0.1; [ $(grep -h TracerPid /proc/$P/status | cut -f 2) = $! ] && echo mine; docker kill seen; wait`,
    ),
  ).toEqual([
    'strace: Process N attached',
    'restart_syscall(<... resuming interrupted clock_nanosleep ...>mine',
    ' <unfinished ...>) = ?',
    '+++ killed by SIGKILL +++',
    'seen',
  ]);
});

test('a set-user-ID program gains nothing under a tracer that has not what it would gain', () => {
  expect(
    out(`cp /usr/bin/id /tmp/id; chmod 4755 /tmp/id
    su student -c '/tmp/id -u; strace -o /tmp/s1 /tmp/id -u; strace -p 1'
    strace -o /tmp/s2 -u student /tmp/id -u`),
  ).toEqual(['0', '1000', 'strace: attach: ptrace(PTRACE_SEIZE, N): Operation not permitted', '0']);
});
