import { builtInRelationsLayer } from './builtInRelations';
import { datasetLayer } from './datasetLayer';
import { featureLayer } from './featureLayer';
import { modelLayer } from './modelLayer';

/**
 * Everything the catalog has to know about the kinds.
 *
 * @example
 * ```ts
 * extensionPoint.addModelSource(CatalogModelSources.static([...mlCatalogLayers]));
 * ```
 */
export const mlCatalogLayers = [
  modelLayer,
  datasetLayer,
  featureLayer,
  builtInRelationsLayer,
];
