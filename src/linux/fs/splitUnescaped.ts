/** Lists in the options of a mount. */

const FIELDS: Readonly<Record<',' | ':', RegExp>> = { ',': /(?:\\.|[^,\\])+/g, ':': /(?:\\.|[^:\\])+/g };

/** What stands between separators, as it is written, where something does; a backslash keeps the next character. */
export function splitUnescaped(text: string, separator: ',' | ':'): readonly string[] {
  if (text.includes('\\')) return text.match(FIELDS[separator]) ?? [];
  const fields = text.split(separator);
  return fields.includes('') ? fields.filter((field) => field !== '') : fields;
}
