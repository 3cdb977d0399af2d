/** Go templates as `--format` takes them. docker/cli's templates over text/template. */
import { encodeUtf8, goQuote } from '../../../../base/index.ts';
import { DockerError } from '../api.ts';
import { FillFault, Filling } from './execute.ts';
import { SyntaxFault } from './lex.ts';
import { type Parsed, parseTemplate } from './parse.ts';

/** How mistakes are told. */
export interface Telling {
  /** Before what is wrong when it is filled. */
  readonly lead?: string;
  /** Before what is wrong with the template itself, and the status then. */
  readonly syntax?: string;
  readonly syntaxStatus?: number;
  /** The template's name. */
  readonly name?: string;
  /** Of what is shown; a map without one. */
  readonly type?: string;
  readonly status?: number;
  /** Letters before the template. */
  readonly skipped?: number;
}

const LEAD = 'template parsing error: ';

/** `template` as it is filled from one thing after the other. Throws DockerError for a mistake in it, and so does what it gives. */
export function templateOf(template: string, telling: Telling = {}): (data: unknown) => string {
  const { lead = LEAD, syntax = LEAD, syntaxStatus = 64, name = '', type = null, status = 1 } = telling;
  const lineOf = (at: number) => template.slice(0, at).split('\n').length;
  let parsed: Parsed;
  try {
    parsed = parseTemplate(template);
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    throw new DockerError(`${syntax}template: ${name}:${lineOf(error.at)}: ${error.message}`, syntaxStatus);
  }
  return (data) => {
    try {
      return new Filling(parsed.named, type).fill(parsed.parts, data);
    } catch (error) {
      if (!(error instanceof FillFault)) throw error;
      const line = lineOf(error.at);
      const before = template.slice(0, error.at).split('\n').at(-1)!;
      const column = encodeUtf8(before).length + (line === 1 ? (telling.skipped ?? 0) : 0);
      const within = error.template || name;
      throw new DockerError(
        `${lead}template: ${name}:${line}:${column}: executing ${goQuote(within)} at <${error.text}>: ${error.message}`,
        status,
      );
    }
  };
}
