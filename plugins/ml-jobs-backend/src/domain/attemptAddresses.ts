import type {
  FoundInput,
  InputAddress,
  InputFile,
  ResolvedInput,
} from '@downstage/plugin-ml-jobs-node';

/** Below this path the token of a job counts, and no other. */
export const attemptPath = '/v1/attempt';

/** Where an attempt fetches its source. */
export function attemptSource(base: string): string {
  return `${base}${attemptPath}/source`;
}

/** Where an attempt sends what it writes. */
export function attemptLog(base: string): string {
  return `${base}${attemptPath}/log`;
}

/** An input as a runtime gets it: addresses, and paths for a runtime that shares the disk of the portal. */
export function attemptInput(options: {
  /** The address of ml-jobs, as the job reaches it. */
  base: string;
  name: string;
  input: FoundInput;
  onDisk: boolean;
}): ResolvedInput {
  const { base, name, input, onDisk } = options;
  const { files, tableFiles, path, table, ...described } = input;
  const addressed = (of: 'files' | 'table') => {
    return (file: InputFile): InputAddress => ({
      ...file,
      url: `${base}${attemptPath}/inputs/${encodeURIComponent(
        name,
      )}?${new URLSearchParams({ file: file.name, of })}`,
    });
  };
  return {
    ...described,
    files: files.map(addressed('files')),
    ...(tableFiles && { tableFiles: tableFiles.map(addressed('table')) }),
    ...(onDisk && { path, ...(table && { table }) }),
  };
}
