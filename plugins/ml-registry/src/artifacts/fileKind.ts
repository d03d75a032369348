/** How a file is shown; undefined for those that can only be downloaded. */
export type FileKind =
  | 'image'
  | 'svg'
  | 'html'
  | 'markdown'
  | 'json'
  | 'csv'
  | 'parquet'
  | 'code';

const extensions: Record<FileKind, string[]> = {
  image: ['png', 'jpg', 'jpeg', 'gif', 'webp', 'bmp', 'avif', 'ico'],
  svg: ['svg'],
  html: ['html', 'htm'],
  markdown: ['md', 'markdown'],
  json: ['json', 'geojson', 'ipynb'],
  csv: ['csv', 'tsv'],
  parquet: ['parquet'],
  code: [
    ...['txt', 'log', 'py', 'js', 'ts', 'tsx', 'jsx', 'sh', 'bash', 'r', 'sql'],
    ...['yaml', 'yml', 'toml', 'ini', 'cfg', 'conf', 'env', 'lock', 'diff'],
    ...['c', 'h', 'cpp', 'hpp', 'rs', 'go', 'java', 'scala', 'jl', 'css'],
    ...['xml', 'jsonl', 'ndjson', 'rst', 'tex', 'properties', 'patch'],
  ],
};
const names = new Set([
  ...['MLmodel', 'Dockerfile', 'Makefile', 'LICENSE', 'README', 'conda.yaml'],
  ...['requirements.txt', 'python_env.yaml', '.gitignore'],
]);

/** Beyond these sizes a browser has trouble, and a person does not read it anyway. */
const limits: Record<FileKind, number> = {
  image: 30e6,
  svg: 3e6,
  html: 10e6,
  markdown: 2e6,
  json: 20e6,
  csv: 50e6,
  parquet: 100e6,
  code: 2e6,
};

const kinds: readonly FileKind[] = [
  ...(['image', 'svg', 'html', 'markdown', 'json', 'csv'] as const),
  ...(['parquet', 'code'] as const),
];

export function fileKind(path: string): FileKind | undefined {
  const name = path.split('/').at(-1) ?? path;
  if (names.has(name)) return 'code';
  const extension = name.includes('.')
    ? name.slice(name.lastIndexOf('.') + 1).toLowerCase()
    : '';
  const found = Object.entries(extensions).find(([, each]) =>
    each.includes(extension),
  );
  return found && kinds.find(kind => kind === found[0]);
}

/** The largest file of the kind that is shown, in bytes. */
export function sizeLimit(kind: FileKind): number {
  return limits[kind];
}

/** The language by which code is coloured. */
export function languageOf(path: string): string {
  const extension = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  const languages: Record<string, string> = {
    py: 'python',
    js: 'javascript',
    jsx: 'jsx',
    ts: 'typescript',
    tsx: 'tsx',
    sh: 'bash',
    yml: 'yaml',
    yaml: 'yaml',
    rs: 'rust',
    jsonl: 'json',
    ndjson: 'json',
    ipynb: 'json',
    geojson: 'json',
    h: 'c',
    hpp: 'cpp',
    patch: 'diff',
    jl: 'julia',
    md: 'markdown',
  };
  if (path.endsWith('MLmodel')) return 'yaml';
  if (Object.hasOwn(languages, extension)) return languages[extension];
  return ['sql', 'c', 'cpp', 'go', 'java', 'css', 'xml', 'toml', 'json', 'r']
    .concat('ini', 'diff', 'scala', 'html')
    .includes(extension)
    ? extension
    : 'text';
}
