import { useApi } from '@backstage/frontend-plugin-api';
import { Alert, Flex, Text } from '@backstage/ui';
import { listed } from '@downstage/common';
import type {
  DatasetDialect,
  DatasetPreview,
} from '@downstage/plugin-ml-data-common';
import {
  formatBytes,
  formatNumber,
  Frame,
  PlainTable,
  useLoad,
  useLater,
} from '@downstage/react';
import { mlDataApiRef } from '../shared/api';
import { useWords } from '../shared/useWords';

/** So long somebody is given to go on typing. */
const pauseMs = 500;

/** The first rows as they would be read with what is declared now, or why they would be refused; follows the form. */
export function ReadingPreview(props: {
  path: { namespace: string; name: string };
  dialect?: DatasetDialect;
}) {
  const t = useWords();
  const api = useApi(mlDataApiRef);
  const { path, dialect } = props;
  const asked = useLater(
    JSON.stringify({ ...(dialect && { dialect }) }),
    pauseMs,
  );
  const loaded = useLoad(
    signal =>
      api.previewDatasetVersion(
        { params: path, body: JSON.parse(asked) },
        { signal },
      ),
    [path.namespace, path.name, asked],
    { pollMs: 0 },
  );
  return (
    <section aria-label={t('preview.title')}>
      <Flex direction="column" gap="3">
        <Text as="h3" variant="title-x-small">
          {t('preview.title')}
        </Text>
        <Frame value={loaded}>
          {preview =>
            preview.refused ? (
              <Refused refused={preview.refused} />
            ) : (
              <Rows preview={preview} />
            )
          }
        </Frame>
      </Flex>
    </section>
  );
}

function Refused(props: { refused: NonNullable<DatasetPreview['refused']> }) {
  const t = useWords();
  const { message, file, line, column } = props.refused;
  const place = [
    file,
    line !== undefined && t('preview.line', { line: formatNumber(line) }),
    column !== undefined &&
      t('preview.column', { column: formatNumber(column) }),
  ].filter(Boolean);
  return (
    <div role="status">
      <Alert
        status="warning"
        title={t('preview.refused')}
        description={
          <>
            {place.length > 0 && <Text as="p">{place.join(', ')}</Text>}
            <Text as="p" style={{ overflowWrap: 'anywhere' }}>
              {message}
            </Text>
          </>
        }
      />
    </div>
  );
}

function Rows({ preview }: { preview: DatasetPreview }) {
  const t = useWords();
  const { columns, rows, notes } = preview;
  return (
    <>
      <div role="status">
        <Text color="secondary">{useSummary(preview)}</Text>
      </div>
      {rows.length === 0 ? (
        <Text>
          {t('preview.empty', {
            names: listed(columns.map(({ name }) => name)),
          })}
        </Text>
      ) : (
        <div
          role="region"
          aria-label={t('preview.rows')}
          // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls is reached by the keyboard
          tabIndex={0}
          style={{ maxHeight: 320, overflow: 'auto' }}
        >
          <PlainTable
            caption={t('preview.rows')}
            columns={[
              t('preview.row'),
              ...columns.map(({ name, type }) => (
                <>
                  {name}
                  <br />
                  <Text as="span" variant="body-x-small" color="secondary">
                    {type}
                  </Text>
                </>
              )),
            ]}
            rows={rows.map((cells, i) => ({
              key: String(i),
              cells: [formatNumber(i + 1), ...cells.map(shown)],
            }))}
          />
        </div>
      )}
      {notes.length > 0 && (
        <ul style={{ margin: 0, paddingLeft: 20 }}>
          {notes.map(note => (
            <li key={note}>
              <Text color="secondary">{note}</Text>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** Nothing, and a text of no characters, look different. */
function shown(value: string | null) {
  if (value === null) return <Text color="secondary">–</Text>;
  return value === '' ? <code>&quot;&quot;</code> : value;
}

function useSummary(preview: DatasetPreview): string {
  const t = useWords();
  const { rows, lookedRows, columns, allColumns, files, allFiles } = preview;
  const counts = t('preview.counts', {
    rows: formatNumber(rows.length),
    allRows: formatNumber(lookedRows),
    columns: formatNumber(columns.length),
    allColumns: formatNumber(allColumns),
  });
  if (preview.complete) return `${counts} ${t('preview.complete')}`;
  const sum = (key: 'size' | 'looked') =>
    formatBytes(files.reduce((total, file) => total + file[key], 0));
  return `${counts} ${t('preview.beginning', {
    looked: sum('looked'),
    size: sum('size'),
    files: formatNumber(files.length),
    allFiles: formatNumber(allFiles),
  })}`;
}
