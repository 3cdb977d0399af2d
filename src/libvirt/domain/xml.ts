/** XML as a tree with places; what is not well-formed is told as libxml2 does under libvirt: line, message, the line with a caret. */
import { SaxesParser } from 'saxes';
import { LibvirtError } from '../errors.ts';

export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Its own text, without the children's, trimmed. */
  readonly text: string;
  /** Of its start tag, from 1. */
  readonly line: number;
}

interface Building extends XmlElement {
  readonly attributes: Map<string, string>;
  readonly children: Building[];
  text: string;
}

/** Parses `source`, called `what` in messages. Throws LibvirtError. */
export function parseXml(source: string, what: string): XmlElement {
  if (source.trim() === '') fail(what, 1, 'Document is empty', null, 0);
  if (!source.trimStart().startsWith('<'))
    fail(what, 1, "Start tag expected, '<' not found", lineAt(source, 1), 0);
  const parser = new SaxesParser({ xmlns: false, position: true });
  const open: Building[] = [];
  let closed: Building | null = null;
  let root: Building | null = null;
  let started = 1;
  parser.on('error', (error) => refuse(source, what, error.message, { open, closed, parser }));
  parser.on('opentagstart', () => {
    started = parser.line;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const element: Building = {
      name,
      attributes: new Map(Object.entries(attributes as Record<string, string>)),
      children: [],
      text: '',
      line: started,
    };
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  });
  const append = (text: string) => {
    const element = open.at(-1);
    if (element !== undefined) element.text += text;
  };
  parser.on('text', append);
  parser.on('cdata', append);
  parser.on('closetag', () => {
    closed = open.pop()!;
    closed.text = closed.text.trim();
  });
  parser.write(source);
  parser.close();
  return root!;
}

interface Place {
  readonly open: readonly Building[];
  /** What the parser closed last: a wrong end tag closes the innermost element before it is told. */
  readonly closed: Building | null;
  readonly parser: { readonly line: number; readonly columnIndex: number; readonly position: number };
}

/** The parser's error in libxml2's words, where those are known; else in its own. */
function refuse(source: string, what: string, message: string, { open, closed, parser }: Place): never {
  const text = message.replace(/^[^:]*\d+:\d+: /, '');
  const { line, columnIndex } = parser;
  if (text === 'unexpected close tag.' && closed !== null) {
    const closing = /<\/([^\s>]*)\s*>?$/.exec(source.slice(0, parser.position))?.[1] ?? '';
    const words = `Opening and ending tag mismatch: ${closed.name} line ${closed.line} and ${closing}`;
    return fail(what, line, words, lineAt(source, line), columnIndex);
  }
  if (/^unclosed tag/.test(text) && open[0] !== undefined)
    return fail(what, line, `Premature end of data in tag ${open[0].name} line ${open[0].line}`, null, 0);
  if (text === 'unquoted attribute value.')
    return fail(what, line, `AttValue: " or ' expected`, lineAt(source, line), columnIndex - 1);
  return fail(what, line, text.replace(/\.$/, ''), lineAt(source, line), columnIndex);
}

function fail(what: string, line: number, message: string, excerpt: string | null, column: number): never {
  const caret = `${'-'.repeat(Math.max(0, column))}^`;
  throw new LibvirtError('plain', `(${what}):${line}: ${message}\n${excerpt ?? '(null)'}\n${caret}\n`);
}

const lineAt = (source: string, line: number) => source.split('\n')[line - 1] ?? '';

/** The only child of that name; null when there is none. */
export function child(element: XmlElement, name: string): XmlElement | null {
  return element.children.find((each) => each.name === name) ?? null;
}

/** For a text between tags or quotes. */
export function escapeXml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    "'": '&apos;',
    '"': '&quot;',
  };
  return text.replace(/[&<>'"]/g, (character) => entities[character]!);
}
