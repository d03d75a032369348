/*
 * What Python's regular expressions and strings mean, for rules that MLflow's server states in Python. Its `\w`, `\d` and
 * `\s` know the letters, digits and spaces of all languages; JavaScript's know ASCII, and one space more.
 */

export {
  pythonSpace as SPACE,
  pythonWord as WORD,
} from '@downstage/plugin-ml-registry-common';

/** Inside a character class of an expression with the flag `u`: what `\d` is to Python. */
export const DIGIT = '\\p{Nd}';

/** Characters as Python's `len` counts them: one for each code point, also for those that are two units in JavaScript. */
export function pythonLength(text: string): number {
  let pairs = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text.charCodeAt(at) < 0xd800) continue;
    const point = text.codePointAt(at);
    if (point === undefined || point <= 0xffff) continue;
    pairs += 1;
    at += 1;
  }
  return text.length - pairs;
}

/** `text[:length]` of Python: the first characters, none of them cut in two. */
export function pythonSlice(text: string, length: number): string {
  if (text.length <= length) return text;
  let end = 0;
  for (let taken = 0; taken < length && end < text.length; taken += 1) {
    const point = text.codePointAt(end);
    end += point !== undefined && point > 0xffff ? 2 : 1;
  }
  return text.slice(0, end);
}

/** `posixpath.normpath`: the shortest name of the same file. */
export function pythonNormalPath(path: string): string {
  if (path === '') return '.';
  // Two slashes at the beginning mean something of their own to POSIX; three do not.
  const [slashes] = /^\/*/.exec(path) ?? [''];
  const root = slashes.length === 2 ? '//' : slashes.slice(0, 1);
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    const above =
      part === '..' && (parts.length ? parts.at(-1) === '..' : !root);
    if (part !== '..' || above) parts.push(part);
    else parts.pop();
  }
  return root + parts.join('/') || '.';
}

/** A string as Python's `json.dumps` spells it: in ASCII. */
export function pythonJson(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
