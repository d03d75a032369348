/**
 * Access tokens: install them with `backend.add(import('@downstage/plugin-ml-tokens-backend'))`.
 *
 * @packageDocumentation
 */
import { createBackendFeatureLoader } from '@backstage/backend-plugin-api';
import { downstageTokenHandler } from '@downstage/plugin-ml-tokens-node';
import { mlTokensPlugin } from './plugin';

/** The plugin, and the handler by which every plugin of this backend accepts tokens. */
export default createBackendFeatureLoader({
  *loader() {
    yield mlTokensPlugin;
    yield downstageTokenHandler;
  },
});
