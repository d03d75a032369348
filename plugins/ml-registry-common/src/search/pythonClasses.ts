/*
 * MLflow's server states its rules in Python, whose expressions know the letters and spaces of all languages.
 * JavaScript's know ASCII, and one space more.
 */

/** Inside a character class of an expression with the flag `u`: what `\w` is to Python. Combining marks are not in it. */
export const pythonWord = '\\p{L}\\p{N}_';

/** The same for `\s`. */
export const pythonSpace =
  '\\t-\\r\\x1c-\\x1f \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
