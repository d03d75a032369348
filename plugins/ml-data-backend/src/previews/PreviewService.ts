import type { AuditorService } from '@backstage/backend-plugin-api';
import {
  ConflictError,
  InputError,
  ServiceUnavailableError,
  toError,
} from '@backstage/errors';
import { audited, type Authorizer, type Call } from '@downstage/node';
import {
  mlDataWritePermission,
  type DatasetDialect,
  type DatasetPreview,
} from '@downstage/plugin-ml-data-common';
import { describeColumns } from '../profile/describeColumns';
import type { VersionPreviewer } from '../reader/readInProcess';
import { placeOf } from '../reader/Refusal';
import type { SnapshotStore } from '../storage/SnapshotStore';
import type { DataAccessService } from '../access/DataAccessService';
import { keyOf } from '../datasets/DatasetCatalog';
import type {
  LocatedSource,
  SourceLocator,
} from '../registrations/SourceLocator';
import { Turns } from './Turns';

/** So much is looked at, however much there is. */
const mostFiles = 10;
const mostBytes = 512 * 1024;
const mostRows = 50;
const mostColumns = 100;
const longestMs = 30_000;

type Deps = {
  access: DataAccessService;
  auditor: AuditorService;
  authorizer: Authorizer;
  locator: SourceLocator;
  snapshots: SnapshotStore;
  reader: VersionPreviewer;
  memoryLimit: string;
};

/**
 * Shows how text would be read with what is declared now, before anybody registers it.
 *
 * @remarks
 * The reader of registrations reads copies of the beginnings of a few files, in a process of its own. The process ends
 * with the answer, with the one who asked, or after half a minute. Nothing of it is kept.
 */
export class PreviewService {
  readonly #deps: Deps;
  readonly #turns = new Turns({
    ...{ atOnce: 2, mostWaiting: 10, what: 'previews' },
  });

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * The first rows, or why they would be refused, for those who may register the data and read it.
   *
   * @throws what is wrong with the caller, the location or the format; ConflictError when the one who asked has gone
   */
  async preview(
    request: {
      namespace: string;
      name: string;
      uri?: string;
      dialect?: DatasetDialect;
    },
    { caller, signal }: Call & { signal: AbortSignal },
  ): Promise<DatasetPreview> {
    const { access, auditor, authorizer, locator } = this.#deps;
    return audited(
      auditor,
      {
        eventId: 'dataset-version-preview',
        caller,
        meta: {
          dataset: `dataset:${request.namespace}/${request.name}`,
          ...(request.uri && { uri: request.uri }),
        },
      },
      async () => {
        await authorizer.requireAny({
          caller,
          permission: mlDataWritePermission,
        });
        const source = await locator.locate(request, caller);
        await access.requireRead(
          { entity: source.entity, what: 'preview' },
          { caller },
        );
        if (source.format !== 'csv') {
          throw new InputError(
            `'${source.uri}' is Parquet, which says itself how it is to be read; a preview is for CSV and TSV`,
          );
        }
        const limit = AbortSignal.timeout(longestMs);
        const either = AbortSignal.any([signal, limit]);
        return this.#turns
          .run(() => this.#look(source, either), either)
          .catch(error => {
            if (signal.aborted) {
              throw new ConflictError('Nobody waits for the preview any more');
            }
            if (!limit.aborted) throw error;
            throw new ServiceUnavailableError(
              `The preview of '${source.uri}' took more than ${
                longestMs / 1000
              } s; register it to have it read in the background`,
            );
          });
      },
    );
  }

  async #look(
    source: LocatedSource,
    signal: AbortSignal,
  ): Promise<DatasetPreview> {
    const { snapshots, reader, memoryLimit } = this.#deps;
    const { entity, uri, format, dialect, fields } = source;
    const looked = source.files.slice(0, mostFiles);
    const staged = await snapshots.stageBeginnings(looked, {
      ...{ mostBytes, signal },
    });
    const context = {
      uri,
      format,
      files: staged.files.map(({ path, size: read }, i) => ({
        ...{ path, size: looked[i].size, looked: read },
      })),
      allFiles: source.files.length,
      complete:
        looked.length === source.files.length &&
        staged.files.every(file => !file.truncated),
    };
    try {
      const { columns, ...found } = await reader(
        {
          ...{ folder: staged.folder, files: staged.files },
          ...{ format, dialect, fields, memoryLimit, threads: 1 },
          scratch: `${staged.folder}.scratch`,
          tableFolder: `${staged.folder}.table`,
          ...{ mostRows, mostColumns },
        },
        { signal },
      );
      // A file further on may have the column that these lack.
      if (looked.length === source.files.length) {
        describeColumns({
          ref: keyOf(entity),
          found: columns.map(column => ({ ...column, nulls: 0 })),
          declared: fields,
        });
      }
      return {
        ...context,
        ...found,
        columns: columns.slice(0, mostColumns),
        allColumns: columns.length,
      };
    } catch (cause) {
      const error = toError(cause);
      if (error.name !== 'InputError') throw error;
      return {
        ...context,
        ...{ columns: [], allColumns: 0, rows: [], lookedRows: 0, notes: [] },
        refused: { message: error.message, ...placeOf(error) },
      };
    } finally {
      await snapshots.discard(staged);
    }
  }
}
