/** What means something to one of the languages that take JSON's quoting, beyond what JSON escapes itself. */
const special =
  /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/**
 * A text, number or boolean as a literal that YAML, JSON, TOML and Python read as exactly this value.
 *
 * @remarks
 * Line breaks of any kind, control characters and marks that turn text round are escaped; other letters stay readable.
 *
 * @throws TypeError for what has no such literal
 */
export function toLiteral(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(wellFormed(value)).replace(special, escaped);
  }
  if (typeof value === 'number' && Number.isFinite(value)) {
    return JSON.stringify(value);
  }
  throw new TypeError(
    `A template cannot write ${String(
      value,
    )} as a literal; expected a text or a finite number`,
  );
}

/** A text as one line of Markdown that shows it and does nothing else: no HTML, links, headings or tables. */
export function toMarkdown(value: unknown): string {
  return oneLine(value)
    .replace(/[\\`*_[\]{}#|~]/g, found => `\\${found}`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/^([-+=])/, '\\$1')
    .replace(/^(\d+)([.)])/, '$1\\$2')
    .replace(/:\/\//g, '&#58;//');
}

/** A text as inline code of Markdown, also within a table. */
export function toInlineCode(value: unknown): string {
  const text = oneLine(value).replaceAll('|', '\\|');
  const longest = Math.max(
    0,
    ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length),
  );
  const fence = '`'.repeat(longest + 1);
  return longest > 0 ? `${fence} ${text} ${fence}` : `${fence}${text}${fence}`;
}

function oneLine(value: unknown): string {
  if (value === undefined || value === null) return '';
  return wellFormed(String(value))
    .replace(/[\s\p{Control}]+/gu, ' ')
    .replace(special, '')
    .trim();
}

/** Half of a pair of surrogates is no letter, and cannot be written as UTF-8. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
