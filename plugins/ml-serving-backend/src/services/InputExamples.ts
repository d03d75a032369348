import { isError, NotFoundError } from '@backstage/errors';
import type { Call } from '@downstage/node';
import {
  cellSchema,
  inputExampleFiles,
  rowsOfExample,
  type Cell,
  type InputExample,
} from '@downstage/plugin-ml-serving-common';
import { filesToServe } from '../domain/servableModel';
import type { EndpointStore } from '../stores/EndpointStore';
import type { EndpointReads } from './EndpointReads';
import type { ModelFetcher, OpenArtifact } from './ModelFetcher';

const largest = 1024 * 1024;

/**
 * Rows to try an endpoint with: the input example that its version was logged with.
 *
 * @remarks
 * An example is a row of the data. So the registry is asked for it in the name of the caller. A caller who may not read
 * it gets no example, and may ask the endpoint all the same.
 */
export class InputExamples {
  readonly #reads: EndpointReads;
  readonly #store: EndpointStore;
  readonly #fetcher: Pick<ModelFetcher, 'describe'>;
  readonly #open: OpenArtifact;

  constructor(options: {
    reads: EndpointReads;
    store: EndpointStore;
    fetcher: Pick<ModelFetcher, 'describe'>;
    open: OpenArtifact;
  }) {
    this.#reads = options.reads;
    this.#store = options.store;
    this.#fetcher = options.fetcher;
    this.#open = options.open;
  }

  async get(
    path: { namespace: string; name: string },
    { caller }: Call,
  ): Promise<InputExample> {
    const endpoint = await this.#reads.find(path, caller);
    if (!endpoint) {
      throw new NotFoundError(
        `There is no endpoint '${path.namespace}/${path.name}'`,
      );
    }
    const version = endpoint.currentVersion;
    if (version === undefined) return { rows: [] };
    const served = (await this.#store.versions(endpoint.id)).find(
      item => item.version === version,
    );
    const { namespace, name } = endpoint;
    const example = await this.#read({ namespace, name, version }, caller);
    const found = rowsOfExample(example) ?? { rows: [] };
    if ('refusal' in found) {
      return { version, rows: [], refusal: found.refusal };
    }
    const [row] = found.rows;
    if (!row || !served?.features.length) return { version, rows: [] };
    const cells = served.features.flatMap(({ name: column }) => {
      const cell = cellSchema.safeParse(row[column]);
      return cell.success ? [[column, cell.data] satisfies [string, Cell]] : [];
    });
    // A row that lacks a column would be refused by the endpoint.
    return {
      version,
      rows:
        cells.length === served.features.length
          ? [Object.fromEntries(cells)]
          : [],
    };
  }

  /** The JSON beside the model; `undefined` where there is none that the caller may read. */
  async #read(
    params: { namespace: string; name: string; version: number },
    { credentials }: Call['caller'],
  ): Promise<unknown> {
    try {
      const { files } = await this.#fetcher.describe(params, { credentials });
      const { all, model } = filesToServe(files);
      const folder = model.path.slice(0, model.path.lastIndexOf('/') + 1);
      for (const name of inputExampleFiles) {
        const file = all.find(({ path }) => path === `${folder}${name}`);
        if (!file || (file.size ?? 0) > largest) continue;
        const request = { params, path: file.path };
        return readJson(await this.#open(request, { credentials }));
      }
      return undefined;
    } catch (error) {
      if (isError(error) && isNothing(error)) return undefined;
      throw error;
    }
  }
}

/** Refused, gone, or no model to serve: there is no example then. */
function isNothing(error: Error & { cause?: unknown; statusCode?: unknown }) {
  const names = [error.name, isError(error.cause) ? error.cause.name : ''];
  return (
    error.statusCode === 403 ||
    error.statusCode === 404 ||
    ['NotAllowedError', 'NotFoundError', 'NotServableError', 'InputError'].some(
      name => names.includes(name),
    )
  );
}

/** Bounded by the bytes that came, whatever the registry said of the size. */
async function readJson(response: Response): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > largest) return undefined;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined; // The client that logged the model wrote it.
  }
}
