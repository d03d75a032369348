/** Programs whose first argument that is no option is the file that they run. */
const interpreters =
  /^(.*\/)?(python[\d.]*|bash|sh|Rscript|julia|node|torchrun|deepspeed|horovodrun|mpirun|accelerate)$/;
const scripts = /\.(py|sh|R|jl|js|mjs|ipynb)$/;

/**
 * The first file of the project that a command runs: `src/train.py` of `python src/train.py --fast`.
 *
 * @returns undefined where only a shell could tell: pipes, variables, quotes, `python -m`
 */
export function plainFile(entryPoint: string): string | undefined {
  if (/[|&;<>$`(){}*?[\]~#'"\\\n]/.test(entryPoint.trim())) return undefined;
  const words = entryPoint.trim().split(/\s+/);
  // PYTHONPATH=src python train.py
  const program = words.findIndex(word => !/^[A-Za-z_]\w*=/.test(word));
  if (program < 0) return undefined;
  const command = words[program];
  if (!interpreters.test(command))
    return isOfProject(command) && command.includes('/') ? command : undefined;
  for (const word of words.slice(program + 1)) {
    if (word === '-m' || word === '-c' || word === '--module') return undefined;
    if (!word.startsWith('-') && scripts.test(word))
      return isOfProject(word) ? word : undefined;
  }
  return undefined;
}

function isOfProject(path: string): boolean {
  return !path.startsWith('/') && !path.split('/').includes('..');
}
