/** The syntax tree of shell text. Trees are immutable: functions and subshells share them. */

/** One shell word before expansion. */
export interface Word {
  readonly parts: readonly WordPart[];
  /** The word as it was written; job lists and function listings show it. */
  readonly text: string;
  /** Set when the word has the form `name=value`; assignments and declaration builtins read it. */
  readonly assignment?: Assignment;
}

export type WordPart =
  | { readonly type: 'literal'; readonly text: string }
  /** Text that quoting took away every special meaning from. */
  | { readonly type: 'quoted'; readonly text: string }
  | { readonly type: 'double'; readonly parts: readonly WordPart[] }
  | ParameterPart
  | { readonly type: 'command'; readonly body: List }
  | { readonly type: 'arithmetic'; readonly expression: Word }
  | { readonly type: 'process'; readonly direction: '<' | '>'; readonly body: List };

export interface ParameterPart {
  readonly type: 'parameter';
  /** A variable's name, a positional number or a special parameter's character. */
  readonly name: string;
  /** `${a[index]}`; `@` and `*` are kept as such. */
  readonly index: Word | '@' | '*' | null;
  /** `${!name}`. */
  readonly indirect: boolean;
  readonly operation: ParameterOperation | null;
  readonly text: string;
}

export type ParameterOperation =
  | { readonly type: 'length' }
  /** `${!prefix@}`, `${!prefix*}`. */
  | { readonly type: 'names'; readonly star: boolean }
  /** `${!array[@]}`. */
  | { readonly type: 'keys'; readonly star: boolean }
  | {
      readonly type: 'default';
      readonly op: '-' | '=' | '?' | '+';
      readonly colon: boolean;
      readonly word: Word;
    }
  | { readonly type: 'trim'; readonly op: '#' | '##' | '%' | '%%'; readonly pattern: Word }
  | {
      readonly type: 'replace';
      readonly op: '/' | '//' | '/#' | '/%';
      readonly pattern: Word;
      readonly replacement: Word;
    }
  | { readonly type: 'slice'; readonly offset: Word; readonly length: Word | null }
  | { readonly type: 'case'; readonly op: '^' | '^^' | ',' | ',,'; readonly pattern: Word }
  | { readonly type: 'transform'; readonly op: string }
  /** An operator bash does not know: an error when it is expanded, not when it is read. */
  | { readonly type: 'bad' };

export interface Assignment {
  readonly name: string;
  readonly index: Word | null;
  readonly append: boolean;
  readonly value: Word | ArrayLiteral;
}

export interface ArrayLiteral {
  readonly elements: readonly ArrayElement[];
}

export interface ArrayElement {
  readonly index: Word | null;
  readonly append: boolean;
  readonly value: Word;
}

export type RedirectOperator =
  | '<'
  | '>'
  | '>>'
  | '>|'
  | '<>'
  | '<&'
  | '>&'
  | '&>'
  | '&>>'
  | '<<'
  | '<<-'
  | '<<<';

export interface Redirection {
  /** The descriptor before the operator; null for the operator's own. */
  readonly fd: number | null;
  /** `{name}>file`: the variable that receives the descriptor. */
  readonly variable: string | null;
  readonly op: RedirectOperator;
  /** The file, the descriptor, or the delimiter of a here-document. */
  readonly target: Word;
  readonly heredoc: HereDocument | null;
}

/** Filled in when the parser reaches the end of the line. */
export interface HereDocument {
  body: Word;
  /** The body as it was written, with the delimiter line. */
  text: string;
}

export interface ListItem {
  readonly andOr: AndOr;
  readonly background: boolean;
}

export interface List {
  readonly items: readonly ListItem[];
}

export interface AndOr {
  readonly first: Pipeline;
  readonly rest: readonly { readonly op: '&&' | '||'; readonly pipeline: Pipeline }[];
}

export interface Pipeline {
  readonly negated: boolean;
  /** `time`: null when absent. */
  readonly time: 'bash' | 'posix' | null;
  readonly commands: readonly Command[];
}

interface CommandBase {
  readonly line: number;
  readonly redirections: readonly Redirection[];
}

export interface SimpleCommand extends CommandBase {
  readonly type: 'simple';
  readonly assignments: readonly Assignment[];
  readonly words: readonly Word[];
}

export interface CaseItem {
  readonly patterns: readonly Word[];
  readonly body: List;
  readonly terminator: ';;' | ';&' | ';;&';
}

export interface FunctionDefinition extends CommandBase {
  readonly type: 'function';
  readonly name: string;
  readonly body: CompoundCommand;
}

export type CompoundCommand = CommandBase &
  (
    | { readonly type: 'group'; readonly body: List }
    | { readonly type: 'subshell'; readonly body: List }
    | {
        readonly type: 'if';
        readonly clauses: readonly { readonly condition: List; readonly body: List }[];
        readonly otherwise: List | null;
      }
    | {
        readonly type: 'for';
        readonly name: string;
        readonly words: readonly Word[] | null;
        readonly body: List;
      }
    | {
        readonly type: 'arithmeticFor';
        readonly init: Word;
        readonly condition: Word;
        readonly step: Word;
        readonly body: List;
      }
    | { readonly type: 'while'; readonly until: boolean; readonly condition: List; readonly body: List }
    | { readonly type: 'case'; readonly word: Word; readonly items: readonly CaseItem[] }
    | { readonly type: 'arithmetic'; readonly expression: Word }
    | { readonly type: 'conditional'; readonly expression: Conditional }
  );

export type Command = SimpleCommand | CompoundCommand | FunctionDefinition;

/** What stands between `[[` and `]]`. */
export type Conditional =
  | { readonly type: 'unary'; readonly op: string; readonly operand: Word }
  | { readonly type: 'binary'; readonly op: string; readonly left: Word; readonly right: Word }
  | { readonly type: 'not'; readonly operand: Conditional }
  | { readonly type: 'and' | 'or'; readonly left: Conditional; readonly right: Conditional };
