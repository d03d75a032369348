/** Where to publish: `local`, or a git host and the organisation there. */
export type Target = { host: string; owner: string };

/** `github.com?owner=acme` becomes its parts; nothing chosen is `local`. */
export function splitTarget(text: string | undefined): Target {
  const [host, query = ''] = (text || 'local').split('?');
  return { host, owner: new URLSearchParams(query).get('owner') ?? '' };
}

/** The form template steps take: a `repoUrl` to which only `repo` has to be added. */
export function joinTarget(target: Target): string {
  if (target.host === 'local') return 'local';
  return `${target.host}?${new URLSearchParams({ owner: target.owner })}`;
}

/** What is missing, in words; nothing when the target is complete. */
export function whatIsMissing(text: string | undefined): string | undefined {
  const { host, owner } = splitTarget(text);
  if (host === 'local' || owner.trim()) return undefined;
  return `Name the organisation or user on ${host} that the repository is for`;
}
