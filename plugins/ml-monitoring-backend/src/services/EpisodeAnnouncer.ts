import type { NotificationService } from '@backstage/plugin-notifications-node';
import { parseEntityRef } from '@backstage/catalog-model';
import type { EpisodeStore, UnannouncedEpisode } from '../stores/EpisodeStore';

/**
 * Tells the owners of a model that it is away from its baseline: once an episode, and again only when a warning
 * becomes drift.
 *
 * @remarks
 * The scope is the model, so a later notification takes the place of the one before instead of piling up.
 * After a crash between sending and writing it is sent again, into the same place.
 */
export class EpisodeAnnouncer {
  readonly #episodes: EpisodeStore;
  readonly #notifications: NotificationService;

  constructor(options: {
    episodes: EpisodeStore;
    notifications: NotificationService;
  }) {
    this.#episodes = options.episodes;
    this.#notifications = options.notifications;
  }

  async announce(modelRef: string): Promise<void> {
    for (const episode of await this.#episodes.unannounced(modelRef)) {
      await this.#notifications.send({
        recipients: { type: 'entity', entityRef: modelRef },
        payload: {
          ...describe(episode),
          severity: episode.status === 'drift' ? 'high' : 'normal',
          topic: 'ml-monitoring.drift',
          scope: modelRef,
        },
      });
      await this.#episodes.markAnnounced(episode.id, episode.status);
    }
  }
}

function describe(episode: UnannouncedEpisode) {
  const { namespace, name } = parseEntityRef(episode.modelRef);
  const shown = episode.columns.slice(0, 3).join(', ');
  const more = episode.columns.length - 3;
  const columns = more > 0 ? `${shown} and ${more} more` : shown;
  return {
    title:
      episode.status === 'drift'
        ? `${name} has drifted from its training data`
        : `${name} is moving away from its training data`,
    description: `Version ${episode.version}: ${columns}. Look at the columns, and retrain if the world has changed.`,
    link: `/catalog/${namespace}/model/${name}/monitoring?window=${episode.windowId}`,
  };
}
