/** dig's command line: servers with an @, options with a + or a -, and names with their types. */
import { parseIpv4, reverseName } from '../../../../network/index.ts';
import { typeOf } from './types.ts';

const SECOND = 1_000_000_000;

/** What is shown and how it is asked. */
export interface Settings {
  server: string | null;
  port: number;
  short: boolean;
  cmd: boolean;
  comments: boolean;
  question: boolean;
  answer: boolean;
  authority: boolean;
  additional: boolean;
  stats: boolean;
  ttlid: boolean;
  class: boolean;
  identify: boolean;
  search: boolean;
  recurse: boolean;
  edns: boolean;
  tcp: boolean;
  /** Nanoseconds; null: as /etc/resolv.conf says. */
  timeout: number | null;
  tries: number | null;
}

const DEFAULTS: Settings = {
  server: null,
  port: 53,
  short: false,
  cmd: true,
  comments: true,
  question: true,
  answer: true,
  authority: true,
  additional: true,
  stats: true,
  ttlid: true,
  class: true,
  identify: false,
  search: false,
  recurse: true,
  edns: true,
  tcp: false,
  timeout: null,
  tries: null,
};

export interface Lookup {
  name: string;
  type: number;
  /** The server stood in front of the name, and is told. */
  readonly serverFirst: boolean;
  readonly settings: Settings;
}

/** Wrong usage; `hint`: the way to use it is shown. */
export class DigUsage extends Error {
  readonly hint: boolean;

  constructor(message: string, hint = true) {
    super(message);
    this.hint = hint;
  }
}

const SWITCHES: Readonly<Record<string, keyof Settings>> = {
  short: 'short',
  cmd: 'cmd',
  comments: 'comments',
  question: 'question',
  answer: 'answer',
  authority: 'authority',
  additional: 'additional',
  stats: 'stats',
  ttlid: 'ttlid',
  class: 'class',
  identify: 'identify',
  search: 'search',
  recurse: 'recurse',
  edns: 'edns',
  tcp: 'tcp',
  vc: 'tcp',
};
/** All sections; +all and +noall. */
const SHOWN: readonly (keyof Settings)[] = [
  'cmd',
  'comments',
  'question',
  'answer',
  'authority',
  'additional',
  'stats',
];
const NUMBERS = ['time', 'tries', 'retry'];
/** What the real one has besides. */
const OTHERS =
  `aaflag aaonly adflag badcookie besteffort bufsize cdflag cookie crypto defname dns64prefix dnssec domain ednsflags ednsnegotiation
ednsopt expandaaaa expire fail header-only https idnin idnout ignore keepalive keepopen mapped multiline ndots nsid nssearch onesoa opcode padding
qid qr raflag rdflag rrcomments showallmessages showsearch split subnet tcflag tls trace ttlunits unknownformat yaml zflag`.split(
    /\s+/,
  );

/** `+[no]NAME[=VALUE]`, where the name may be shortened. Throws DigUsage. */
function plus(settings: Settings, word: string): void {
  const [given = '', value] = word.slice(1).split('=');
  const negative = given.startsWith('no') && given !== 'nosearch' ? given.slice(2) : null;
  const find = (name: string) => {
    const all = ['all', ...Object.keys(SWITCHES), ...NUMBERS, ...OTHERS];
    const exact = all.filter((each) => each === name);
    return exact.length > 0 ? exact : all.filter((each) => name.length >= 2 && each.startsWith(name));
  };
  const [off, name] =
    given.startsWith('no') && find(given).length === 0
      ? [true, find(negative ?? given.slice(2))]
      : [false, find(given)];
  if (name.length !== 1) throw new DigUsage(`Invalid option: ${word}`);
  const [key] = name as [string];
  if (OTHERS.includes(key)) throw new DigUsage(`dig: +${key} is not simulated`, false);
  if (key === 'all') {
    for (const each of SHOWN) Object.assign(settings, { [each]: !off });
  } else if (NUMBERS.includes(key)) {
    if (value === undefined || !/^\d+$/.test(value)) throw new DigUsage(`Invalid option: ${word}`);
    if (key === 'time') settings.timeout = Math.max(1, Number(value)) * SECOND;
    else settings.tries = Math.max(1, Number(value) + (key === 'retry' ? 1 : 0));
  } else Object.assign(settings, { [SWITCHES[key]!]: !off });
  if (key === 'short' && !off) {
    // Nothing but what the records say.
    for (const each of SHOWN) if (each !== 'answer') Object.assign(settings, { [each]: false });
  }
}

