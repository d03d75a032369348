import type { Response } from 'express';

/** Has a browser save what comes: never shown on the portal's origin, never sniffed. */
export function asAttachment(
  response: Response,
  { name, type }: { name: string; type: string },
): void {
  response.setHeader('Content-Type', type);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Content-Disposition', `attachment; ${namesOf(name)}`);
}

/** Two names, as MLflow's server sends: one in ASCII for old programs, and the real one where ASCII does not hold it. */
function namesOf(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[^\x20-\x7e]/g, '')
    .replace(/["\\]/g, '\\$&');
  const first = /^[\w!#$%&'*+.^`|~-]+$/.test(plain) ? plain : `"${plain}"`;
  return plain === name
    ? `filename=${first}`
    : `filename=${first}; filename*=UTF-8''${encodeRfc5987(name)}`;
}

function encodeRfc5987(text: string): string {
  return encodeURIComponent(text).replace(
    /['()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
