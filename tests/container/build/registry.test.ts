/** FROM and COPY --from of images that a registry has: they are pulled when they are not there, and with --pull when there is a newer one. */
import { expect, test } from 'vitest';
import { notes, registryWorld } from '../../support/registryWorld.ts';

const { sh } = registryWorld({ registry: { images: [notes] } });

const build = (dockerfile: string, flags = '') =>
  sh('two', `mkdir -p /ctx; printf '${dockerfile}' >/ctx/Dockerfile; docker build ${flags} -t t /ctx 2>&1`);

test('a base that is not there is pulled, once; one of a stage that is not needed is not', () => {
  const text = build('FROM reg:5000/notes:1\\nRUN echo more >>/srv/page\\n');
  expect(text).toMatch(
    /#2 \[internal\] load metadata for reg:5000\/notes:1\n(#2 extracting [0-9a-f]{12} done\n){3}#2 DONE \d+\.\ds\n/,
  );
  expect(sh('two', 'docker run --rm t')).toBe('the page\nmore\n');
  expect(build('FROM base AS a\\nFROM reg:5000/notes:1\\nRUN echo more >>/srv/page\\n')).not.toContain(
    'extracting',
  );
});

test('--pull asks again', () => {
  sh(
    'one',
    `docker run --name changed notes:1 sh -c 'echo new >/srv/page'
docker commit -c 'CMD ["cat", "/srv/page"]' changed reg:5000/notes:1; docker push reg:5000/notes:1`,
  );
  const dockerfile = 'FROM reg:5000/notes:1\\nRUN true\\n';
  build(dockerfile);
  expect(sh('two', 'docker run --rm t')).toBe('the page\n');
  build(dockerfile, '--pull');
  expect(sh('two', 'docker run --rm t')).toBe('new\n');
});

test('what a registry does not have is told with the line that asks for it', () => {
  const text = build('FROM reg:5000/notes:1 AS a\\nFROM scratch\\nCOPY --from=reg:5000/none /a /b\\n');
  expect(text).toContain('   3 | >>> COPY --from=reg:5000/none /a /b');
  expect(text).toContain(
    'ERROR: failed to solve: reg:5000/none: failed to resolve source metadata for reg:5000/none:latest: ',
  );
  expect(text).toContain('not found');
});

test('a pushed build is the same image elsewhere', () => {
  const text = sh(
    'two',
    'docker tag t reg:5000/t:2; docker push -q reg:5000/t:2; docker inspect -f "{{.Id}}" t',
  );
  const id = /sha256:\w+\n$/.exec(text)?.[0];
  expect(sh('one', 'docker pull -q reg:5000/t:2 >/dev/null; docker inspect -f "{{.Id}}" reg:5000/t:2')).toBe(
    id,
  );
});
