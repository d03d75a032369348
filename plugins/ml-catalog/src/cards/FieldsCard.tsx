import { useEntity } from '@backstage/plugin-catalog-react';
import {
  Card,
  CardBody,
  CardHeader,
  Cell,
  Flex,
  Table,
  Text,
  TextField,
  useTable,
  type ColumnConfig,
} from '@backstage/ui';
import {
  isDatasetEntity,
  isFeatureEntity,
  type Field,
} from '@downstage/plugin-ml-catalog-common';
import type { Entity } from '@backstage/catalog-model';
import { useState } from 'react';
import { useSearchParams } from 'react-router-dom';

type Row = Field & { id: string };

const columns: ColumnConfig<Row>[] = [
  {
    id: 'name',
    label: 'Name',
    isRowHeader: true,
    defaultWidth: '1.5fr',
    cell: row => <Words>{row.name}</Words>,
  },
  { id: 'type', label: 'Type', cell: row => <Words>{row.type}</Words> },
  {
    id: 'unit',
    label: 'Unit',
    cell: row => <Words>{row.unit}</Words>,
  },
  {
    id: 'description',
    label: 'Description',
    defaultWidth: '2fr',
    cell: row => <Words>{row.description}</Words>,
  },
];

/** Goes on in a second line where the column is narrow: a unit or a name that is cut off is another one. */
function Words(props: { children?: string }) {
  return (
    <Cell>
      <Text style={{ overflowWrap: 'anywhere' }}>{props.children ?? ''}</Text>
    </Cell>
  );
}

/** The columns of a dataset, or the features of a view, as its file describes them. */
export function FieldsCard() {
  const { entity } = useEntity();
  const { title, fields } = fieldsOf(entity);
  // A search result leads here with the field it found.
  const [parameters] = useSearchParams();
  const [wanted, setWanted] = useState(parameters.get('field') ?? '');
  const words = wanted.trim().toLocaleLowerCase();
  const rows = fields
    .filter(field =>
      `${field.name} ${field.description ?? ''}`
        .toLocaleLowerCase()
        .includes(words),
    )
    .map(field => ({ ...field, id: field.name }));
  const { tableProps } = useTable({
    mode: 'complete',
    data: rows,
    paginationOptions: { pageSize: 10 },
  });

  return (
    <Card>
      <CardHeader>
        <Flex justify="between" align="center" gap="4">
          <Text variant="title-x-small" as="h2">
            {title} ({fields.length})
          </Text>
          {(fields.length > 10 || wanted) && (
            <TextField
              aria-label={`Find in ${title.toLocaleLowerCase()}`}
              placeholder="Find"
              size="small"
              value={wanted}
              onChange={setWanted}
            />
          )}
        </Flex>
      </CardHeader>
      <CardBody>
        {fields.length === 0 ? (
          <Text color="secondary">
            The file describes none. Add them under spec.schema.fields, so that
            people find them by search; the versions have their own schema
            anyway.
          </Text>
        ) : (
          <Table columnConfig={columns} {...tableProps} />
        )}
      </CardBody>
    </Card>
  );
}

function fieldsOf(entity: Entity): { title: string; fields: Field[] } {
  if (isDatasetEntity(entity)) {
    return { title: 'Columns', fields: entity.spec.schema?.fields ?? [] };
  }
  if (isFeatureEntity(entity)) {
    return { title: 'Features', fields: entity.spec.features };
  }
  return { title: 'Columns', fields: [] };
}
