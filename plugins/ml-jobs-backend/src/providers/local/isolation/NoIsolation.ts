import type { Isolation, Place, Wrapped } from './Isolation';

/** No isolation: the job may do what the portal's user may do. */
export class NoIsolation implements Isolation {
  readonly kind = 'none';
  readonly promise =
    'A job runs as the user of the portal, and can read and change what the portal can: its databases, secrets and other jobs.';

  async detect() {
    return undefined;
  }

  async wrap(command: readonly string[], place: Place): Promise<Wrapped> {
    return {
      command: [...command],
      supervised: false,
      env: { TMPDIR: place.tmp },
    };
  }
}
