/** Text as a regular expression. */

/** A basic regular expression that matches just `text`. */
export function escapeLiteral(text: string): string {
  return text.replace(/[.*^$[\]\\]/g, '\\$&');
}
