import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { fetchFromPlugin } from '@downstage/node';
import {
  datasetContentPath,
  type DatasetContentQuery,
} from '@downstage/plugin-ml-data-common';

/**
 * The bytes of one file of a version, in the name of the given credentials. Nothing is kept on the way.
 *
 * @throws NotFoundError when the version has no such file, NotAllowedError when the credentials may not read it
 */
export async function openDatasetContent(
  request: {
    namespace: string;
    name: string;
    version: string | number;
  } & DatasetContentQuery,
  options: Parameters<typeof fetchFromPlugin>[1],
): Promise<Readable> {
  const response = await fetchFromPlugin(
    { pluginId: 'ml-data', path: datasetContentPath(request, request) },
    options,
  );
  return response.body
    ? Readable.fromWeb(response.body as ReadableStream)
    : Readable.from([]);
}
