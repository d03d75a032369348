import type { z } from 'zod';

const mostIssues = 8;
const mostFound = 80;

/**
 * What does not fit, a line for each field: what was expected and, where `found` is given, what stands there instead.
 */
export function describeIssues(error: z.ZodError, found?: unknown): string {
  const { issues } = error;
  const lines = issues.slice(0, mostIssues).map(issue => {
    const at = issue.path.length ? `\n  → at ${dotted(issue.path)}` : '';
    return `✖ ${messageOf(issue)}${quote(issue.path, found)}${at}`;
  });
  const rest = issues.length - mostIssues;
  return [...lines, ...(rest > 0 ? [`… and ${rest} more`] : [])].join('\n');
}

/** The field whose text or name holds a zero character: PostgreSQL keeps none, so nothing may hold one. */
export function pathOfZero(value: unknown): string | undefined {
  const seen: { value: unknown; path: PropertyKey[] }[] = [{ value, path: [] }];
  for (let next = seen.pop(); next; next = seen.pop()) {
    const { path } = next;
    if (typeof next.value === 'string') {
      if (next.value.includes('\0')) return dotted(path);
    } else if (typeof next.value === 'object' && next.value !== null) {
      for (const [key, inner] of Object.entries(next.value)) {
        if (key.includes('\0')) return dotted(path) || 'the name of a field';
        seen.push({ value: inner, path: [...path, key] });
      }
    }
  }
  return undefined;
}

/**
 * Of several kinds a value may have, zod says only that it is none of them. Where it is of one of the kinds and does not
 * fit, the others help nobody.
 */
function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_union' || issue.message !== 'Invalid input') {
    return issue.message;
  }
  const ofItsKind = issue.errors.filter(
    inner =>
      !inner.some(({ code, path }) => code === 'invalid_type' && !path.length),
  );
  const shown = ofItsKind.length ? ofItsKind : issue.errors;
  const kinds = shown.flatMap(inner => inner.map(messageOf));
  return [...new Set(kinds)].join(', or: ') || issue.message;
}

function quote(path: PropertyKey[], found: unknown): string {
  if (found === undefined) return '';
  const value = path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null
        ? Reflect.get(inner, key)
        : undefined,
    found,
  );
  if (value === undefined) return '';
  const text = JSON.stringify(value);
  return ` (found ${
    text.length > mostFound ? `${text.slice(0, mostFound)}…` : text
  })`;
}

/** `rows[0].radius`, as one would write it. */
function dotted(path: PropertyKey[]): string {
  return path
    .map(String)
    .map(key => (/^\d+$/.test(key) ? `[${key}]` : `.${key}`))
    .join('')
    .replace(/^\./, '');
}
