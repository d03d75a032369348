import { spawn } from 'node:child_process';
import { homedir } from 'node:os';

/** How a tool ended; `lines` are the last ones it wrote. */
export type ToolResult = { exitCode: number | null; lines: string[] };

/**
 * Runs a tool (git, python, pip) with exactly the given environment, and hands over its output line by line.
 * Aborting kills the tool with everything it has started.
 */
export async function runTool(
  command: string,
  args: string[],
  options: {
    cwd?: string;
    env: Record<string, string>;
    signal: AbortSignal;
    onLine?: (line: string) => void;
    /** For output whose line numbers matter. */
    keepEmptyLines?: boolean;
    /** How many of the last lines to keep; 30 unless given. */
    keepLines?: number;
  },
): Promise<ToolResult> {
  const { cwd, env, signal, onLine } = options;
  const { keepEmptyLines = false, keepLines = 30 } = options;
  signal.throwIfAborted();
  const child = spawn(command, args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const kill = () => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Already gone.
    }
  };
  signal.addEventListener('abort', kill);
  const lines: string[] = [];
  const take = (line: string) => {
    if (!line.trim() && !keepEmptyLines) return;
    lines.push(line);
    if (lines.length > keepLines) lines.shift();
    onLine?.(line);
  };
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        let rest = '';
        stream.setEncoding('utf8');
        stream.on('data', (text: string) => {
          const parts = (rest + text).split(/\r?\n|\r/);
          rest = parts.pop() ?? '';
          parts.forEach(take);
        });
        stream.on('end', () => take(rest));
      }
      child.on('error', reject);
      child.on('close', resolve);
    });
    signal.throwIfAborted();
    return { exitCode, lines };
  } finally {
    signal.removeEventListener('abort', kill);
  }
}

/** Variables by which the tools find proxies and certificates; none of them is a secret of the portal. */
const networkVariables =
  /^(https?_proxy|no_proxy|all_proxy|ssl_cert_(file|dir)|requests_ca_bundle|curl_ca_bundle|nix_ssl_cert_file|git_ssl_(cainfo|capath))$/i;

/** For git: the network, never a prompt, never a hook, no configuration of the user. */
export function gitEnvironment(): Record<string, string> {
  return {
    ...pick(networkVariables),
    ...basics(),
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'true',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ALLOW_PROTOCOL: 'file:https',
  };
}

/**
 * Options before every git command: nothing in a repository may start a program, and no allowed host may lead git to
 * another one.
 */
export const gitOptions = [
  '-c',
  'http.followRedirects=false',
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'core.fsmonitor=false',
  '-c',
  'safe.directory=*',
];

/**
 * Runs a git command that fetches from an address. Some hosts redirect an address without `.git` to the one with it;
 * that one is asked as well.
 *
 * @returns why it failed, or `undefined`
 */
export async function fetchByGit(
  url: string,
  run: (options: string[]) => Promise<ToolResult>,
): Promise<string | undefined> {
  const { exitCode, lines } = await run([]);
  if (exitCode === 0) return undefined;
  const refusal = lines.find(line => line.includes('unable to access'));
  if (!/error: 30\d$/.test(refusal ?? ''))
    return refusal ?? lines.at(-1) ?? 'git failed';
  if (!url.endsWith('.git')) {
    const again = await run(['-c', `url.${url}.git.insteadOf=${url}`]);
    if (again.exitCode === 0) return undefined;
  }
  return 'the address leads to another one, and redirects are not followed: write the other one';
}

/**
 * For pip and uv: the network and the indexes this machine has configured for them, and the caches of the portal's
 * user. So the next build, or the next data directory, downloads nothing again that was downloaded once.
 */
export function pipEnvironment(): Record<string, string> {
  return {
    ...pick(networkVariables),
    ...pick(/^(PIP_|XDG_(CACHE|CONFIG)_HOME$|UV_(CACHE_DIR|LINK_MODE)$)/),
    ...basics(),
    HOME: process.env.HOME ?? homedir(),
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_NO_INPUT: '1',
    PYTHONNOUSERSITE: '1',
  };
}

export function basics(): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    LANG: 'C.UTF-8',
  };
}

function pick(names: RegExp): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] =>
        names.test(entry[0]) && entry[1] !== undefined,
    ),
  );
}
