import { type Entity, stringifyEntityRef } from '@backstage/catalog-model';
import type { IndexableDocument } from '@backstage/plugin-search-common';
import {
  isDatasetEntity,
  isFeatureEntity,
  type Field,
} from '@downstage/plugin-ml-catalog-common';

/** A column of a dataset, or one feature of a view, as search knows it. */
export interface MlFieldDocument extends IndexableDocument {
  /** `column` or `feature` */
  fieldType: string;
  /** The ref of the dataset or feature view. */
  entityRef: string;
  kind: string;
  owner: string;
}

/** One document for each column or feature, whose page is the dataset's or the view's. */
export function toDocuments(entity: Entity): MlFieldDocument[] {
  if (isDatasetEntity(entity)) {
    const { schema, owner } = entity.spec;
    return (schema?.fields ?? []).map(field =>
      toDocument({ entity, field, owner, fieldType: 'column' }),
    );
  }
  if (isFeatureEntity(entity)) {
    const { features, owner } = entity.spec;
    return features.map(field =>
      toDocument({ entity, field, owner, fieldType: 'feature' }),
    );
  }
  return [];
}

function toDocument(options: {
  entity: Entity;
  field: Field;
  owner: string;
  fieldType: string;
}): MlFieldDocument {
  const { entity, field, owner, fieldType } = options;
  const { name, namespace = 'default', title = name } = entity.metadata;
  const kind = entity.kind.toLocaleLowerCase('en-US');
  const words = field.name.replaceAll(/[_.-]+/g, ' ');
  return {
    title: `${field.name} · ${title}`,
    // The name once more in words: an index that splits at spaces only would not find `radius` in `mean_radius`.
    text: [
      words,
      field.description,
      `${fieldType} of type ${field.type}${
        field.unit ? ` in ${field.unit}` : ''
      }`,
    ]
      .filter(Boolean)
      .join('. '),
    // Made unique by its query: an index may know a document by its location. The page opens with that field found.
    location: `/catalog/${[namespace, kind, name]
      .map(part => encodeURIComponent(part.toLocaleLowerCase('en-US')))
      .join('/')}?field=${encodeURIComponent(field.name)}`,
    authorization: { resourceRef: stringifyEntityRef(entity) },
    entityRef: stringifyEntityRef(entity),
    fieldType,
    kind: entity.kind,
    owner,
  };
}
