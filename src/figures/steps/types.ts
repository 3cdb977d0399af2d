/** What a figure of steps shows. */

/** One step, as HTML. */
export interface FigureStep {
  /** Who does something, or what happens, in a few words of plain text. */
  readonly title: string;
  /** What happens, in a sentence or two. */
  readonly say: string;
  /** More to look at: an instruction, an entry of a table. */
  readonly detail?: string;
}
