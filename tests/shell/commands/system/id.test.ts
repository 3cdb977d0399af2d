/** id and groups of somebody else than the caller; what the machine's own say is in tests/shell/utilities/id.txt. */
import { expect, test } from 'vitest';
import { commandHost } from '../../../support/commandHost.ts';

const files = {
  '/etc/group': 'root:x:0:\ndisk:x:6:other,student\nstudent:x:1000:student\nlast:x:2000:student\n',
};

test('the groups of a user are those that list them, after the own one, whoever asks', () => {
  const line = 'id student; id -u student; id -nG student; groups student';
  const stdout =
    'uid=1000(student) gid=1000(student) groups=1000(student),6(disk),2000(last)\n1000\nstudent disk last\nstudent : student disk last\n';
  expect(commandHost(files).command(line)).toEqual({ stdout, stderr: '', status: 0 });
  expect(commandHost(files).command(`id root; ${line}`, { user: 'student' }).stdout).toBe(
    `uid=0(root) gid=0(root) groups=0(root)\n${stdout}`,
  );
});
