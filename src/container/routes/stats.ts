/** GET /containers/ID/stats: once, or every second until the client goes. */
import { SECOND } from '../../base/index.ts';
import { sys } from '../../linux/index.ts';
import { isTrue } from '../http.ts';
import { networkStats, noSample, sampleOf, statsView } from '../stats.ts';
import type { ContainerActions } from './handler.ts';

export const statsActions: ContainerActions = {
  *'GET stats'(engine, found, { query }, client) {
    const stream = isTrue(query.get('stream') ?? '1');
    const once = isTrue(query.get('one-shot'));
    yield* client.stream();
    let before = noSample;
    for (;;) {
      const now = yield* sampleOf(found);
      const networks = yield* networkStats(found);
      // Without a sample before there is no telling how busy it is.
      if (stream || once || before !== noSample || now === noSample)
        yield* client.write(
          `${JSON.stringify({ ...statsView(found, before, now), ...(networks !== null && { networks }) })}\n`,
        );
      if (!stream && (once || before !== noSample || now === noSample)) return null;
      before = now;
      yield* sys.nanosleep(SECOND);
      if ((yield* client.gone()) || !engine.containers.has(found.ID)) return null;
    }
  },
};
