import { InputError } from '@backstage/errors';

/** The store's path of an `mlflow-artifacts:` address. */
export function artifactPath(uri: string): string {
  return uri
    .replace(/^mlflow-artifacts:(\/\/[^/]*)?\/*/, '')
    .replace(/\/+$/, '');
}

/**
 * The same, of what belongs to a run or a logged model.
 *
 * @throws InputError when its files are kept elsewhere
 */
export function ownArtifactPath(uri: string): string {
  if (uri.startsWith('mlflow-artifacts:')) return artifactPath(uri);
  throw new InputError(
    `The files lie at ${uri}, outside this server; read them there`,
  );
}

/** `mlflow-artifacts:/1/abc/artifacts/model` lies at `1/abc/artifacts/model`; other places are not ours to read. */
export function artifactPathOf(uri: string): string | undefined {
  const match = /^mlflow-artifacts:\/+(?:[^/]*:\d+\/)?(.+?)\/*$/.exec(uri);
  return match?.[1];
}

/**
 * `<experiment>/<run>` or `<experiment>/models/<model>` of an address below it; `undefined` for any other, so that an
 * experiment whose artifacts lie in an odd place never leads a deletion astray.
 */
export function folderOf(address: string): string | undefined {
  const match =
    /^mlflow-artifacts:(?:\/\/[^/]*)?\/+(\d+\/(?:models\/m-[0-9a-f]{32}|[\w-]{1,64}))\/artifacts(?:\/|$)/.exec(
      address,
    );
  return match?.[1];
}
