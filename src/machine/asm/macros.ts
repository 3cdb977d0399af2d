/** Macros: parameters, binding of arguments, substitution in the body. */
import type { Diagnostics, Place } from './diagnostics.ts';
import type { SourceLine, Token } from './lexer.ts';

interface Parameter {
  readonly name: string;
  readonly fallback: string | null;
  readonly required: boolean;
  /** Takes all that is left, commas too. */
  readonly rest: boolean;
}

export interface Macro {
  readonly name: string;
  readonly body: readonly SourceLine[];
  /** Values of the parameters for a call with these arguments; null, and reported, if they do not fit. */
  bind(text: string, place: Place, diagnostics: Diagnostics): Map<string, string> | null;
}

/** Splits at commas outside brackets and strings. */
function split(text: string): string[] {
  const out: string[] = [];
  let depth = 0;
  let from = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '\\') i++;
    else if (c === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (c === '(') depth++;
    else if (c === ')') depth--;
    else if (c === ',' && depth === 0) {
      out.push(text.slice(from, i).trim());
      from = i + 1;
    }
  }
  const last = text.slice(from).trim();
  return last === '' && out.length === 0 ? [] : [...out, last];
}

const parameterPattern = /^([A-Za-z_]\w*)(?::(req|vararg))?(?:\s*=\s*(.*))?$/;

/** Reads `.macro name a, b=default, c:req, d:vararg`; null, and reported, if it is not that. */
export function parseMacro(
  tokens: readonly Token[],
  line: SourceLine,
  body: readonly SourceLine[],
  diagnostics: Diagnostics,
  end: Place,
): Macro | null {
  const [name, ...rest] = tokens;
  if (name?.kind !== 'word') {
    diagnostics.add(name?.place ?? end, '`.macro` takes a name and then its parameters');
    return null;
  }
  const text = line.text.slice(name.end, rest.at(-1)?.end ?? name.end).replace(/^\s*,/, '');
  // Without commas, parameters are separated by blanks.
  const written = text.includes(',') ? split(text) : text.trim() === '' ? [] : text.trim().split(/\s+/);
  const parameters: Parameter[] = [];
  for (const parameter of written) {
    const match = parameterPattern.exec(parameter);
    if (match === null) {
      diagnostics.add(
        rest[0]?.place ?? end,
        `\`${parameter}\` is no macro parameter`,
        'a parameter is written `name`, `name=default`, `name:req` or `name:vararg`',
      );
      return null;
    }
    const [, parameterName, kind, fallback] = match;
    parameters.push({
      name: parameterName!,
      fallback: fallback ?? null,
      required: kind === 'req',
      rest: kind === 'vararg',
    });
  }
  return { name: name.text, body, bind: (call, place, d) => bind(name.text, parameters, call, place, d) };
}

function bind(
  name: string,
  parameters: readonly Parameter[],
  text: string,
  place: Place,
  diagnostics: Diagnostics,
): Map<string, string> | null {
  const values = new Map<string, string>();
  const args = split(text);
  let next = 0;
  for (let i = 0; i < args.length; i++) {
    const named = /^([A-Za-z_]\w*)\s*=(?!=)\s*(.*)$/.exec(args[i]!);
    if (named !== null && parameters.some((parameter) => parameter.name === named[1])) {
      values.set(named[1]!, named[2]!);
      continue;
    }
    const parameter = parameters[next++];
    if (parameter === undefined) {
      diagnostics.add(
        place,
        `the macro \`${name}\` takes ${parameters.length} arguments, found ${args.length}`,
      );
      return null;
    }
    if (parameter.rest) {
      values.set(parameter.name, args.slice(i).join(', '));
      break;
    }
    if (args[i] !== '') values.set(parameter.name, args[i]!);
  }
  for (const parameter of parameters) {
    if (values.has(parameter.name)) continue;
    if (parameter.required) {
      diagnostics.add(place, `the macro \`${name}\` needs a value for \`${parameter.name}\``);
      return null;
    }
    values.set(parameter.name, parameter.fallback ?? '');
  }
  return values;
}

/** Characters that a line may have after substitution. */
const MOST_CHARACTERS = 20_000;

/** Puts values for `\name`, the count of expansions for `\@`, and nothing for `\()`. */
export function substitute(text: string, values: ReadonlyMap<string, string>, count: string): string {
  const made = text.replace(/\\(?:\(\)|@|([A-Za-z_]\w*))/g, (found, name: string | undefined) => {
    if (found === '\\()') return '';
    if (found === '\\@') return count;
    return values.get(name!) ?? found;
  });
  // Arguments that contain themselves several times grow without end.
  return made.length > MOST_CHARACTERS ? '.error "a line of a macro became too long"' : made;
}
