/** Reads the body of a here-document: POSIX, "Here-Document". */
import type { HereDocument } from './ast.ts';
import { Source } from './source.ts';
import { PartList, readQuotedCharacter, type WordReading } from './words.ts';

export interface HereDocumentForm {
  readonly delimiter: string;
  /** Part of the delimiter was quoted: nothing is expanded. */
  readonly quoted: boolean;
  /** `<<-`: leading tabs go. */
  readonly stripTabs: boolean;
}

/** Reads lines into `document` up to the delimiter; false when the text ends first. */
export function readHereDocument(
  reading: WordReading,
  document: HereDocument,
  form: HereDocumentForm,
): boolean {
  const { source } = reading;
  const start = source.pos;
  const line = source.line;
  let body = '';
  let ended = false;
  while (!source.atEnd) {
    let end = source.text.indexOf('\n', source.pos);
    if (end < 0) end = source.text.length;
    let text = source.text.slice(source.pos, end);
    source.advance(Math.min(end + 1, source.text.length) - source.pos);
    if (form.stripTabs) text = text.replace(/^\t+/, '');
    if (text === form.delimiter) {
      ended = true;
      break;
    }
    body += `${text}\n`;
  }
  document.text = source.text.slice(start, source.pos);
  document.body = form.quoted
    ? { parts: [{ type: 'quoted', text: body }], text: body }
    : expandable(reading, body, line);
  return ended;
}

function expandable(reading: WordReading, body: string, line: number): HereDocument['body'] {
  const source = new Source(body, line);
  const inner: WordReading = {
    source,
    depth: reading.depth,
    substitution: (text, closer) => reading.substitution(text, closer),
    extglob: () => reading.extglob(),
    parameter: reading.parameter,
  };
  const list = new PartList();
  while (!source.atEnd) readQuotedCharacter(inner, list, '$`\\');
  return { parts: [{ type: 'double', parts: list.finish() }], text: body };
}
