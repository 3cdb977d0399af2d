/** docker cp both ways: the table of its manual page, volumes, stopped containers, refusals. */
import { describe, expect, test } from 'vitest';
import { engineHost } from '../support/engineHost.ts';

const tree = 'cd /tmp/t; find . | sort';

describe('out of a container', () => {
  const { sh, out } = engineHost();
  out('docker create --name idle notes:1; docker run -d --name one -v store:/data notes:1');

  test.each([
    ['a file to a new name', 'one:/srv/page new', '.\n./dir\n./file\n./new\n'],
    ['a file over a file', 'one:/srv/page file', '.\n./dir\n./file\n'],
    ['a file into a directory', 'one:/srv/page dir', '.\n./dir\n./dir/page\n./file\n'],
    ['a relative path is from the root', 'one:srv/page dir/', '.\n./dir\n./dir/page\n./file\n'],
    ['a directory to a new name', 'one:/srv new', '.\n./dir\n./file\n./new\n./new/old\n./new/page\n'],
    [
      'a directory into a directory',
      'one:/srv dir',
      '.\n./dir\n./dir/srv\n./dir/srv/old\n./dir/srv/page\n./file\n',
    ],
    ['a directory’s contents', 'one:/srv/. dir', '.\n./dir\n./dir/old\n./dir/page\n./file\n'],
    ['of a container that never ran', 'idle:/srv/page new', '.\n./dir\n./file\n./new\n'],
    ['of a volume', 'one:/data/first new', '.\n./dir\n./file\n./new\n'],
  ])('%s', (_, args, wanted) => {
    out('rm -rf /tmp/t; mkdir -p /tmp/t/dir; : >/tmp/t/file');
    out(`cd /tmp/t; docker cp ${args}`);
    expect(out(tree)).toBe(wanted);
  });

  test.each([
    [
      'no such file',
      'one:/nope .',
      'Error response from daemon: Could not find the file /nope in container one\n',
    ],
    ['no such container', 'nope:/x .', 'Error response from daemon: No such container: nope\n'],
    ['a directory over a file', 'one:/srv file', 'cannot copy directory\n'],
    ['no such directory', 'one:/srv/page none/', 'no such directory\n'],
    ['two containers', 'one:/srv idle:/srv', 'copying between containers is not supported\n'],
    ['no container', 'file dir', 'must specify at least one container source\n'],
  ])('%s', (_, args, err) => {
    out('rm -rf /tmp/t; mkdir -p /tmp/t/dir; : >/tmp/t/file');
    expect(sh(`cd /tmp/t; docker cp ${args}`)).toEqual({ out: '', err, status: 1 });
  });

  test('contents and modes; what is copied belongs to who copies', () => {
    out(
      'docker exec one sh -c "chmod 640 /srv/page; chown 1200:1300 /srv/page"; docker cp one:/srv/page /tmp/p',
    );
    expect(out('cat /tmp/p; stat -c "%a %u %g" /tmp/p')).toBe('the page\n640 0 0\n');
  });

  test('to standard output as an archive, and from standard input', () => {
    out('docker cp one:/srv - | docker cp - idle:/opt; docker start idle');
    expect(out('docker exec idle sh -c "ls /opt/srv; cat /opt/srv/page"')).toBe('old\npage\nthe page\n');
    expect(sh('echo nonsense | docker cp - one:/opt').err).toBe(
      'Error response from daemon: the archive has no end: it was cut off\n',
    );
  });
});

