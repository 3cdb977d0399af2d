/** FS and RS: how fields and records are told apart, as mawk 1.3.4 does it. */
import { RunTimeError } from './problems.ts';
import { Regex } from './regex.ts';
import { RegexError } from './regexSyntax.ts';

const compiled = new Map<string, Regex>();
const MOST_KEPT = 200;

/** A regular expression that the running program made. Throws RunTimeError. */
export function dynamicRegex(source: string): Regex {
  const known = compiled.get(source);
  if (known !== undefined) return known;
  let regex: Regex;
  try {
    regex = new Regex(source);
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    throw new RunTimeError(`regular expression compile failed (${error.message})\n${source}`);
  }
  if (compiled.size >= MOST_KEPT) compiled.clear();
  compiled.set(source, regex);
  return regex;
}

/** Parts of `text` between matches that are not empty. */
function splitByRegex(text: string, regex: Regex): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; ) {
    const match = regex.find(text, at);
    if (match === null) break;
    if (match.end === match.start) {
      at = match.start + 1;
      continue;
    }
    parts.push(text.slice(from, match.start));
    from = match.end;
    at = match.end;
  }
  parts.push(text.slice(from));
  return parts;
}

/** Words between spaces, tabs and newlines; other blanks are part of a word. */
function words(text: string): string[] {
  return text.match(/[^ \t\n]+/g) ?? [];
}

/** The fields of `text`; `separator` is FS, or the last argument of split. */
export function splitFields(text: string, separator: string | Regex): string[] {
  if (text === '') return [];
  if (typeof separator !== 'string') return splitByRegex(text, separator);
  if (separator === ' ') return words(text);
  if (separator === '') return [...text];
  return separator.length === 1 ? text.split(separator) : splitByRegex(text, dynamicRegex(separator));
}

/** Finds where a record ends: text of the record, and where the next begins; null when more input is needed to tell. */
export interface RecordEnd {
  readonly end: number;
  readonly next: number;
}

/** A record in `text` from `from`; `seen` is up to where an earlier look found no separator. RS is neither empty nor a newline pair. */
export function findRecord(
  text: string,
  from: number,
  seen: number,
  rs: string,
  atEnd: boolean,
): RecordEnd | null {
  if (rs.length === 1) {
    const end = text.indexOf(rs, Math.max(from, seen));
    return end < 0 ? null : { end, next: end + 1 };
  }
  const rest = text.slice(from);
  for (let at = 0; ; ) {
    const match = dynamicRegex(rs).find(rest, at);
    if (match === null) return null;
    if (match.end === match.start) {
      at = match.end + 1;
      continue;
    }
    // A match that touches the end of what has been read may go on.
    if (match.end === rest.length && !atEnd) return null;
    return { end: from + match.start, next: from + match.end };
  }
}

/** A paragraph that begins at `from`, where no newline is. */
export function findParagraph(text: string, from: number, seen: number): RecordEnd | null {
  const end = text.indexOf('\n\n', Math.max(from, seen - 1));
  return end < 0 ? null : { end, next: end + 2 };
}
