/** The stream of the builder before BuildKit: `Step 1/5 : FROM base` and ids. What a client without buildx asks for and shows. */
import { decodeUtf8 } from '../../base/index.ts';
import { type BuildProgress, type Send, short } from './progress.ts';

export function classicProgress(send: Send, quiet: boolean): BuildProgress {
  let number = 0;
  let ran: string | null = null;
  const say: Send = quiet ? function* () {} : send;
  return {
    *definition() {},
    *metadata() {},
    *metadataDone() {},
    pulling: (report) => say(report),
    *context() {},
    *instruction(text, total) {
      yield* say({ stream: `Step ${++number}/${total} : ${text}` });
      yield* say({ stream: '\n' });
    },
    *instructionDone(id) {
      yield* say({ stream: ` ---> ${short(id)}\n` });
    },
    *step() {},
    *cached() {
      yield* say({ stream: ' ---> Using cache\n' });
    },
    *baseCached() {},
    *running({ ID }) {
      ran = short(ID);
      yield* say({ stream: ` ---> Running in ${ran}\n` });
    },
    *output(stream, bytes) {
      const text = decodeUtf8(bytes);
      yield* say({ stream: stream === 2 ? `\x1b[91m${text}\x1b[0m` : text });
    },
    *stepDone() {
      if (ran !== null) yield* say({ stream: `Removing intermediate container ${ran}\n` });
      ran = null;
    },
    *unused(names) {
      const list = names.join(' ');
      if (names.length > 0)
        yield* say({ stream: `[Warning] One or more build-args [${list}] were not consumed\n` });
    },
    *finished(id, names) {
      yield* send(quiet ? { stream: `${id}\n` } : { aux: { ID: id } });
      yield* say({ stream: `Successfully built ${short(id)}\n` });
      for (const name of names) yield* say({ stream: `Successfully tagged ${name}\n` });
    },
    *failed({ classic: message, code }) {
      yield* send({ errorDetail: { ...(code > 0 && { code }), message }, error: message });
    },
    *exported() {},
    *checked() {},
    *warn() {},
  };
}