describe('into a container', () => {
  const { sh, out, host, terminal } = engineHost();
  out('docker create --name idle -v store:/data notes:1; docker run -d --name one notes:1');
  out('mkdir -p /tmp/in/sub; echo text >/tmp/in/a; ln -s a /tmp/in/sub/link; chmod 600 /tmp/in/a');

  test('a file and a tree, which the program sees and diff tells', () => {
    out(
      'docker cp /tmp/in/a one:/srv/page; docker cp /tmp/in one:/new; cd /tmp; docker cp in/. one:/home/ada',
    );
    expect(
      out('docker exec one sh -c "cat /srv/page; readlink /new/sub/link; ls /home/ada; stat -c %a /new/a"'),
    ).toBe('text\na\na\nsub\n600\n');
    expect(out('docker diff one')).toBe(
      'C /home\nC /home/ada\nA /home/ada/a\nA /home/ada/sub\nA /home/ada/sub/link\nA /new\nA /new/a\nA /new/sub\nA /new/sub/link\nC /srv\nC /srv/page\n',
    );
  });

  test('a link in the container leads nowhere outside of it', () => {
    out('docker exec one ln -s /etc /srv/way; docker cp /tmp/in/a one:/srv/way');
    expect(out('docker exec one cat /etc/a')).toBe('text\n');
    expect(host.view.stat('/etc/a')).toBeNull();
  });

  test('a stopped container’s volume, and its own layer', () => {
    out('docker cp /tmp/in/a idle:/data/a; docker cp /tmp/in/a idle:/srv/a');
    expect(out('cat /var/lib/docker/volumes/store/_data/a')).toBe('text\n');
    expect(out('docker start idle; docker exec idle cat /srv/a')).toBe('idle\ntext\n');
    expect(host.view.mounts()).not.toContain('/tmp');
  });

  test('-L copies what a link leads to, under the name of the link', () => {
    out(
      'mkdir -p /tmp/l; echo real >/tmp/l/real; ln -s real /tmp/l/link; docker exec one ln -sf page /srv/alias',
    );
    out(
      'docker cp -L /tmp/l/link one:/srv/; docker cp /tmp/l/link one:/srv/plain; docker cp -L one:/srv/alias /tmp/l/',
    );
    expect(out("docker exec one stat -c '%F' /srv/link /srv/plain; stat -c '%F' /tmp/l/alias")).toBe(
      'regular file\nsymbolic link\nregular file\n',
    );
    expect(out('docker exec one cat /srv/link')).toBe('real\n');
  });

  test('on a terminal it says how much was copied and where to, unless it is to be quiet', () => {
    const one = terminal();
    out('echo x >/tmp/in/secret; chmod 600 /tmp/in/secret');
    one.type('docker cp /etc/hostname one:/srv/b; docker cp one:/srv/b back\r');
    one.type('docker cp -q one:/srv/b again; ls\r');
    one.type('docker cp /tmp/in/secret one:/srv/\r');
    expect(one.screen()).toContain('Successfully copied 2.05kB to one:/srv/b\r\n');
    expect(one.screen()).toContain('\r\nSuccessfully copied 2.05kB to /home/student/back\r\n');
    expect(one.screen()).toContain('again  back\r\n');
    expect(one.screen()).toContain('open /tmp/in/secret: permission denied\r\n');
  });

  test('refusals', () => {
    const missing = (path: string, flags = '') =>
      sh(`cd /tmp/in; docker cp ${flags} ${path} one:/x`).err.replace(
        /^lstat (.*): no such file or directory\n$/,
        '$1',
      );
    expect(missing('/none')).toBe('//none');
    expect(missing('./b/../none')).toBe('/tmp/in/none');
    expect(missing('none/none')).toBe('/tmp/in/none');
    expect(missing('none', '-L')).toBe('/tmp/in/none');
    expect(sh('cd /tmp; docker cp one:/nothing none/x').err).toBe(
      'invalid output path: directory "/tmp/none" does not exist\n',
    );
    expect(sh('docker cp /tmp/in/a one:/none/x').err).toBe(
      'Error response from daemon: Could not find the file /none in container one\n',
    );
    out('docker run -d --name sealed --read-only notes:1');
    expect(sh('docker cp /tmp/in/a sealed:/srv').err).toBe(
      'Error response from daemon: container rootfs is marked read-only\n',
    );
  });
});
