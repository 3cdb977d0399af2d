/** sudo as Debian's sudo 1.9.13 answers with the rule of a cloud image; its words were recorded from the real one. */
import { describe, expect, test } from 'vitest';
import { engineHost } from '../../../support/engineHost.ts';

const { sh: run, out, terminal } = engineHost();
out(
  "echo 'ada:x:1200:1300::/tmp:/bin/bash' >> /etc/passwd; printf 'ada:x:1300:\\nnotes:x:1400:ada\\n' >> /etc/group",
);
const sh = (script: string, user = 'student') => {
  const { out: said, err, status } = run(script, user);
  return [said, err, status] as const;
};
const said = (script: string) => {
  const [text, err, status] = sh(script);
  expect([err, status]).toEqual(['', 0]);
  return text;
};

describe('a member of group sudo', () => {
  test.each([
    ['id', 'uid=0(root) gid=0(root) groups=0(root)\n'],
    ['-n id -u', '0\n'],
    ['-- id -u', '0\n'],
    ['-u ada id', 'uid=1200(ada) gid=1300(ada) groups=1300(ada),1400(notes)\n'],
    ['-nuada id -un', 'ada\n'],
    ['--user=#1200 id -un', 'ada\n'],
    ['sudo id -u', '0\n'],
    ['-i pwd', '/root\n'],
    ['-iu ada pwd', '/tmp\n'],
    ['-s pwd', '/\n'],
    ["-s echo '$HOME' 'a  b' ';' x", '/root a  b ; x\n'],
    [
      "-s sh -c 'printenv SUDO_COMMAND; echo $0'",
      '/bin/bash -c sh -c printenv\\ SUDO_COMMAND;\\ echo\\ $0\n/bin/bash\n',
    ],
    [
      'printenv SUDO_COMMAND SUDO_USER SUDO_UID',
      '/usr/bin/printenv SUDO_COMMAND SUDO_USER SUDO_UID\nstudent\n1000\n',
    ],
    ['A=b -u ada sh -c \'echo "$A $USER"\'', 'b ada\n'],
    ['-s A=b printenv A', 'b\n'],
  ])('sudo %s', (args, wanted) => {
    expect(said(`sudo ${args}`)).toBe(wanted);
  });

  test('the environment is a new one, with a path that the caller does not choose', () => {
    const env = said(
      'PATH=/tmp:$PATH EDITOR=vi LS_COLORS=x LANG=de_DE TZ=/etc/x LD_PRELOAD=y TERM=dumb sudo env',
    );
    expect(env.split('\n').sort()).toEqual(
      [
        '',
        'HOME=/root',
        'LANG=de_DE',
        'LOGNAME=root',
        'LS_COLORS=x',
        'MAIL=/var/mail/root',
        'PATH=/usr/local/bin:/usr/bin:/usr/sbin',
        'SHELL=/bin/bash',
        'SUDO_COMMAND=/usr/bin/env',
        'SUDO_GID=1000',
        'SUDO_UID=1000',
        'SUDO_USER=student',
        'TERM=dumb',
        'USER=root',
      ].sort(),
    );
    said('printf "#!/bin/sh\\necho mine\\n" > /tmp/id; chmod 755 /tmp/id');
    expect(said('PATH=/tmp:$PATH sudo id -u')).toBe('0\n');
  });

  test('a shell reads its commands from standard input; that of -i is a login shell', () => {
    expect(said('echo "id -un; pwd; echo \\$0" | sudo -i')).toBe('root\n/root\n-bash\n');
    expect(said('echo "id -un; pwd" | sudo -s')).toBe('root\n/\n');
  });

  test('the mask is the usual one at least', () => {
    expect(said('umask 077; sudo sh -c umask; umask 000; sudo sh -c umask')).toBe('0077\n0022\n');
  });

  test('a file without a first line for the kernel goes to sh', () => {
    expect(said('cd /tmp; echo "echo script \\$0 \\$*" > plain; chmod 755 plain; sudo ./plain 1')).toBe(
      'script ./plain 1\n',
    );
  });

  test.each([
    ['nosuch', 'sudo: nosuch: command not found\n', 1],
    ['/etc', 'sudo: /etc: command not found\n', 1],
    ['/etc/passwd', 'sudo: /etc/passwd: command not found\n', 1],
    ['""', 'sudo: : command not found\n', 1],
    ['-u nosuch id', 'sudo: unknown user nosuch\n', 1],
    ['-u "#4242" id', 'sudo: unknown user #4242\n', 1],
    ['-u ada sh -c "exit 3"', '', 3],
    [
      'cd /',
      'sudo: cd: command not found\nsudo: "cd" is a shell built-in command, it cannot be run directly.\nsudo: the -s option may be used to run a privileged shell.\n',
      1,
    ],
    [
      '-i -s',
      "sudo: you may not specify both the -i and -s options\nTry 'sudo --help' for more information.\n",
      1,
    ],
    [
      '-nE id',
      "sudo: option -E (--preserve-env) is not simulated on this host\nTry 'sudo --help' for more information.\n",
      1,
    ],
    [
      '--list',
      "sudo: option -l (--list) is not simulated on this host\nTry 'sudo --help' for more information.\n",
      1,
    ],
    [
      'A=b -k id',
      "sudo: option -k (--reset-timestamp) is not simulated on this host\nTry 'sudo --help' for more information.\n",
      1,
    ],
    ['-Z id', "sudo: invalid option -- 'Z'\nTry 'sudo --help' for more information.\n", 1],
    ['', 'usage: sudo [-n] [-u user] [VAR=value] [-i | -s] [command [arg ...]]\n', 1],
  ])('sudo %s fails', (args, err, status) => {
    expect(sh(`sudo ${args}`)).toEqual(['', err, status]);
  });
});

