/** The system's random source: the only place that asks for chance (docs/decisions/0020). */

/** So many words, 16,384 at most, that nobody can foresee or tell from others that were given. */
export const secretWords = (count: number): Uint32Array =>
  crypto.getRandomValues(new Uint32Array(count));
