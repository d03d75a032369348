import { isError } from '@backstage/errors';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  DeferredEntity,
  EntityProvider,
  EntityProviderConnection,
} from '@backstage/plugin-catalog-node';
import {
  ANNOTATION_LOCATION,
  ANNOTATION_ORIGIN_LOCATION,
} from '@backstage/catalog-model';
import { oneAtATime } from '../oneAtATime';

/**
 * Brings the projects that templates published on this machine: a Location for each `<dataDir>/projects/<name>/catalog-info.yaml`.
 *
 * The catalog's own API takes `url` locations only, and rightly so: nobody may name a file of the server.
 * Here the folder is ours, and a template action is the only one that adds to it.
 */
export class ProjectsProvider implements EntityProvider {
  readonly #folder: string;
  #connection?: EntityProviderConnection;

  /** @param options.folder - absolute path of the folder of projects; need not exist yet */
  constructor(options: { folder: string }) {
    this.#folder = options.folder;
  }

  getProviderName() {
    return 'downstage-projects';
  }

  async connect(connection: EntityProviderConnection) {
    this.#connection = connection;
    await this.refresh();
  }

  /**
   * Makes the catalog equal to the folder.
   *
   * Safe to call at any time, as often as one likes.
   */
  readonly refresh = oneAtATime(async () => {
    await this.#connection?.applyMutation({
      type: 'full',
      entities: await this.#locations(),
    });
  });

  async #locations(): Promise<DeferredEntity[]> {
    const found: DeferredEntity[] = [];
    for (const name of await this.#projectNames()) {
      const target = join(this.#folder, name, 'catalog-info.yaml');
      // A link would make the catalog read another file of the server.
      const isFile = await lstat(target).then(
        entry => entry.isFile(),
        () => false,
      );
      if (!isFile) continue;
      const locationKey = `file:${target}`;
      found.push({
        locationKey,
        entity: {
          apiVersion: 'backstage.io/v1alpha1',
          kind: 'Location',
          metadata: {
            name: `project-${name}`.slice(0, 63),
            title: `Project ${name}`,
            description: 'A project that a template published on this machine',
            annotations: {
              [ANNOTATION_LOCATION]: locationKey,
              [ANNOTATION_ORIGIN_LOCATION]: locationKey,
            },
          },
          spec: { type: 'file', target },
        },
      });
    }
    return found;
  }

  async #projectNames(): Promise<string[]> {
    try {
      const entries = await readdir(this.#folder, { withFileTypes: true });
      return entries
        .filter(entry => entry.isDirectory() && !entry.name.startsWith('.'))
        .map(entry => entry.name)
        .sort();
    } catch (error) {
      if (isError(error) && error.code === 'ENOENT') return [];
      throw error;
    }
  }
}
