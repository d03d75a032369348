import { createApp } from '@backstage/frontend-defaults';
import catalogPlugin from '@backstage/plugin-catalog/alpha';
import { mlCatalogModules } from '@downstage/plugin-ml-catalog';
import { errorsModule } from './errors';
import { homeModule } from './home';
import { navModule } from './nav';
import { signInModule } from './signIn';

// The plugins themselves are found by `app.packages: all`; here is only what extends other plugins.
export default createApp({
  features: [
    catalogPlugin,
    ...mlCatalogModules,
    navModule,
    homeModule,
    signInModule,
    errorsModule,
  ],
});
