import { gitEnvironment, gitOptions, runTool } from './runTool';

/** A submodule of a commit, and why it is not fetched, when it is not. */
export type Submodule = {
  name: string;
  path: string;
  /** To fetch from. */
  address: string;
  /** The same, to show. */
  url: string;
  why?: string;
};

/**
 * The submodules that a commit declares. Only https addresses of allowed hosts are fetched: any other protocol would let
 * a project read what lies on this machine.
 */
export async function submodulesOf(options: {
  folder: string;
  commit: string;
  hosts: readonly string[];
  signal: AbortSignal;
}): Promise<Submodule[]> {
  const { folder, commit, hosts, signal } = options;
  const { exitCode, lines } = await runTool(
    'git',
    [
      ...gitOptions,
      ...['-C', folder, 'config', '--blob', `${commit}:.gitmodules`],
      ...['--get-regexp', '^submodule\\..*\\.(path|url)$'],
    ],
    { env: gitEnvironment(), signal, keepLines: 1_000 },
  );
  if (exitCode !== 0) return [];
  const found = new Map<string, { path?: string; url?: string }>();
  for (const line of lines) {
    const match = /^submodule\.(.*)\.(path|url) (.*)$/.exec(line);
    if (!match) continue;
    const [, name, key, value] = match;
    found.set(name, { ...found.get(name), [key]: value });
  }
  return [...found].flatMap(([name, { path, url }]) =>
    path && url
      ? [
          {
            name,
            path,
            address: url,
            url: shown(url),
            ...refusal(url, hosts),
          },
        ]
      : [],
  );
}

function refusal(url: string, hosts: readonly string[]): { why?: string } {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol !== 'https:')
    return { why: 'submodules are fetched by https only' };
  if (parsed.username || parsed.password)
    return { why: 'an address must not hold a user name or password' };
  if (!hosts.includes(parsed.host))
    return { why: `${parsed.host} is not one of mlJobs.sourceHosts` };
  return {};
}

/** Without what may be a password. */
function shown(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//***@');
}

/** The warning of a submodule that stays empty. */
export function emptySubmodule({ path, url, why }: Submodule): string {
  return `The submodule '${path}' (${url}) stays an empty folder: ${why}`;
}
