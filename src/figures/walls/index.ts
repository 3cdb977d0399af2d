/** Four attacks of one VM on another, and what holds each back: recorded from guests of the book under its hypervisor. */
export { recordWalls } from './record.ts';
export { renderWalls } from './render.ts';
