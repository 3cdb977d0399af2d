/** What tcpdump(1)'s options make of its lines. */

export interface PrinterOptions {
  /** `-e`: the link-level header. */
  readonly linkLevel?: boolean;
  /** `-S`: TCP's sequence numbers as they are, not counted from the connection's first. */
  readonly absoluteSequence?: boolean;
  /** `-x`, `-X`, `-A`: the packet's bytes, behind the line; twice: with the link-level header. */
  readonly dump?: 'x' | 'X' | 'A' | 'xx' | 'XX' | 'AA';
  /** `-q`: less of TCP and UDP, and of the link level. */
  readonly quiet?: boolean;
  /** `-v`: the IPv4 header, checksums, and what is inside of errors. */
  readonly verbose?: boolean;
}
