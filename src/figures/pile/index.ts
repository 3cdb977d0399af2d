/** Two containers over the layers of one image, drawn from what really lies in their directories. */
export { type Column, pile } from './pile.ts';
export { renderPile } from './render.ts';
