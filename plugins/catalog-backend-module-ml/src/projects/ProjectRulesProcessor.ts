import { DEFAULT_NAMESPACE, type Entity } from '@backstage/catalog-model';
import { InputError } from '@backstage/errors';
import type {
  CatalogProcessor,
  CatalogProcessorEmit,
  LocationSpec,
} from '@backstage/plugin-catalog-node';
import { PROJECT_KINDS } from '@downstage/plugin-ml-catalog-common';
import { namespaceOfProject } from '@downstage/node';
import { sep } from 'node:path';

/**
 * Holds projects on this machine to what a project may declare, in the namespace that the folder is named after.
 *
 * A file on the server may name other files of the server, and the catalog would read them: so a project that was
 * pushed to later has no Location. The template's check has said the same when the project was made.
 */
export class ProjectRulesProcessor implements CatalogProcessor {
  readonly #folder: string;

  /** @param options.folder - absolute path of the folder of projects */
  constructor(options: { folder: string }) {
    this.#folder = options.folder;
  }

  getProcessorName() {
    return 'DownstageProjectRulesProcessor';
  }

  async preProcessEntity(
    entity: Entity,
    _location: LocationSpec,
    _emit: CatalogProcessorEmit,
    origin: LocationSpec,
  ): Promise<Entity> {
    if (!this.#isProject(origin)) return entity;
    if (isProjectItself(entity, origin)) return entity;
    const { kind, metadata } = entity;
    if (!PROJECT_KINDS.some(allowed => allowed === kind)) {
      throw new InputError(
        `A project on this machine may not declare a ${kind} (${
          metadata.name
        }); allowed are ${PROJECT_KINDS.join(', ')}`,
      );
    }
    const { namespace = DEFAULT_NAMESPACE } = metadata;
    const allowed = namespaceOfProject(this.#nameOf(origin));
    if (namespace !== allowed) {
      throw new InputError(
        `This project on this machine may declare entities of the namespace ${allowed} only, not of ${namespace} (${kind} ${metadata.name})`,
      );
    }
    return entity;
  }

  #nameOf({ target }: LocationSpec): string {
    return target.slice(this.#folder.length + 1).split(sep)[0];
  }

  #isProject({ type, target }: LocationSpec): boolean {
    return type === 'file' && target.startsWith(`${this.#folder}${sep}`);
  }
}

/** The Location that the provider brings: it reads its own file and no other. */
function isProjectItself({ kind, spec }: Entity, origin: LocationSpec) {
  return (
    kind === 'Location' &&
    spec?.type === 'file' &&
    spec.target === origin.target &&
    spec.targets === undefined
  );
}
