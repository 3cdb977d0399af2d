/** Taking over another's volumes, a container's tree as an archive, and taking away what is unused. */
import { describe, expect, test } from 'vitest';
import '../../../src/shell/commands/utilities.ts';
import { engineHost } from '../../support/engineHost.ts';

describe('volumes of others, export and prune', () => {
  const { sh, out } = engineHost();

  test('--volumes-from, read-only when asked', () => {
    out('docker run -d --name holder -v data:/data notes:1; docker exec holder sh -c "echo own >/data/own"');
    expect(out('docker run --rm --volumes-from holder notes:1 cat /data/own')).toBe('own\n');
    expect(sh('docker run --rm --volumes-from holder:ro notes:1 touch /data/x').err).toContain(
      'Read-only file system',
    );
    expect(sh('docker run --rm --volumes-from nobody notes:1 true').err).toContain(
      'No such container: nobody',
    );
  });

  test('export: the tree as it is, without what is mounted in it', () => {
    out('docker exec holder sh -c "echo new >/srv/new; rm /srv/old"; docker export -o /tmp/tree.tar holder');
    const names = out('tar tf /tmp/tree.tar').split('\n');
    expect(names).toContain('srv/new');
    expect(names).not.toContain('srv/old');
    expect(names).not.toContain('data/own');
    out('docker stop -t 0 holder');
    expect(out('docker export holder | tar t | grep -c srv/new')).toBe('1\n');
    expect(out('docker import /tmp/tree.tar flat:1; docker run --rm flat:1 cat /srv/new')).toMatch(
      /\nnew\n$/,
    );
    expect(sh('docker export nobody >/dev/null').err).toBe(
      'Error response from daemon: No such container: nobody\n',
    );
  });

  test('container prune by label and age', () => {
    out('docker create --name aa --label keep notes:1; docker create --name bb notes:1; sleep 60');
    out('docker create --name cc notes:1');
    const names = () => out("docker ps -a --format '{{.Names}}' | sort").trim().split('\n').join(' ');
    expect(out('docker container prune -f --filter until=30s --filter label!=keep')).toMatch(
      /^Deleted Containers:\n(\w{64}\n){2}\nTotal reclaimed space: \d+B\n$/,
    );
    expect(names()).toBe('aa cc');
    out('docker container prune -f --filter label=keep');
    expect(names()).toBe('cc');
    expect(sh('docker container prune -f --filter color=red').err).toBe(
      "Error response from daemon: invalid filter 'color'\n",
    );
  });

  test('image prune minds its filters', () => {
    const images = () => Number(out('docker images -q | wc -l'));
    const before = images();
    out("docker commit -c 'LABEL keep=yes' cc >/tmp/kept; docker commit cc >/dev/null");
    expect(images()).toBe(before + 2);
    out('docker image prune -f --filter label!=keep; docker image prune -f --filter until=1h');
    expect(images()).toBe(before + 1);
    expect(out('docker image prune -af --filter label=nosuch')).toBe('Total reclaimed space: 0B\n');
    expect(out('docker system prune -f --filter label=keep=yes')).toContain(
      `deleted: ${out('cat /tmp/kept')}`,
    );
    expect(images()).toBe(before);
  });

  test('system prune asks, and then leaves what is used alone', () => {
    out('docker run -d --name used -v /anonymous notes:1; docker volume create kept');
    const asked = sh('docker system prune');
    expect(asked.out).toMatch(/^WARNING! This will remove:\n {2}- all stopped containers\n/);
    expect(asked).toMatchObject({ err: 'system prune has been cancelled\n', status: 1 });
    expect(out('docker system prune -af --volumes')).toMatch(/Total reclaimed space: /);
    expect(
      out("docker ps -a --format '{{.Names}}'; docker images -q | wc -l; docker volume ls -q | wc -l"),
    ).toBe('used\n1\n3\n');
    expect(out("docker events --since 0 --until 0s -f event=prune --format '{{.Type}}' | tail -4")).toBe(
      'container\nvolume\nimage\nbuilder\n',
    );
  });

  test('commit and removals of volumes are told', () => {
    out('docker commit -m saved used snap:1; docker volume rm kept');
    expect(
      out("docker events --since 0 --until 0s -f event=commit --format '{{json .Actor.Attributes}}'"),
    ).toMatch(
      /"comment":"saved","image":"notes:1","imageID":"sha256:\w{64}","imageRef":"snap","name":"used"/,
    );
    expect(
      out("docker events --since 0 --until 0s -f event=destroy -f volume=kept --format '{{.Actor.ID}}'"),
    ).toBe('kept\n');
  });
});
