/** Which monitor of a model: the first is that of drift, which every served model has. */
export type Which = { kind: string; name: string };

export const firstMonitor: Which = { kind: 'drift', name: 'default' };

export function isFirst({ kind, name }: Which): boolean {
  return kind === firstMonitor.kind && name === firstMonitor.name;
}

/** What stands in the address for a monitor; nothing for the first. */
export function searchOf({ kind, name }: Which): string {
  return isFirst({ kind, name }) ? '' : `?monitor=${kind}/${name}`;
}

/** `volume/daily`; anything else is the first. */
export function readWhich(text: string | null): Which {
  const [kind, name] = text?.split('/') ?? [];
  return kind && name ? { kind, name } : firstMonitor;
}