const A = 1;
const NS = 2;
const PTR = 12;

class Parser {
  readonly #words: string[];
  readonly #defaults: Settings = { ...DEFAULTS };
  readonly lookups: Lookup[] = [];
  /** A type that stood before its name. */
  #early: number | null = null;
  version = false;
  readonly warnings: string[] = [];

  constructor(words: readonly string[]) {
    this.#words = [...words];
  }

  get #settings(): Settings {
    return this.lookups.at(-1)?.settings ?? this.#defaults;
  }

  parse(): void {
    while (this.#words.length > 0) this.#word(this.#words.shift()!);
    if (this.lookups.length === 0 && !this.version)
      this.lookups.push({
        name: '',
        type: this.#early ?? NS,
        settings: this.#defaults,
        serverFirst: this.#defaults.server !== null,
      });
  }

  #word(word: string): void {
    if (word.startsWith('@')) this.#settings.server = word.slice(1);
    else if (word.startsWith('+')) plus(this.#settings, word);
    else if (word.startsWith('-') && word.length > 1) this.#option(word);
    else this.#bare(word);
  }

  #bare(word: string): void {
    if (/^(in|any|ch|hs)$/i.test(word) && word.toUpperCase() !== 'ANY') {
      if (!/^in$/i.test(word)) throw new DigUsage(`dig: the class ${word} is not simulated`, false);
      return;
    }
    const type = typeOf(word);
    if (type === null) this.#name(word);
    else this.#type(type);
  }

  #type(type: number): void {
    const last = this.lookups.at(-1);
    if (last === undefined) this.#early = type;
    else last.type = type;
  }

  #name(name: string, type: number | null = null): void {
    const settings = { ...this.#defaults };
    this.lookups.push({
      name,
      type: type ?? this.#early ?? A,
      settings,
      serverFirst: settings.server !== null,
    });
    this.#early = null;
  }

  #value(option: string, rest: string): string {
    const value = rest !== '' ? rest : this.#words.shift();
    if (value === undefined) throw new DigUsage(`Invalid option: ${option}`);
    return value;
  }

  #option(word: string): void {
    const letter = word[1]!;
    const rest = word.slice(2);
    switch (letter) {
      case '4':
        return;
      case 'v':
        this.version = true;
        return;
      case 'p': {
        const port = this.#value(word, rest);
        if (!/^\d+$/.test(port) || Number(port) > 65_535)
          throw new DigUsage(`Couldn't parse port number '${port}'`, false);
        this.#settings.port = Number(port);
        return;
      }
      case 'q':
        this.#name(this.#value(word, rest));
        return;
      case 't': {
        const given = this.#value(word, rest);
        const type = typeOf(given);
        if (type === null) this.warnings.push(`;; Warning, ignoring invalid type ${given}`);
        else this.#type(type);
        return;
      }
      case 'c': {
        const given = this.#value(word, rest);
        if (!/^in$/i.test(given)) throw new DigUsage(`dig: the class ${given} is not simulated`, false);
        return;
      }
      case 'x': {
        const given = this.#value(word, rest);
        const address = parseIpv4(given);
        this.#name(address === null ? `${given}.in-addr.arpa` : reverseName(address), PTR);
        return;
      }
      case '6':
      case 'b':
      case 'f':
      case 'i':
      case 'k':
      case 'm':
      case 'r':
      case 'u':
        throw new DigUsage(`dig: -${letter} is not simulated`, false);
      default:
        throw new DigUsage(`Invalid option: ${word}`);
    }
  }
}

/** Throws DigUsage. */
export function parseArguments(words: readonly string[]): Pick<Parser, 'lookups' | 'version' | 'warnings'> {
  const parser = new Parser(words);
  parser.parse();
  return parser;
}