describe('who may not', () => {
  test('a user outside the group', () => {
    expect(sh('sudo id', 'ada')).toEqual(['', 'ada is not in the sudoers file.\n', 1]);
    expect(sh('sudo -n id', 'ada')).toEqual(['', 'sudo: a password is required\n', 1]);
    expect(sh('sudo -n -u ada id', 'ada')).toEqual(['', 'ada is not in the sudoers file.\n', 1]);
    expect(sh('sudo -u ada sudo id')).toEqual(['', 'ada is not in the sudoers file.\n', 1]);
  });

  test('a copy of the program, and one whose bit was taken away, have no power', () => {
    const wanted = 'sudo: /tmp/mine must be owned by uid 0 and have the setuid bit set\n';
    expect(sh('cp /usr/bin/sudo /tmp/mine; chmod 4755 /tmp/mine; /tmp/mine id')).toEqual(['', wanted, 1]);
    expect(said('ls -l /usr/bin/sudo')).toMatch(/^-rwsr-xr-x 1 root root /);
  });

  test('a container has no sudo', () => {
    expect(sh('docker run --rm notes:1 sudo id')[1]).toContain('"sudo": executable file not found in $PATH');
  });
});

test('the layers of a container can be looked into', () => {
  said('docker run --name writer notes:1 sh -c "echo changed >/srv/page"');
  const dir = said("docker inspect -f '{{.GraphDriver.Data.UpperDir}}' writer").trim();
  expect(dir).toMatch(/^\/var\/lib\/docker\/overlay2\/\w+\/diff$/);
  expect(sh(`cat ${dir}/srv/page`)[1]).toContain('Permission denied');
  expect(said(`sudo cat ${dir}/srv/page; sudo ls ${dir}`)).toBe('changed\nsrv\n');
});

test('a shell of root at the terminal, and Ctrl-C for what sudo runs', () => {
  const { type, screen } = terminal();
  type('sudo -s\r');
  type('id -un\r');
  type('exit\r');
  type('sudo sleep 1000\r');
  type('\x03');
  type('echo $?; id -un\r');
  const plain = screen()
    .replace(/\x1b\[[\d;?]*[a-zA-Z]/g, '')
    .replaceAll('\r', '');
  expect(plain).toMatch(/root@bluebox:\/home\/student# id -un\nroot\n/);
  expect(plain).toMatch(/sleep 1000\n\^C\n.*id -un\n130\nstudent\n/);
});
