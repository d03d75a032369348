import {
  DEFAULT_NAMESPACE,
  entityEnvelopeSchemaValidator,
  parseEntityRef,
  stringifyEntityRef,
  type Entity,
} from '@backstage/catalog-model';
import { InputError, NotFoundError, isError } from '@backstage/errors';
import { PROJECT_KINDS } from '@downstage/plugin-ml-catalog-common';
import { open } from 'node:fs/promises';
import { constants } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { listed } from '@downstage/common';

const file = 'catalog-info.yaml';
const maxBytes = 256 * 1024;
const isEnvelope = entityEnvelopeSchemaValidator();

/**
 * The entities that a project is about to declare, once nothing about them is refused.
 *
 * @remarks
 * A project declares at most one entity of each kind in {@link PROJECT_KINDS}, in the one namespace that was chosen, for
 * the owner that was chosen. It names no further files, and sets no annotation that the catalog or the platform writes itself.
 *
 * @throws InputError that names each mistake
 */
export async function readDeclarations(options: {
  /** Folder of the written project. */
  folder: string;
  owner: string;
  /** One that has to be among them. */
  entityRef?: string;
  /** That of `entityRef` unless given. */
  namespace?: string;
}): Promise<Entity[]> {
  const { folder, owner, entityRef } = options;
  const namespace =
    options.namespace ??
    (entityRef ? parseEntityRef(entityRef).namespace : DEFAULT_NAMESPACE);
  const entities = parse(await read(join(folder, file)));
  const mistakes = entities.flatMap(entity =>
    mistakesOf(entity, { owner, namespace }),
  );
  for (const kind of PROJECT_KINDS) {
    const count = entities.filter(entity => entity.kind === kind).length;
    if (count > 1) {
      mistakes.push(`${count} documents of the kind ${kind}; allowed is one`);
    }
  }
  const refs = entities.map(stringifyEntityRef);
  if (
    entityRef &&
    !refs.includes(stringifyEntityRef(parseEntityRef(entityRef)))
  ) {
    mistakes.push(
      `${entityRef} is not declared; declared are ${listed(refs) || 'none'}`,
    );
  }
  if (mistakes.length) {
    throw new InputError(
      `The project cannot be registered, because of its ${file}: ${mistakes.join(
        '; ',
      )}`,
    );
  }
  return entities;
}

async function read(path: string): Promise<string> {
  try {
    // A template, or a file of its skeleton, must not point the catalog at another file.
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const { size } = await handle.stat();
      if (size > maxBytes) {
        throw new InputError(
          `${file} has ${size} bytes; allowed are ${maxBytes}`,
        );
      }
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (isError(error) && error.code === 'ENOENT') {
      throw new NotFoundError(`The project has no ${file}`);
    }
    if (isError(error) && error.code === 'ELOOP') {
      throw new InputError(`${file} is a symbolic link; expected a file`);
    }
    throw error;
  }
}

function parse(text: string): Entity[] {
  const documents = parseAllDocuments(text, { uniqueKeys: true });
  return documents.map((document, index) => {
    const [error] = [...document.errors, ...document.warnings];
    if (error) {
      throw new InputError(
        `Document ${index + 1} of ${file} cannot be read: ${error.message}`,
      );
    }
    try {
      const found: unknown = document.toJS({ maxAliasCount: 100 });
      return isEnvelope(found);
    } catch (cause) {
      const reason = isError(cause) ? cause.message : String(cause);
      throw new InputError(
        `Document ${index + 1} of ${file} is no entity: ${reason}`,
      );
    }
  });
}

function mistakesOf(
  entity: Entity,
  chosen: { owner: string; namespace: string },
): string[] {
  const { owner } = chosen;
  const { kind, metadata, spec } = entity;
  const what = `${kind} ${metadata.name}`;
  const mistakes: string[] = [];
  if (!PROJECT_KINDS.some(allowed => allowed === kind)) {
    mistakes.push(
      `${what} is of a kind that a project may not declare; allowed are ${PROJECT_KINDS.join(
        ', ',
      )}`,
    );
  }
  const { namespace = DEFAULT_NAMESPACE } = metadata;
  if (namespace !== chosen.namespace) {
    mistakes.push(
      `${what} is in the namespace ${namespace}; allowed is ${chosen.namespace}`,
    );
  }
  const declared = ownerOf(spec?.owner, namespace);
  if (declared !== owner) {
    mistakes.push(
      `${what} belongs to ${
        declared ?? 'nobody'
      }; expected the chosen owner ${owner}`,
    );
  }
  for (const name of Object.keys(metadata.annotations ?? {})) {
    if (/^backstage\.io\/(managed-by|orphan)|^downstage\.dev\//.test(name)) {
      mistakes.push(
        `${what} sets the annotation ${name}, which the portal writes`,
      );
    }
  }
  const docs = metadata.annotations?.['backstage.io/techdocs-ref'];
  if (docs !== undefined && !/^dir:\.(\/(?!\.)[\w-][\w.-]*)*\/?$/.test(docs)) {
    mistakes.push(
      `${what} takes its documentation from ${docs}; allowed is a folder of the project, such as dir:.`,
    );
  }
  if (hasPlaceholder(spec)) {
    mistakes.push(
      `${what} reads other files ($text, $json, $yaml and the like); write their content here`,
    );
  }
  return mistakes;
}

function ownerOf(owner: unknown, namespace: string): string | undefined {
  if (typeof owner !== 'string') return undefined;
  try {
    return stringifyEntityRef(
      parseEntityRef(owner, {
        defaultKind: 'group',
        defaultNamespace: namespace,
      }),
    );
  } catch {
    return owner;
  }
}

function hasPlaceholder(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(
    ([key, item]) => key.startsWith('$') || hasPlaceholder(item),
  );
}
