/* eslint-disable no-restricted-syntax -- __dirname: both layouts, src and dist, are handled here */
import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InputError, ServiceUnavailableError } from '@backstage/errors';
import type { FromReader, ToReader } from './main';
import type { PreviewOptions, PreviewResult } from './previewVersion';
import type { ReadOptions, ReadProgress, ReadResult } from './readVersion';

/** Reads a version somewhere and says how far it is; ends when the signal says so. */
export type VersionReader = (
  options: ReadOptions,
  watch: {
    signal: AbortSignal;
    onProgress: (progress: ReadProgress) => void;
  },
) => Promise<ReadResult>;

/** Reads the beginning of a version somewhere; ends when the signal says so. */
export type VersionPreviewer = (
  options: PreviewOptions,
  watch: { signal: AbortSignal },
) => Promise<PreviewResult>;

/** The file of the process: TypeScript above us in the repository, JavaScript at the top of dist once built. */
function processFile(): { file: string; execArgv: string[] } {
  const source = join(__dirname, '..', 'readerProcess.ts');
  if (existsSync(source)) {
    return {
      file: source,
      execArgv: [
        '--require',
        require.resolve('@backstage/cli/config/nodeTransform.cjs'),
      ],
    };
  }
  const built = [
    join(__dirname, 'readerProcess.cjs.js'),
    join(__dirname, '..', 'readerProcess.cjs.js'),
  ].find(file => existsSync(file));
  if (!built) {
    throw new Error(
      'The reader of datasets is missing from this installation: readerProcess.cjs.js',
    );
  }
  return { file: built, execArgv: [] };
}

/**
 * `readVersion` in a process of its own, which knows nothing of the portal's environment and ends with the reading.
 *
 * @throws InputError what the reader refuses; ServiceUnavailableError when the process ended without an answer, which
 * may be the machine's fault and is worth another try
 */
export const readInProcess: VersionReader = (options, watch) =>
  inProcess<ReadResult>({ task: 'read', options }, watch);

/** `previewVersion`, likewise. */
export const previewInProcess: VersionPreviewer = (options, watch) =>
  inProcess<PreviewResult>(
    { task: 'preview', options },
    { ...watch, onProgress: () => {} },
  );

/** The task says which result its process gives. */
function inProcess<T extends ReadResult | PreviewResult>(
  asked: ToReader,
  watch: Parameters<VersionReader>[1],
): Promise<T> {
  const { signal, onProgress } = watch;
  const { file, execArgv } = processFile();
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const child = fork(file, [], {
      execArgv: ['--max-old-space-size=1024', ...execArgv],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { PATH: process.env.PATH ?? '', TZ: 'UTC' },
    });
    let tail = '';
    let answer: FromReader | undefined;
    const kill = () => child.kill('SIGKILL');
    signal.addEventListener('abort', kill, { once: true });
    child.stderr?.on('data', (text: Buffer) => {
      tail = (tail + text.toString()).slice(-500);
    });
    child.on('message', (message: FromReader) => {
      if (message.type === 'progress') onProgress(message.progress);
      else answer = message;
    });
    child.on('error', error => {
      tail = error.message;
    });
    child.on('close', (code, killed) => {
      signal.removeEventListener('abort', kill);
      if (signal.aborted) reject(signal.reason);
      else if (answer?.type === 'done') resolve(answer.result as T);
      else if (answer?.type === 'refused') {
        const { message, code: reason, at } = answer.error;
        reject(Object.assign(new InputError(message), { code: reason, at }));
      } else {
        reject(
          new ServiceUnavailableError(
            `The process that reads the data ended without an answer (${
              killed ?? `code ${code}`
            })${tail && `: ${lastLine(tail)}`}`,
          ),
        );
      }
    });
    child.send(asked);
  });
}

function lastLine(text: string) {
  return text.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
}
