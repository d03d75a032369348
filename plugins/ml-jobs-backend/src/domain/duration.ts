const pattern = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;

/** Milliseconds of an ISO 8601 duration that the definition's schema has already checked. */
export function durationMs(text: string): number {
  const match = pattern.exec(text);
  if (!match) throw new TypeError(`Not a duration: ${text}`);
  const [days, hours, minutes, seconds] = match
    .slice(1)
    .map(part => Number(part ?? 0));
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}

/** Bytes of an amount such as `512Mi`. */
export function memoryBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti)$/.exec(text);
  if (!match) throw new TypeError(`Not an amount of memory: ${text}`);
  const power = { Ki: 1, Mi: 2, Gi: 3, Ti: 4 }[match[2]] ?? 0;
  return Math.floor(Number(match[1]) * 1024 ** power);
}
