import { InputError, NotAllowedError } from '@backstage/errors';
import { ownerOf, type Authorizer, type Caller } from '@downstage/node';
import type { DatasetEntity } from '@downstage/plugin-ml-catalog-common';
import {
  datasetDialectSchema,
  mlDataWritePermission,
  textEncodings,
  type DatasetDialect,
  type DatasetFormat,
} from '@downstage/plugin-ml-data-common';
import { factsOf } from '../datasets/factsOf';
import { decideFormat, parseFormat } from '../storage/sourceFormat';
import {
  locateSource,
  rootOf,
  type Root,
  type Roots,
  type SourceFile,
} from '../storage/locateSource';
import { keyOf } from '../datasets/DatasetCatalog';
import type { DatasetReads } from '../datasets/DatasetReads';

/** What somebody may register, and how it is to be read. */
export type LocatedSource = {
  entity: DatasetEntity;
  uri: string;
  /** The folder of the configuration that it lies in. */
  root: Root;
  files: SourceFile[];
  format: DatasetFormat;
  /** The format as the entity declares it. */
  declared: DatasetFormat | undefined;
  dialect: DatasetDialect;
  fields: { name: string; type?: string }[];
};

/** Finds what a registration or a preview is about, for those who may register it. */
export class SourceLocator {
  readonly #deps: { authorizer: Authorizer; reads: DatasetReads; roots: Roots };

  constructor(deps: {
    authorizer: Authorizer;
    reads: DatasetReads;
    roots: Roots;
  }) {
    this.#deps = deps;
  }

  /** @throws what is wrong with the caller, the location or the format */
  async locate(
    request: {
      namespace: string;
      name: string;
      uri?: string;
      dialect?: DatasetDialect;
    },
    caller: Caller,
  ): Promise<LocatedSource> {
    const entity = await this.#deps.reads.get(request, caller);
    await this.requireOwner(entity, caller);
    const { location } = entity.spec;
    const uri = request.uri ?? location?.uri;
    if (!uri) {
      throw new InputError(
        `${keyOf(entity)} has no spec.location.uri, and no uri was given`,
      );
    }
    const roots = await this.#rootsOf(caller);
    const files = await locateSource(uri, { roots });
    const declared = parseFormat(request.uri ? undefined : location?.format);
    return {
      entity,
      uri,
      root: await rootOf(uri, roots),
      files,
      format: decideFormat({ uri, files, declared }),
      declared,
      dialect: { ...dialectOf(entity), ...request.dialect },
      fields: entity.spec.schema?.fields ?? [],
    };
  }

  /** The folders that the caller may register from. */
  async #rootsOf(caller: Caller): Promise<Roots> {
    const { authorizer, roots } = this.#deps;
    if (!roots.roots.some(root => root.groups)) return roots;
    const groups = (await authorizer.groupsOf(caller)).map(ref =>
      ref.toLowerCase(),
    );
    return {
      ...roots,
      roots: roots.roots.filter(
        root =>
          !root.groups ||
          root.groups.some(group => groups.includes(group.toLowerCase())),
      ),
    };
  }

  /** Refuses callers without the right to register versions of a data set. */
  async requireOwner(entity: DatasetEntity, caller: Caller): Promise<void> {
    const owner = ownerOf(entity);
    if (!owner) {
      throw new NotAllowedError(
        `${keyOf(
          entity,
        )} has no owner; set spec.owner to the group whose members may register versions`,
      );
    }
    await this.#deps.authorizer.require({
      caller,
      permission: mlDataWritePermission,
      owner,
      facts: factsOf(entity),
    });
  }
}

/** How the entity says that its text is written. */
function dialectOf(entity: DatasetEntity): DatasetDialect {
  const {
    uri: _uri,
    format: _format,
    ...dialect
  } = entity.spec.location ?? { uri: '' };
  const parsed = datasetDialectSchema.safeParse(dialect);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  const field = ['spec.location', ...path].join('.');
  throw new InputError(
    path[0] === 'encoding'
      ? `${field}: '${
          dialect.encoding
        }' is not known; allowed: ${textEncodings.join(', ')}`
      : `${field}: ${message}`,
  );
}
