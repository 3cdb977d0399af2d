/** What chapters may use. */
export { default as ExerciseCard } from './ExerciseCard.astro';
export { default as Question } from './Question.astro';
export { default as SlideTable } from './SlideTable.astro';
export { default as Sources } from './Sources.astro';
