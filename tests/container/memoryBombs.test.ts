/** Programs that keep more than their container's limit: whatever keeps it, the kernel counts it. */
import { expect, test } from 'vitest';
import { engineHost } from '../support/engineHost.ts';

const { sh, out, terminal } = engineHost('bombs');

test.each([
  'a=x; while :; do a=$a$a; done',
  'a=x; while :; do a+=$a$a; done',
  'x=$(cat /dev/zero | tr "\\0" a)',
  'x=$(head -c 50000000 /dev/zero | tr "\\0" a); echo never',
  'b=$(head -c 900000 /dev/zero | tr "\\0" a); while :; do a+=("$b"); done',
  'sort /dev/zero',
  'tail /dev/zero',
  'exec dd if=/dev/zero of=/dev/null bs=100M',
])('%s', (script) => {
  expect(sh(`docker run --name bomb -m 20m notes:1 sh -c '${script}'`)).toMatchObject({
    out: '',
    status: 137,
  });
  expect(out("docker inspect -f '{{.State.OOMKilled}}' bomb; docker rm bomb")).toBe('true\nbomb\n');
});

test('a shell gives back what its variables do not hold any more, and its children have it too', () => {
  const turns = 'for i in 1 2 3 4 5 6; do x=$(head -c 2500000 /dev/zero | tr "\\0" a); echo ${#x}; done';
  const child = '(x=; head -c 4500000 /dev/zero | sort | wc -c)';
  expect(out(`docker run --rm -m 16m notes:1 sh -c '${turns}; x=; ${child}'`)).toBe(
    `${'2500000\n'.repeat(6)}4500001\n`,
  );
});

test('a substitution that is interrupted leaves nothing behind', () => {
  const { type, screen } = terminal();
  const asked = 'awk "/VmRSS/ {print \\$2}" /proc/$$/status\r';
  type(asked);
  type('x=$(head -c 8000000 /dev/zero | tr "\\0" a; sleep 1000)\r');
  type('\x03');
  type(asked);
  const [before, after] = [...screen().matchAll(/\r(\d+)\r/g)].map(([, size]) => Number(size));
  expect(after! - before!).toBeLessThan(1000);
});

test('a word may become more arguments than a call of JavaScript takes', () => {
  expect(out('for i in $(seq 150000); do :; done; echo $i; echo {1..150000} | wc -w')).toBe(
    '150000\n150000\n',
  );
  expect(out('seq 150000 | sort -rn | head -n 1; set -- $(seq 150000); echo $#')).toBe('150000\n150000\n');
});

test('without a limit a shell that keeps too much ends, and says so', () => {
  expect(sh("bash -c 'a=x; while :; do a=$a$a; done'")).toEqual({
    out: '',
    err: 'bash: line 1: Cannot allocate memory\n',
    status: 1,
  });
  expect(sh('dd if=/dev/zero of=/dev/null bs=900G count=1').err).toBe(
    'dd: memory exhausted by input buffer of size 966367641600 bytes (900 GiB)\n',
  );
  expect(sh('head -c 200M /dev/zero | cut -c1').err).toBe('cut: -: Cannot allocate memory\n');
});

test.each([
  ['cut -d " " -f 2', 'x a', 'x b', '0 a\n1 b\n'],
  ['uniq', 'a\nb', 'c', '0 a\n1 b\n1 c\n'],
])('%s works on what comes as it comes', (filter, first, second, expected) => {
  const input = `(echo '${first}'; sleep 1.2; echo '${second}')`;
  expect(out(`SECONDS=0; ${input} | ${filter} | while read -r line; do echo $SECONDS $line; done`)).toBe(
    expected,
  );
});

test('wc counts what no memory holds', () => {
  expect(out('docker run --rm -m 10m notes:1 sh -c "head -c 100M /dev/zero | wc"')).toMatch(
    /^ +0 +1 104857600\n$/,
  );
});
