/** Here-documents of RUN, COPY and ADD: `<<NAME`, `<<-NAME`, `<<'NAME'`, with a descriptor's number before them. */
import { expandWords } from './lexer.ts';

export interface HereDocument {
  readonly name: string;
  /** 0 when none is given. */
  readonly descriptor: number;
  /** Variables in it are replaced: no part of its name is quoted. */
  readonly expand: boolean;
  /** `<<-`: tabs at the beginnings of lines go. */
  readonly chomp: boolean;
  readonly content: string;
}

const WORD = /^(\d*)<<(-?)\s*([^<]*)$/;
const unset = () => undefined;
const quotesIn = (text: string) => text.replace(/[^'"]/g, '').length;

/** The here-document that a word announces, its contents not read yet; null when it announces none. */
export function hereDocument(word: string): HereDocument | null {
  const [, descriptor = '', dash = '', rest = ''] = WORD.exec(word) ?? [];
  if (rest === '') return null;
  const words = expandWords(rest, unset, { keepUnset: true });
  if (words.length !== 1) return null;
  const raw = expandWords(rest, unset, { keepUnset: true, rawQuotes: true });
  const name = words[0]!;
  return {
    name,
    descriptor: Number(descriptor || 0),
    expand: quotesIn(name) === quotesIn(raw[0] ?? ''),
    chomp: dash === '-',
    content: '',
  };
}

/** Those that a line announces, in their order; none when its quotes do not match. */
export function hereDocumentsIn(line: string): HereDocument[] {
  let words: string[];
  try {
    words = expandWords(line, unset, { keepUnset: true, rawQuotes: true, rawEscapes: true });
  } catch {
    return [];
  }
  return words.map(hereDocument).filter((found) => found !== null);
}

/** What the commands read: without the tabs when the document says so. */
export const documentText = ({ chomp, content }: HereDocument): string =>
  chomp ? content.replace(/^\t+/gm, '') : content;
