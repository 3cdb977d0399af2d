/** Go templates of --format: the book's docker against the real client, both with the simulated daemon. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasTool } from '../support/diskTools.ts';
import { type EngineSocket, engineSocket } from '../support/engineSocket.ts';

let engine: EngineSocket;

const LINES = readFileSync(new URL('dockerTemplates.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');

describe.skipIf(!hasTool('docker'))('a template', () => {
  beforeAll(async () => {
    engine = await engineSocket();
    await engine.simulated(
      "docker run -d --name web -p 8080:80 -e A=b -l x=y base sh -c 'sleep 1000'; docker create -l b=1 -l a=2 -p 9090:90 -p 8081:80 --name labelled base; docker create --name idle base echo 'a \\\\ \"b\" ä and what does not fit'",
    );
  }, 30_000);

  afterAll(() => engine?.close());

  test.each(LINES)('%s', async (line) => {
    const [real, own] = await Promise.all([engine.real(line), engine.simulated(line)]);
    expect(own).toEqual(real);
  });
});
