/** The files that screen cases are about. */
const lines = (count: number) => Array.from({ length: count }, (_, i) => `line ${i + 1}\n`).join('');

export const files: Readonly<Record<string, string>> = {
  three: 'alpha\nbeta\ngamma\n',
  forty: lines(40),
  odd: 'a\tb\x01c\x1b[1mbold\x1b[0m x\nwide 中文 x\rfoo\nbar\n\n\n\nend',
  long: `${'long '.repeat(30)}\n1\n2\n3\n`,
  binary: `${'\x00\x01\x02\x03'.repeat(20)}\n`,
  doc: `one two three\n\tindent\nlong ${Array.from({ length: 40 }, (_, i) => i + 1).join(' ')} end\nwide 中文 x`,
  empty: '',
  wide: `${'中文'.repeat(25)}\nnext\n`,
};
