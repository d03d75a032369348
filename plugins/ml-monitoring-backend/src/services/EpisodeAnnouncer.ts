import { listed, shownNameOf } from '@downstage/common';
import type { NotificationService } from '@backstage/plugin-notifications-node';
import { parseEntityRef } from '@backstage/catalog-model';
import { DRIFT } from '../detectors/driftDetector';
import type { EpisodeStore, UnannouncedEpisode } from '../stores/EpisodeStore';

/**
 * Tells the owners of a model that a monitor of it is alarmed: once an episode, and again only when a warning
 * becomes drift.
 *
 * @remarks
 * The scope is the monitor, so a later notification takes the place of the one before instead of piling up.
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

  async announce(monitor: { id: string; monitorName: string }): Promise<void> {
    for (const episode of await this.#episodes.unannounced(monitor.id)) {
      await this.#notifications.send({
        recipients: { type: 'entity', entityRef: episode.modelRef },
        payload: {
          ...describe(episode, monitor.monitorName),
          severity: episode.status === 'drift' ? 'high' : 'normal',
          topic: `ml-monitoring.${episode.kind}`,
          scope: episode.monitorId,
        },
      });
      await this.#episodes.markAnnounced(episode.id, episode.status);
    }
  }
}

function describe(episode: UnannouncedEpisode, monitorName: string) {
  const { namespace, name } = parseEntityRef(episode.modelRef);
  const shownName = shownNameOf({ namespace, name });
  const columns = listed(episode.columns, { most: 3 });
  const link = `/catalog/${namespace}/model/${name}/monitoring?window=${episode.windowId}`;
  if (episode.kind !== DRIFT) {
    return {
      title: `${shownName}: the monitor of ${episode.kind} ${
        episode.status === 'drift' ? 'is beyond its limit' : 'warns'
      }`,
      description: `Version ${episode.version}: ${columns}. Look at the window for the figures.`,
      link: `${link}&monitor=${episode.kind}/${monitorName}`,
    };
  }
  return {
    title:
      episode.status === 'drift'
        ? `${shownName} has drifted from its training data`
        : `${shownName} is moving away from its training data`,
    description: `Version ${episode.version}: ${columns}. Look at the columns, and retrain if the world has changed.`,
    link,
  };
}
