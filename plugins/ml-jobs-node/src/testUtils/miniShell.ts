/** How a command ended; `sleeping` for one that goes on until it is ended from outside. */
export type ShellResult = { exitCode: number } | 'sleeping';

/**
 * Runs the few commands that the contract suite uses, in memory: `echo`, `cat`, `test`, `exit`, `sleep`, `true` and
 * `false`, joined by `;` and `&&`. Both streams go to one log.
 */
export function runMiniShell(
  script: string,
  options: {
    variables: Record<string, string>;
    files: ReadonlyMap<string, Buffer>;
    write: (text: string) => void;
  },
): ShellResult {
  let exitCode = 0;
  for (const { joint, words } of parse(script, options.variables)) {
    if (joint === '&&' && exitCode !== 0) continue;
    const [name, ...args] = words.filter(word => word !== '>&2');
    if (name === 'exit') return { exitCode: Number(args[0] ?? exitCode) };
    if (name === 'sleep') return 'sleeping';
    exitCode = runOne(name, args, options);
  }
  return { exitCode };
}

function runOne(
  name: string,
  args: string[],
  options: {
    files: ReadonlyMap<string, Buffer>;
    write: (text: string) => void;
  },
): number {
  switch (name) {
    case undefined:
    case 'true':
      return 0;
    case 'false':
      return 1;
    case 'echo':
      options.write(`${args.join(' ')}\n`);
      return 0;
    case 'cat': {
      const file = options.files.get(args[0]);
      options.write(file?.toString() ?? `cat: ${args[0]}: no such file\n`);
      return file ? 0 : 1;
    }
    case 'test':
      return holds(args) ? 0 : 1;
    default:
      options.write(`${name}: not found\n`);
      return 127;
  }
}

function holds(args: string[]): boolean {
  if (args[0] === '-z') return !args[1];
  if (args[0] === '-n') return Boolean(args[1]);
  return args[1] === '=' && args[0] === args[2];
}

type Step = { joint: ';' | '&&'; words: string[] };

function parse(script: string, variables: Record<string, string>): Step[] {
  const token =
    /"((?:[^"\\]|\\.)*)"|'([^']*)'|(;|&&)|([^\s;&"'>]+|>&2)|(\s+)/gy;
  const steps: Step[] = [{ joint: ';', words: [] }];
  let open = false;
  const expand = (text: string) =>
    text.replace(
      /\\(["\\$])|\$\{?(\w+)\}?/g,
      (_, escaped, name) => escaped ?? variables[name] ?? '',
    );
  for (const [, double, single, joint, bare, space] of script.matchAll(token)) {
    if (space !== undefined) {
      open = false;
    } else if (joint === ';' || joint === '&&') {
      steps.push({ joint, words: [] });
      open = false;
    } else {
      const { words } = steps[steps.length - 1];
      const text = single ?? expand(double ?? bare ?? '');
      if (open) words[words.length - 1] += text;
      else words.push(text);
      open = true;
    }
  }
  return steps;
}
