/** Commands that ask for all their containers at once: docker/cli's parallelOperation, of stop, kill, pause, unpause and rm. */
import { type Answer, ask, type Response } from '../../../container/index.ts';
import { type Sys, writeAll } from '../../../linux/index.ts';
import { DockerError, messageOf, reach } from './api.ts';
import { each } from './commands.ts';

/** How many requests are under way at most. */
const LIMIT = 50;

type Asked = () => Sys<Response>;

/** Sends it; what cannot be sent is told when the answer is wanted. */
function* asked([method, path]: readonly [string, string]): Sys<Asked> {
  try {
    const answering = yield* reach((to) => ask(to, method, path), method, path);
    return () => wholeAnswer(answering);
  } catch (error) {
    if (!(error instanceof DockerError)) throw error;
    return () => {
      throw error;
    };
  }
}

function* wholeAnswer(answering: () => Sys<Answer>): Sys<Response> {
  const answer = yield* answering();
  try {
    return yield* answer.whole();
  } finally {
    yield* answer.close();
  }
}

/** Refusals become a DockerError. */
function* printed(name: string, response: Response): Sys<void> {
  if (response.status >= 400) throw new DockerError(`Error response from daemon: ${messageOf(response)}`);
  yield* writeAll(1, `${name}\n`);
}

/** Asks what `request` says for each name, and deals with the answers in the order of the names; refusals come last. Returns the exit status. */
export function* eachAtOnce(
  names: readonly string[],
  request: (name: string) => readonly [string, string],
  answered: (name: string, response: Response) => Sys<void> = printed,
): Sys<number> {
  const waiting: Asked[] = [];
  let sent = 0;
  return yield* each(
    names,
    function* (name) {
      while (waiting.length < LIMIT && sent < names.length)
        waiting.push(yield* asked(request(names[sent++]!)));
      yield* answered(name, yield* waiting.shift()!());
    },
    (message) => writeAll(2, `${message}\n`),
  );
}
