import { createHash } from 'node:crypto';

const longest = 63;

/**
 * The name of everything of an attempt. The same attempt has the same name for ever. So the cluster refuses a create that
 * is repeated, and starts nothing twice.
 *
 * @example
 * ```ts
 * nameOf({ jobId: 'k3v9x2mzq7', attempt: 2 }); // 'ds-k3v9x2mzq7-2'
 * ```
 */
export function nameOf(job: { jobId: string; attempt: number }): string {
  const end = `-${job.attempt}`;
  const id = bounded(job.jobId, {
    allowed: /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/,
    replaced: /[^a-z0-9-]+/g,
    text: job.jobId.toLowerCase(),
    length: longest - 'ds-'.length - end.length,
  });
  return `ds-${id}${end}`;
}

/** A text as the value of a label. One that is no valid value is cut and gets a hash, so two texts never share one. */
export function labelValueOf(text: string): string {
  return bounded(text, {
    allowed: /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/,
    replaced: /[^A-Za-z0-9._-]+/g,
    text,
    length: longest,
  });
}

function bounded(
  original: string,
  rule: { allowed: RegExp; replaced: RegExp; text: string; length: number },
): string {
  if (rule.allowed.test(original) && original.length <= rule.length)
    return original;
  const hash = createHash('sha256').update(original).digest('hex').slice(0, 12);
  const start = rule.text
    .replace(rule.replaced, '-')
    .slice(0, rule.length - hash.length - 1)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
  return start ? `${start}-${hash}` : hash;
}
