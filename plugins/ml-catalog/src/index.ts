/**
 * The kinds on the pages of the portal: icons, graph, search, cards, and a template field.
 *
 * @packageDocumentation
 */
import { mlCatalogEntityModule } from './catalogModule';
import { mlCatalogGraphModule } from './graphModule';
import { mlCatalogScaffolderModule } from './scaffolderModule';
import { mlCatalogSearchModule } from './searchModule';

export { kindIcons } from './icons';
export { mlCatalogAppModule as default, mlCatalogAppModule } from './appModule';
export {
  mlCatalogEntityModule,
  mlCatalogGraphModule,
  mlCatalogScaffolderModule,
  mlCatalogSearchModule,
};

/**
 * What the app has to be given by hand. The default export is found by itself where `app.packages` is on, and a
 * package has one; these extend other plugins (catalog, its graph, search, scaffolder).
 *
 * @example
 * ```ts
 * createApp({ features: [...mlCatalogModules] });
 * ```
 */
export const mlCatalogModules = [
  mlCatalogEntityModule,
  mlCatalogGraphModule,
  mlCatalogSearchModule,
  mlCatalogScaffolderModule,
];
